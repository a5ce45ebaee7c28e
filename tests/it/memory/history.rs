//! A brain answers for a commit, the same each time.

use crate::memory::brain::Brain;
use crate::memory::brain::document;
use crate::memory::brain::paths;

fn runbook(slug: &str, text: &str) -> String {
    document(&format!("runbook:{slug}"), "Runbook", &format!("About {slug}"), "", text)
}

#[test]
fn each_moment_has_its_own_answer() {
    let brain = Brain::new();
    brain.write("runbooks/a.md", runbook("a", "The reactor is red.\n"));
    let first = brain.commit("2026-01-10");
    brain.git(&["tag", "v1"]);
    brain.write("runbooks/a.md", runbook("a", "The reactor is green.\n"));
    brain.write("runbooks/b.md", runbook("b", "The reactor has a lid.\n"));
    brain.commit("2026-02-10");
    std::fs::remove_file(brain.path().join("runbooks/a.md")).unwrap();
    brain.commit("2026-03-10");

    assert_eq!(brain.found("reactor", &[]), ["runbooks/b.md"]);
    assert_eq!(brain.found("reactor red", &["--ref", "v1"]), ["runbooks/a.md"]);
    assert_eq!(brain.ask("reactor", &["--at", "2026-01-31"])["commit"], first.as_str());
    assert_eq!(brain.found("green", &["--at", "2026-02-10"]), ["runbooks/a.md"]);
    assert_eq!(brain.found("green", &["--at", "2026-02-10T11:59:59Z"]), Vec::<String>::new());
    assert!(brain.refused(&["--at", "2025-12-31"]).contains("no commit at or before"));
    assert!(brain.refused(&["--at", "soon"]).contains("is not a time"));
    assert!(brain.refused(&["--ref", "v9"]).contains("no branch, tag or commit `v9`"));
}

#[test]
fn a_time_follows_first_parents_only() {
    let brain = Brain::new();
    brain.write("notes/a.md", "alpha\n");
    let main = brain.commit("2026-01-01");
    brain.git(&["checkout", "--quiet", "-b", "side"]);
    brain.write("notes/b.md", "beta\n");
    brain.commit("2026-01-05");
    brain.git(&["checkout", "--quiet", "main"]);
    let (merged, said) = brain.try_git("2026-01-20T12:00:00Z", &["merge", "--quiet", "--no-ff", "-m", "join", "side"]);
    assert!(merged, "{said}");
    // On the tenth, what the side branch said on the fifth was not merged yet.
    assert_eq!(brain.ask("beta", &["--at", "2026-01-10"])["commit"], main.as_str());
    assert_eq!(brain.found("beta", &["--at", "2026-01-10"]), Vec::<String>::new());
    assert_eq!(brain.found("beta", &[]), ["notes/b.md"]);
}

/// Thirty commits that add, change, move and remove; an index that followed all of them answers with the same bytes as one
/// that is made from nothing, and so does one that was made for another commit first.
#[test]
fn an_index_made_from_nothing_gives_the_same_bytes() {
    let brain = Brain::new();
    let mut commits = Vec::new();
    for step in 0..30_usize {
        let slug = format!("r{}", step % 7);
        let path = format!("runbooks/{slug}.md");
        let words = ["pump", "valve", "gauge", "sensor", "boiler"];
        let text = format!(
            "# Part {step}\n\nThe {} feeds the {}.\n\nCheck the {} twice.\n",
            words[step % 5],
            words[step / 5 % 5],
            words[step % 3]
        );
        match step % 6 {
            5 => std::fs::remove_file(brain.path().join(&path)).unwrap_or_default(),
            4 => brain.write(&format!("notes/n{step}.md"), &text),
            _ => brain.write(&path, runbook(&slug, &text)),
        }
        commits.push(brain.commit(&format!("2026-05-{:02}", step + 1)));
        brain.answer("pump", &[]);
    }
    let questions = ["pump valve", "the gauge", "\"feeds the\"", "sens*", "kind:Runbook boiler", "check twice"];
    let all = || -> Vec<String> {
        let ask =
            |commit: &String| questions.iter().map(|text| brain.answer(text, &["--ref", commit])).collect::<Vec<_>>();
        [&commits[29], &commits[13], &commits[4]].into_iter().flat_map(ask).collect()
    };
    let followed = all();
    brain.forget();
    assert_eq!(all(), followed);
    brain.forget();
    brain.answer("pump", &["--ref", &commits[2]]);
    assert_eq!(all(), followed);
    assert!(followed.iter().any(|answer| answer.contains("\"hits\":[{")));
}

#[test]
fn a_broken_index_is_made_anew() {
    let brain = Brain::new();
    brain.write("notes/a.md", "alpha beta\n");
    brain.commit("2026-01-01");
    let before = brain.answer("alpha", &[]);
    for folder in ["segments", "views"] {
        let indexes = brain.path().join(".git/forgehand-memory");
        let folder = std::fs::read_dir(indexes).unwrap().next().unwrap().unwrap().path().join(folder);
        for entry in std::fs::read_dir(folder).unwrap() {
            std::fs::write(entry.unwrap().path(), b"FHBRAIN\x01 and then nothing that anybody wrote").unwrap();
        }
        assert_eq!(brain.answer("alpha", &[]), before);
    }
}

#[test]
fn a_rewritten_branch_leaves_old_commits_answering() {
    let brain = Brain::new();
    brain.write("notes/a.md", "alpha\n");
    let old = brain.commit("2026-01-01");
    brain.answer("alpha", &[]);
    brain.git(&["checkout", "--quiet", "--orphan", "fresh"]);
    brain.write("notes/a.md", "omega\n");
    brain.commit("2026-02-01");
    brain.git(&["branch", "--quiet", "-M", "fresh", "main"]);
    assert_eq!(brain.found("omega", &[]), ["notes/a.md"]);
    assert_eq!(paths(&brain.ask("alpha", &["--ref", &old])), ["notes/a.md"]);
}
