//! The workspace of a run after its end: kept, missing, put away, swept; and what people do about it.

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use crate::driver::World;
use crate::driver::scripts;

/// Writes, and says on the second time what it finds.
const SCRIPT: &str = r#"- write: {path: notes.md, content: "kept"}
- run: {command: "echo remembered > /home/agent/memory"}
- finish: Written.
- resumed
- run: {command: "cat notes.md /home/agent/memory"}
- finish: Looked.
"#;

/// A run that has ended, with its workspace kept.
async fn ended() -> (World, String) {
    let script = SCRIPT.replace("- finish: Written.\n", "- run: {command: exit 3, expect_exit: 0}\n");
    let (world, _, _) = World::with(scripts::ON_MENTION, &script).await;
    let issue = world.issue("alice", "The greeting is odd").await;
    world.comment("alice", issue, "@fixer look at it").await;
    world.settle().await;
    let run = world.runs().await[0].clone();
    assert_eq!(run["state"], "failed", "{run}");
    (world, run["id"].as_str().unwrap().to_owned())
}

async fn workspace(world: &World, run: &str, attempt: usize) -> Value {
    let told = world.json("alice", &format!("GET /api/agents/v1/runs/{run}/attempts"), None).await;
    told["attempts"][attempt]["workspace"]["state"].clone()
}

async fn page(world: &World, run: &str) -> String {
    world.ask("alice", &format!("GET /runs/{run}"), None).await.text
}

async fn ask(world: &World, run: &str, verb: &str, body: Value) -> u16 {
    world.ask("alice", &format!("POST /api/agents/v1/runs/{run}/{verb}"), Some(body)).await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_that_goes_on_works_in_the_workspace_that_was_kept() {
    let (world, run) = ended().await;
    assert_eq!(workspace(&world, &run, 0).await, "kept");
    assert!(page(&world, &run).await.contains("Dirty"));
    assert_eq!(ask(&world, &run, "resume", json!({})).await, 200);
    world.settle().await;
    assert_eq!(workspace(&world, &run, 0).await, "taken");
    let told = world.transcript(&world.runs().await[0]).await;
    assert!(told.contains("remembered") && told.contains("kept"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workspace_that_is_missing_is_said_and_can_be_recovered_or_put_away() {
    let (world, run) = ended().await;
    let shelf = world.data().join("workspaces/kept");
    std::fs::remove_dir_all(std::fs::read_dir(&shelf).unwrap().next().unwrap().unwrap().path()).unwrap();
    assert!(page(&world, &run).await.contains("Missing"));
    assert_eq!(ask(&world, &run, "recover", json!({"attempt": 1})).await, 200);
    assert!(page(&world, &run).await.contains("Dirty"));
    assert_eq!(ask(&world, &run, "recover", json!({"attempt": 1})).await, 409, "it is there");
    assert_eq!(ask(&world, &run, "archive", json!({"attempt": 1})).await, 200);
    assert_eq!(ask(&world, &run, "archive", json!({"attempt": 1})).await, 409, "it is put away");
    assert_eq!(std::fs::read_dir(&shelf).unwrap().count(), 0);
    let carol = format!("POST /api/agents/v1/runs/{run}/recover");
    assert_eq!(world.ask("carol", &carol, Some(json!({"attempt": 1}))).await.status, 403);

    // What was saved is enough to go on, but for what lay outside of the repository.
    assert_eq!(ask(&world, &run, "resume", json!({})).await, 200);
    world.settle().await;
    let told = world.transcript(&world.runs().await[0]).await;
    assert!(told.contains("kept") && told.contains("memory: No such file"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workspace_is_swept_when_it_was_kept_long_enough_and_its_work_stays() {
    let (world, run) = ended().await;
    world.clock.advance(Duration::from_secs(71 * 3600));
    world.settle().await;
    assert_eq!(workspace(&world, &run, 0).await, "kept");
    world.clock.advance(Duration::from_secs(2 * 3600));
    world.settle().await;
    assert_eq!(workspace(&world, &run, 0).await, "swept");
    assert_eq!(std::fs::read_dir(world.data().join("workspaces/kept")).unwrap().count(), 0);
    let work = world.ask("alice", &format!("GET /runs/{run}/work/1"), None).await;
    assert!(work.text.contains("kept"), "{}", work.text);
}
