//! Bytes, names and trees that nobody should commit.

use crate::memory::brain::Brain;
use crate::memory::brain::record;

#[test]
fn one_broken_file_hides_itself_and_not_the_brain() {
    let brain = Brain::new();
    brain.write("graph/good.yaml", record("service:good", "Service", "Good pump", ""));
    brain.write("graph/bad.yaml", "id: [\n");
    brain.write("runbooks/bad.md", "---\nkind: Runbook\nid: 7\n---\npump\n");
    brain.write("notes/binary.md", b"pump\0\xff\xfe");
    brain.write("notes/latin.md", b"p\xfcmp pump\n");
    brain.write("core/bomb.yaml", format!("a: &a [{}]\n", "x, ".repeat(50_000)));
    brain.commit("2026-01-01");
    let answer = brain.ask("pump", &[]);
    let found: Vec<&str> = answer["hits"].as_array().unwrap().iter().map(|hit| hit["path"].as_str().unwrap()).collect();
    assert_eq!(found, ["graph/good.yaml"]);
}

#[test]
fn links_large_files_and_odd_names_do_no_harm() {
    let brain = Brain::new();
    brain.write("secret.txt", "the pump is secret\n");
    brain.commit("2026-01-01");
    std::fs::create_dir_all(brain.path().join("notes")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", brain.path().join("notes/link.md")).unwrap();
    std::os::unix::fs::symlink("..", brain.path().join("notes/loop")).unwrap();
    brain.write("notes/large.md", "pump ".repeat(11 << 20));
    brain.write("notes/Case.md", "pump one\n");
    brain.write("notes/case.md", "pump two\n");
    brain.write("notes/$(touch x)\n.md", "pump three\n");
    let odd = std::ffi::OsStr::new("notes");
    let odd = brain.path().join(odd).join(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"\xff.md"));
    std::fs::write(odd, "pump four\n").unwrap();
    brain.commit("2026-01-02");
    let mut found = brain.found("pump", &["--limit", "20"]);
    found.sort();
    assert_eq!(found, ["notes/$(touch x)\n.md", "notes/Case.md", "notes/case.md", "secret.txt"]);
    assert!(!brain.answer("root passwd", &[]).contains("/bin/"), "a link was followed");
}

#[test]
fn a_node_that_everything_leads_to_is_walked_within_bounds() {
    let brain = Brain::new();
    brain.write("graph/hub.yaml", record("service:hub", "Service", "Hub", ""));
    let mut sheet = String::from("records:\n");
    for number in 0..2_000 {
        let one =
            record(&format!("component:c{number}"), "Component", "C", "edges: [{kind: part_of, to: service:hub}]\n");
        sheet.push_str(&format!("- {}\n", one.trim_end().replace('\n', "\n  ")));
    }
    // The reader of YAML bounds one file; a hub is made of many.
    for (number, chunk) in sheet.split("\n- ").collect::<Vec<_>>().chunks(500).enumerate() {
        let body = chunk.join("\n- ");
        let text = if body.starts_with("records:") { body } else { format!("records:\n- {body}") };
        brain.write(&format!("graph/c{number}.yaml"), text);
    }
    brain.commit("2026-01-01");
    let answer = brain.ask("", &["--around", "service:hub", "--depth", "3", "--limit", "100"]);
    assert_eq!(answer["cut"], true);
    assert_eq!(answer["hits"].as_array().unwrap().len(), 100);
}

#[test]
fn answers_stay_within_their_bounds() {
    let brain = Brain::new();
    for number in 0..60 {
        brain.write(&format!("notes/n{number}.md"), format!("pump {}\n", "x".repeat(900_000)));
    }
    brain.commit("2026-01-01");
    let answer = brain.answer("pump", &["--limit", "1000"]);
    assert!(answer.len() < 1_500_000, "{}", answer.len());
}
