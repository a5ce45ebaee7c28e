//! Checks that a newer push ends, that paths leave out, that the clock starts, and that are thrown away in the end.

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use crate::driver::Clone;
use crate::driver::REPO;
use crate::driver::World;
use crate::driver::scripts;

const CHECKS: &str = "/api/agents/v1/repos/acme/slug/checks";

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A repository whose checks are these.
async fn with(checks: &str) -> (World, Clone, String) {
    let (world, clone, _) = World::with(scripts::ON_MENTION, scripts::COMMENTS).await;
    clone.write(".agents/checks.yaml", checks);
    let head = clone.push("main", "Check it");
    (world, clone, head)
}

/// Every execution at a commit, newest first.
async fn all(world: &World, sha: &str) -> Vec<Value> {
    let found = world.json("alice", &format!("GET {CHECKS}?sha={sha}"), None).await;
    found["checks"].as_array().unwrap().clone()
}

/// The newest ones: name, state and code.
async fn states(world: &World, sha: &str) -> Vec<String> {
    let found = world.json("alice", &format!("GET {CHECKS}?sha={sha}&newest=true"), None).await;
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let shown =
        |check: &Value| format!("{} {} {}", word(&check["name"]), word(&check["state"]), word(&check["reason"]));
    found["checks"].as_array().unwrap().iter().map(shown).collect()
}

