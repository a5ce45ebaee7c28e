//! `forgehand memory query`: by words, by what records are, and by the graph.

use serde_json::json;

use crate::memory::brain::Brain;
use crate::memory::brain::document;
use crate::memory::brain::record;

fn brain() -> Brain {
    let brain = Brain::new();
    let text = "# Rotate\n\nTwo people meet.\n\n## When the vault is sealed\n\nUnseal it, then call `rotateKeys` in `src/keys.rs`.\n";
    brain.write(
        "runbooks/rotate.md",
        document(
            "runbook:rotate-keys",
            "Runbook",
            "Rotate the signing keys",
            "aliases: [key rotation]\ntags: [security]\nedges:\n- {kind: describes, to: service:vault}\n",
            text,
        ),
    );
    brain.write(
        "runbooks/restore.md",
        document(
            "runbook:restore",
            "Runbook",
            "Restore a backup",
            "tags: [storage]\n",
            "# Restore\n\nThe keys to the safe hang in the office.\n",
        ),
    );
    brain.write(
        "graph/vault.yaml",
        record("service:vault", "Service", "Vault", "edges:\n- {kind: depends_on, to: service:ledger}\n"),
    );
    brain.write(
        "graph/ledger.yaml",
        record("service:ledger", "Service", "Ledger", "edges:\n- {kind: depends_on, to: service:vault}\n"),
    );
    brain.write(
        "graph/shop.yaml",
        record("service:shop", "Service", "Shop", "edges:\n- {kind: depends_on, to: service:ledger}\n"),
    );
    brain.write("notes/lunch.md", "# Lunch\n\nThere is soup on Fridays, configuration permitting.\n");
    brain.commit("2026-10-01");
    brain
}

#[test]
fn words_find_records_by_title_alias_tag_heading_and_text() {
    let brain = brain();
    for (asked, path) in [
        ("signing key", "runbooks/rotate.md"),
        ("How do I rotate the keys?", "runbooks/rotate.md"),
        ("rotation", "runbooks/rotate.md"),
        ("security", "runbooks/rotate.md"),
        ("vault sealed", "runbooks/rotate.md"),
        ("rotate_keys", "runbooks/rotate.md"),
        ("src/keys.rs", "runbooks/rotate.md"),
        ("office safe", "runbooks/restore.md"),
        ("conf* soup", "notes/lunch.md"),
        ("ledger", "graph/ledger.yaml"),
    ] {
        assert_eq!(brain.found(asked, &[]).first().map(String::as_str), Some(path), "{asked}");
    }
    assert_eq!(brain.found("zeppelin", &[]), Vec::<String>::new());
}

#[test]
fn an_answer_says_where_why_and_from_which_commit() {
    let brain = brain();
    let answer = brain.ask("sealed vault", &["--limit", "1"]);
    let hit = &answer["hits"][0];
    assert_eq!((&hit["id"], &hit["kind"]), (&json!("runbook:rotate-keys"), &json!("Runbook")));
    let excerpt = hit["excerpt"].as_str().unwrap();
    assert!(excerpt.starts_with("## When the vault is sealed\n"), "{excerpt}");
    let why = hit["why"].to_string();
    assert!(why.contains("`sealed` in headings, text") && why.contains("`vault`"), "{why}");
    // The citation resolves, and its lines are the excerpt.
    let citation = hit["citation"].as_str().unwrap();
    let (object, lines) = citation.split_once("#L").unwrap();
    assert!(object.starts_with(answer["commit"].as_str().unwrap()));
    let (first, last) = lines.split_once("-L").unwrap();
    let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
    let file = brain.git(&["show", object]);
    let cited: String = file.lines().skip(first - 1).take(last + 1 - first).map(|line| format!("{line}\n")).collect();
    assert_eq!(cited, excerpt);
    assert_eq!(hit["digest"], json!(forgehand::kit::digest::Digest::plain(excerpt.as_bytes())));
}

#[test]
fn phrases_unwanted_words_and_qualifiers_narrow() {
    let brain = brain();
    assert_eq!(brain.found("keys", &[]).len(), 2);
    assert_eq!(brain.found("\"keys to the safe\"", &[]), ["runbooks/restore.md"]);
    assert_eq!(brain.found("\"safe keys\"", &[]), Vec::<String>::new());
    assert_eq!(brain.found("\"signing keys\"", &[]), ["runbooks/rotate.md"], "titles hold phrases too");
    assert_eq!(brain.found("keys -safe", &[]), ["runbooks/rotate.md"]);
    assert_eq!(brain.found("tag:storage keys", &[]), ["runbooks/restore.md"]);
    assert_eq!(brain.found("keys", &["--path", "notes/**"]), Vec::<String>::new());
    assert_eq!(brain.found("", &["--kind", "Service"]), ["graph/ledger.yaml", "graph/shop.yaml", "graph/vault.yaml"]);
    assert!(brain.refused(&["--path", "["]).contains("is not a pattern"));
}

#[test]
fn the_graph_is_walked_both_ways_around_cycles() {
    let brain = brain();
    let around = |depth: &str| brain.found("", &["--around", "service:vault", "--depth", depth]);
    assert_eq!(around("1"), ["graph/vault.yaml", "graph/ledger.yaml", "runbooks/rotate.md"]);
    assert_eq!(around("2"), ["graph/vault.yaml", "graph/ledger.yaml", "runbooks/rotate.md", "graph/shop.yaml"]);
    let answer = brain.ask("shop", &["--around", "service:vault", "--depth", "2"]);
    assert_eq!(answer["hits"][0]["id"], "service:shop");
    assert!(answer["hits"][0]["why"].to_string().contains("2 edges from `service:vault`"), "{answer}");
    assert_eq!(brain.found("", &["--around", "service:nowhere"]), Vec::<String>::new());
}

#[test]
fn people_read_it_without_json() {
    let brain = brain();
    let output =
        crate::driver::forgehand().args(["memory", "query", "sealed", "--in"]).arg(brain.path()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("runbooks/rotate.md:") && text.contains("  | ## When the vault is sealed\n"), "{text}");
    assert!(text.contains("1 of 1 at commit "), "{text}");
}
