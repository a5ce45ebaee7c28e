//! The librarian that new brains begin with: it works when episodes came, says why when none did, and changes nothing by itself.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::document;
use crate::driver::Clone;
use crate::driver::World;
use crate::driver::on_each;

const SIX_HOURS: Duration = Duration::from_secs(6 * 3600);

const TIDIES: &str = r##"- call: {tool: memory_health, arguments: {}, says: "practice:greet-warmly"}
- call: {tool: memory_search, arguments: {text: "kind:Episode"}, says: "The greeting was wrong"}
- propose: {kind: memory, title: One practice of greeting, body: "practice:greet-warmly and practice:warmly-greet say the same.", changes: [{path: practices/twice.md, text: "---\nid: practice:warmly-greet\nkind: Practice\ntitle: Warmly, greet\nstatus: deprecated\nowners: [\"@alice\"]\nupdated: 2026-10-01\n---\nSee [[practice:greet-warmly]].\n"}]}
- propose: {kind: memory, title: Old ways are over, body: "Its day of review passed.", changes: [{path: practices/old.md, text: "---\nid: practice:old\nkind: Practice\ntitle: Old ways\nstatus: deprecated\nowners: [\"@alice\"]\nupdated: 2026-10-01\nreview: 2027-12-01\n---\nNobody does this any more.\n"}]}
- propose: {kind: memory, title: Greetings go wrong, body: "Two episodes show it.", changes: [{path: patterns/greetings.yaml, text: "id: pattern:greetings\nkind: Pattern\ntitle: Greetings go wrong\nstatus: suspected\nowners: [\"@alice\"]\nupdated: 2027-01-15\nevidence: [\"episode:one\", \"episode:two\"]\nconfidence: 0.6\nexpires: 2027-07-01\n"}]}
- finish: Three things wait for people.
"##;

fn shipped(path: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("memory-schema/brain/.agents").join(path);
    std::fs::read_to_string(file).unwrap()
}

/// The brain as it is shipped, with the librarian turned on and an agent that plays a script.
async fn brain(world: &World) -> Clone {
    world.json("alice", "POST /api/v1/orgs/acme/repos", Some(json!({"name": "company-brain"}))).await;
    let brain = world.clone_as("bob", "company-brain");
    let (stack, _) =
        shipped("stacks/librarian.yaml").split_once("prompt: |").map(|(stack, _)| (stack.to_owned(), ())).unwrap();
    let stack = stack.replace("agent: builtin\nmodel: default", "agent: scripted");
    let script: String = TIDIES.lines().map(|line| format!("  {line}\n")).collect();
    brain.write(".agents/stacks/librarian.yaml", &format!("{stack}prompt: |\n{script}"));
    let rule = shipped("rules/librarian.yaml");
    assert!(rule.contains("state: paused"), "a new brain spends nothing by itself");
    brain.write(".agents/rules/librarian.yaml", &rule.replace("state: paused", "state: active"));
    brain.write(".agents/policy.yaml", &shipped("policy.yaml"));
    let owned = "owners: [\"@alice\"]\n";
    let old = format!("{owned}review: 2026-12-01\n");
    brain.write("practices/old.md", &document("practice:old", "Old ways", &old, "Nobody does this."));
    brain.write("practices/greet.md", &document("practice:greet-warmly", "Greet warmly", owned, "Say hello."));
    brain.write("practices/twice.md", &document("practice:warmly-greet", "Warmly, greet", owned, "Say hello!"));
    brain.push("main", "Begin");
    world.settle().await;
    brain
}

fn episode(name: &str) -> String {
    document(&format!("episode:{name}"), "The greeting was wrong", "repos: [acme/slug]\n", "The greeting was wrong.")
        .replace("status: active", "status: recorded")
}

async fn decisions(world: &World) -> Vec<(String, String)> {
    let line = "GET /api/agents/v1/executions?repo=acme/company-brain&rule=librarian&limit=100";
    let found = world.json("alice", line, None).await;
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let found = found["executions"].as_array().unwrap();
    found.iter().map(|one| (word(&one["decision"]), word(&one["reason"]))).collect()
}

async fn strike(world: &World) -> (String, String) {
    world.clock.advance(SIX_HOURS);
    world.settle().await;
    decisions(world).await.remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_librarian_works_when_episodes_came_and_only_proposes() {
    on_each(async |world: World| {
        let brain = brain(&world).await;
        let (decision, why) = strike(&world).await;
        assert_eq!(decision, "skipped", "{why}");
        assert!(why.contains("no path changed since it struck last"), "{why}");

        brain.write("episodes/2027-01-15-one.md", &episode("one"));
        brain.write("episodes/2027-01-15-two.md", &episode("two"));
        let tip = brain.push("main", "What runs left");
        world.settle().await;
        let (decision, why) = strike(&world).await;
        assert_eq!(decision, "dispatched", "{why}");
        let runs = world.json("alice", "GET /api/agents/v1/runs?repo=acme/company-brain", None).await;
        let run = &runs["runs"][0];
        assert_eq!(run["state"], "awaiting_approval", "{run}\n{}", world.transcript(run).await);
        assert_eq!(brain.git(&["ls-remote", "origin", "refs/heads/main"]).split_whitespace().next(), Some(&*tip));

        let asked = world.json("alice", "GET /api/agents/v1/approvals?repo=acme/company-brain", None).await;
        let approval = &asked["approvals"][0];
        assert_eq!(approval["effects"].as_array().unwrap().len(), 3, "{approval}");
        assert_eq!(world.decide("bob", approval, "approve").await.status, 200);
        world.settle().await;
        let updates = world.json("alice", "GET /api/agents/v1/orgs/acme/memory/updates", None).await;
        assert_eq!(updates["total"], 3, "{updates}");
        for update in updates["updates"].as_array().unwrap() {
            assert_eq!(
                (&update["kind"], &update["findings"]["state"]),
                (&json!("agent"), &json!("success")),
                "{update}"
            );
            let line = format!("POST /api/v1/repos/acme/company-brain/pulls/{}/merge", update["number"]);
            let told = world.ask("alice", &line, Some(json!({"Do": "merge"}))).await;
            assert!(told.status < 300, "{}", told.text);
        }
        world.settle().await;

        // What it wrote itself is no reason to begin again.
        let (decision, why) = strike(&world).await;
        assert_eq!(decision, "skipped", "{why}");
        let record = world.json("alice", "GET /api/agents/v1/orgs/acme/memory/records/pattern:greetings", None).await;
        assert_eq!(record["kept"]["kind"], "Pattern", "{record}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_brain_holds_a_librarian_that_waits() {
    let world = World::begin().await;
    let alice = world.browser("alice").await;
    alice.submit("/acme/brain", &[("private", "yes")]).await;
    world.settle().await;
    let rules = world.json("alice", "GET /api/agents/v1/repos/acme/company-brain/rules", None).await;
    assert!(rules["rules"].to_string().contains("librarian"), "{rules}");
    let faults = rules["diagnostics"].as_array().unwrap();
    assert!(faults.iter().all(|fault| fault["severity"] != "error"), "{rules}");
    let (decision, why) = {
        world.clock.advance(SIX_HOURS);
        world.settle().await;
        decisions(&world).await.first().cloned().unwrap_or_default()
    };
    assert_ne!(decision, "dispatched", "{why}");
    let runs = world.json("alice", "GET /api/agents/v1/runs?repo=acme/company-brain", None).await;
    assert_eq!(runs["runs"], json!([]));
}
