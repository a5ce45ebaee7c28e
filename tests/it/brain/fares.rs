//! What is proposed to the brain, what is stale, what nobody looks after, what was used, and what is shown beside an issue.

use serde_json::Value;
use serde_json::json;

use super::document;
use super::furnish;
use crate::driver::World;
use crate::driver::on_each;

const MEMORY: &str = "GET /api/agents/v1/orgs/acme/memory";

const REMEMBERS: &str = r##"- call: {tool: memory_search, arguments: {text: greeting}, says: "The greeting is English"}
- propose: {kind: memory, title: Greet in English, body: "Evidence: the run saw Helo.", changes: [{path: notes/greeting.md, text: "# Greeting\n\nHello.\n"}]}
- finish: It is remembered.
"##;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_brain_says_how_it_fares() {
    on_each(async |world: World| {
        let (code, brain) = furnish(&world, REMEMBERS, "").await;
        let blob = code.git(&["rev-parse", "HEAD:greet.sh"]);
        let cites = format!("owners: [\"@alice\"]\ncites: [\"acme/slug@{blob}:greet.sh#L1-L1\"]\n");
        brain.write(
            "runbooks/greeting.md",
            &document("runbook:greeting", "Mend the greeting", &cites, "The greeting is English."),
        );
        let owned = "owners: [\"@alice\"]\nreview: 2026-12-01\nrepos: [acme/slug]\n";
        brain.write("practices/old.md", &document("practice:old", "Old ways", owned, "Nobody does this."));
        brain.write("practices/alone.md", &document("practice:alone", "Left alone", "", "Nobody owns this."));
        let hidden = "sensitivity: restricted\nrepos: [acme/slug]\n";
        brain.write("practices/safe.md", &document("practice:safe", "The safe", hidden, "Below the mat."));
        brain.push("main", "Begin");
        world.settle().await;

        // What is stale and what nobody looks after; a restricted record is for those alone who may write.
        let ids = |list: &Value, of: &str| -> Vec<String> {
            let entries = list[of].as_array().unwrap().iter();
            let record = |entry: &Value| entry.get("record").unwrap_or(entry)["id"].as_str().unwrap().to_owned();
            entries.map(record).collect()
        };
        let stale = world.json("dave", &format!("{MEMORY}/stale"), None).await;
        assert_eq!(ids(&stale, "stale"), ["practice:old"], "{stale}");
        code.write("greet.sh", "echo Hello\n");
        code.push("main", "Mend it");
        world.settle().await;
        let stale = world.json("alice", &format!("{MEMORY}/stale?limit=1&page=2"), None).await;
        assert_eq!(
            (ids(&stale, "stale"), &stale["total"]),
            (vec!["runbook:greeting".to_owned()], &json!(2)),
            "{stale}"
        );
        assert_eq!(stale["stale"][0]["reasons"][0]["says"], "`greet.sh` changed where it is cited");
        let unowned = world.json("alice", &format!("{MEMORY}/unowned"), None).await;
        assert_eq!(ids(&unowned, "records"), ["practice:alone", "practice:safe"], "{unowned}");
        let stranger = world.json("carol", &format!("{MEMORY}/unowned"), None).await;
        assert_eq!(ids(&stranger, "records"), ["practice:alone"], "{stranger}");

        // A run that reads it is counted, and what it proposes stands among the updates.
        let issue = world.issue("alice", "The greeting is odd").await;
        world.comment("alice", issue, "@fixer mend the greeting").await;
        world.settle().await;
        let used = world.json("alice", &format!("{MEMORY}/used"), None).await;
        let first = &used["used"][0];
        assert_eq!(first["record"]["id"], "runbook:greeting", "{used}");
        assert_eq!((&first["shown"], &first["asked"]), (&json!(1), &json!(1)), "{used}");
        let approval = world.asked().await.expect("people are asked");
        assert_eq!(world.decide("bob", &approval, "approve").await.status, 200);
        world.settle().await;
        let updates = world.json("alice", &format!("{MEMORY}/updates"), None).await;
        let update = &updates["updates"][0];
        let runs = world.runs().await;
        assert_eq!((&update["kind"], &update["run"]["id"]), (&json!("agent"), &runs[0]["id"]), "{updates}");
        assert!(update["evidence"].as_str().unwrap().contains("the run saw Helo"), "{update}");
        // Two records of the brain have no owners: the check says so on whatever stands on it.
        assert_eq!(update["findings"]["state"], "failure", "{update}");
        assert!(update["findings"]["says"].as_str().unwrap().starts_with("2 errors"), "{update}");
        assert!(update["findings"]["lines"][0].as_str().unwrap().starts_with("practices/alone.md:"), "{update}");
        assert_eq!(world.json("alice", &format!("{MEMORY}/updates?state=merged"), None).await["total"], 0);
        let wrong = world.ask("alice", &format!("{MEMORY}/updates?state=half"), None).await;
        assert_eq!(wrong.status, 422, "{}", wrong.text);

        let line = "POST /api/v1/repos/acme/company-brain/pulls/1/merge";
        let merged = world.ask("alice", line, Some(json!({"Do": "merge"}))).await;
        assert!(merged.status < 300, "{}", merged.text);
        world.settle().await;
        let merged = world.json("alice", &format!("{MEMORY}/updates?state=merged"), None).await;
        assert_eq!((&merged["total"], &merged["updates"][0]["merged_by"]), (&json!(1), &json!("alice")), "{merged}");

        pages(&world, issue).await;
    })
    .await;
}

