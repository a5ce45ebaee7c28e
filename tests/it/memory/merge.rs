//! `forgehand memory merge`, as Git calls a merge driver.

use crate::memory::brain::Brain;
use crate::memory::brain::document;

fn with_driver() -> Brain {
    let brain = Brain::new();
    let driver = format!("{} memory merge %O %A %B", env!("CARGO_BIN_EXE_forgehand"));
    brain.git(&["config", "merge.record.driver", &driver]);
    brain.write(".gitattributes", "*.md merge=record\n");
    brain.write("runbooks/a.md", document("runbook:a", "Runbook", "A", "tags: [one]\n", "# A\n\ntext\n"));
    brain.commit("2026-01-01");
    brain
}

/// Changes the record on two branches, and merges them.
fn merged(brain: &Brain, ours: (&str, &str), theirs: (&str, &str)) -> (bool, String) {
    let path = brain.path().join("runbooks/a.md");
    let base = std::fs::read_to_string(&path).unwrap();
    brain.git(&["checkout", "--quiet", "-b", "side"]);
    brain.write("runbooks/a.md", base.replace(theirs.0, theirs.1));
    brain.commit("2026-01-02");
    brain.git(&["checkout", "--quiet", "main"]);
    brain.write("runbooks/a.md", base.replace(ours.0, ours.1));
    brain.commit("2026-01-03");
    let (done, _) = brain.try_git("2026-01-04T00:00:00Z", &["merge", "--quiet", "-m", "join", "side"]);
    (done, std::fs::read_to_string(path).unwrap())
}

#[test]
fn two_changes_of_one_record_are_joined_by_key() {
    let (done, text) =
        merged(&with_driver(), ("tags: [one]", "tags: [one, two]"), ("tags: [one]", "tags: [three, one]"));
    assert!(done, "{text}");
    assert!(text.contains("tags: [one, two, three]"), "{text}");
    let (done, text) = merged(&with_driver(), ("title: A", "title: Alpha"), ("status: active", "status: deprecated"));
    assert!(done && text.contains("title: Alpha\nstatus: deprecated"), "{text}");
}

#[test]
fn what_both_changed_stays_a_conflict() {
    let (done, text) = merged(&with_driver(), ("title: A", "title: Ours"), ("title: A", "title: Theirs"));
    assert!(!done);
    assert!(text.contains("<<<<<<< ours\ntitle: Ours\n=======\ntitle: Theirs\n>>>>>>> theirs"), "{text}");
}