/// Name, state and sentence of each status.
async fn statuses(world: &World, sha: &str) -> Vec<String> {
    let told = world.json("alice", &format!("GET {REPO}/commits/{sha}/status"), None).await;
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let shown =
        |one: &Value| format!("{} {}: {}", word(&one["context"]), word(&one["status"]), word(&one["description"]));
    told["statuses"].as_array().unwrap().iter().map(shown).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_push_ends_what_still_checks_an_older_head() {
    let slow = "concurrency: {cancel_in_progress: true}\njobs:\n  slow: {run: 'echo here; sleep 1000'}\n  \
                other: {run: 'sleep 1000'}\n  last: {run: 'true', needs: [slow]}\n";
    let (world, clone, first) = with(slow).await;
    let running = async || {
        let found = all(&world, &first).await;
        found.iter().any(|check| check["name"] == "slow" && check["log_lines"] == 1).then_some(())
    };
    world.until("a job that runs", running).await;
    clone.write(".agents/checks.yaml", "jobs: {slow: {run: 'true'}}\n");
    let aside = clone.push("aside", "Another branch ends nothing");
    world.until("the other branch is checked", async || (!all(&world, &aside).await.is_empty()).then_some(())).await;
    assert!(states(&world, &first).await.contains(&"slow running ".to_owned()), "{:?}", states(&world, &first).await);
    // The newer file says whether it ends the older ones.
    clone.write(".agents/checks.yaml", "concurrency: {cancel_in_progress: true}\njobs: {slow: {run: 'true'}}\n");
    let second = clone.push("main", "Be quick");
    world.settle().await;
    let superseded = ["last cancelled superseded", "other cancelled superseded", "slow cancelled superseded"];
    assert_eq!(states(&world, &first).await, superseded);
    assert!(statuses(&world, &first).await.contains(&"slow error: A newer push took its place".to_owned()));
    assert_eq!(states(&world, &second).await, ["slow success passed"]);
    assert_eq!(states(&world, &aside).await, ["slow success passed"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_paths_leave_out_holds_up_no_merge_and_runs_when_a_pull_request_has_them() {
    let (world, clone, _) =
        with("jobs:\n  docs: {run: 'test -f docs/a', paths: ['docs/**']}\n  after: {run: 'true', needs: [docs]}\n")
            .await;
    let protection = json!({"branch_name": "main", "enable_status_check": true, "status_check_contexts": ["docs"]});
    world.json("alice", &format!("POST {REPO}/branch_protections"), Some(protection)).await;
    clone.write("greet.sh", "echo Hello\n");
    let head = clone.push("code", "Greet in English");
    let pull = json!({"title": "Greet in English", "head": "code", "base": "main"});
    let pull = world.json("alice", &format!("POST {REPO}/pulls"), Some(pull)).await["number"].clone();
    world.settle().await;
    assert_eq!(states(&world, &head).await, ["after success passed", "docs skipped paths"]);
    let told = "docs success: Skipped: no changed path is one of its `paths`".to_owned();
    assert!(statuses(&world, &head).await.contains(&told), "{:?}", statuses(&world, &head).await);
    world.json("alice", &format!("POST {REPO}/pulls/{pull}/merge"), Some(json!({"Do": "merge"}))).await;

    // The last push of a pull request touches no document, but the whole of it does.
    clone.write("docs/a", "a\n");
    clone.push("both", "Write it down");
    world.settle().await;
    clone.write("greet.sh", "echo Hello!\n");
    let head = clone.push("both", "Greet louder");
    world.settle().await;
    assert_eq!(states(&world, &head).await, ["after success passed", "docs skipped paths"]);
    let pull = json!({"title": "Both", "head": "both", "base": "main"});
    world.json("alice", &format!("POST {REPO}/pulls"), Some(pull)).await;
    world.settle().await;
    assert_eq!(states(&world, &head).await, ["after success passed", "docs success passed"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clock_checks_the_tip_of_the_default_branch_again() {
    let nightly = "jobs:\n  nightly:\n    run: echo $FORGEHAND_EVENT\n    on: [schedule]\n    schedule: {cron: '0 3 * * *'}\n  \
                   test: {run: 'true'}\n";
    let (world, clone, head) = with(nightly).await;
    world.settle().await;
    assert_eq!(states(&world, &head).await, ["test success passed"]);
    for attempt in 1..=2 {
        world.clock.advance(DAY);
        world.settle().await;
        let found = all(&world, &head).await;
        let nightly: Vec<&Value> = found.iter().filter(|check| check["name"] == "nightly").collect();
        assert_eq!(nightly.len(), attempt, "{found:?}");
        assert_eq!((&nightly[0]["state"], &nightly[0]["event"]), (&json!("success"), &json!("schedule")));
        assert_eq!(found.iter().filter(|check| check["name"] == "test").count(), 1);
    }
    clone.write(".agents/checks.yaml", "jobs: {test: {run: 'true'}}\n");
    let head = clone.push("main", "Sleep at night");
    world.settle().await;
    world.clock.advance(DAY);
    world.settle().await;
    assert_eq!(states(&world, &head).await, ["test success passed"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logs_go_after_a_while_and_checks_later() {
    let (world, _, head) = with("jobs: {test: {run: 'echo kept-$((40+2))'}}\n").await;
    world.settle().await;
    let check = all(&world, &head).await.remove(0);
    let id = check["id"].as_str().unwrap();
    let page = format!("/acme/slug/checks/{id}");
    let alice = world.browser("alice").await;
    assert!(alice.page(&page).await.contains("kept-42"));
    world.clock.advance(DAY * 89);
    world.settle().await;
    assert_eq!(world.ask("alice", &format!("GET {CHECKS}/{id}/log"), None).await.status, 200);
    world.clock.advance(DAY * 2);
    world.settle().await;
    let gone = world.ask("alice", &format!("GET {CHECKS}/{id}/log"), None).await;
    assert_eq!(gone.status, 404, "{}", gone.text);
    assert!(gone.text.contains("was thrown away") && gone.text.contains("check_log_days"), "{}", gone.text);
    assert_eq!(alice.look(&format!("{page}/raw")).await.status, 404);
    let alice = world.browser("alice").await;
    let told = alice.page(&page).await;
    assert!(told.contains("The log was thrown away") && !told.contains("kept-42"), "{told}");
    assert_eq!(all(&world, &head).await[0]["log_gone"], true);
    world.clock.advance(DAY * 310);
    world.settle().await;
    assert!(all(&world, &head).await.is_empty());
    assert!(!statuses(&world, &head).await.is_empty(), "what was said on the commit stays");
}