/// The same on pages, for one who may write to the brain and for a stranger.
async fn pages(world: &World, issue: i64) {
    let alice = world.browser("alice").await;
    let overview = alice.page("/acme/brain").await;
    for words in ["Mend the greeting", "changed where it is cited", "Left alone", "shown to runs 1 time", "2 errors"] {
        assert!(overview.contains(words), "{words}: {overview}");
    }
    let findings = alice.page("/acme/brain/health").await;
    assert!(findings.contains("practices/alone.md:") && findings.contains("the record has no owners"), "{findings}");
    for list in ["stale", "unowned", "used"] {
        let page = alice.page(&format!("/acme/brain/health?show={list}")).await;
        assert!(page.contains("/acme/brain/records/"), "{list}: {page}");
    }
    let merged = alice.page("/acme/brain/updates?state=merged").await;
    assert!(merged.contains("Greet in English") && merged.contains("/runs/"), "{merged}");

    let page = alice.page(&format!("/acme/slug/issues/{issue}")).await;
    assert!(page.contains(&format!("hx-get=\"/acme/slug/memory?number={issue}\"")), "{page}");
    let related = alice.page(&format!("/acme/slug/memory?number={issue}")).await;
    for words in ["Mend the greeting", "Old ways", "names the repository", "The safe"] {
        assert!(related.contains(words), "{words}: {related}");
    }
    let of_repository = alice.page("/acme/slug/memory").await;
    assert!(of_repository.contains("cites its files"), "{of_repository}");
    let strangers = world.browser("carol").await.page(&format!("/acme/slug/memory?number={issue}")).await;
    assert!(strangers.contains("Old ways") && !strangers.contains("The safe"), "{strangers}");

    // A private brain is no brain for whoever may not read it.
    let private = json!({"private": true});
    world.json("alice", "PATCH /api/v1/repos/acme/company-brain", Some(private)).await;
    let carol = world.browser("carol").await;
    assert!(!carol.page(&format!("/acme/slug/issues/{issue}")).await.contains("id=\"related\""));
    assert_eq!(carol.look("/acme/slug/memory").await.status, 404);
    assert_eq!(world.ask("carol", &format!("{MEMORY}/updates"), None).await.status, 404);
}
