//! People and a living run: deny, cancel, retry.

use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;

use crate::driver::World;
use crate::driver::scripts;

async fn mentioned(script: &str) -> World {
    let (world, _, _) = World::with(scripts::ON_MENTION, script).await;
    let issue = world.issue("alice", "The greeting is odd").await;
    world.comment("alice", issue, "@fixer look at it").await;
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_denial_reaches_a_living_run() {
    let world = mentioned(scripts::WAITS_FOR_PEOPLE).await;
    let approval = world.until("a request to people", async || world.asked().await).await;
    assert_eq!(world.decide("bob", &approval, "deny").await.status, 200);
    world.settle().await;
    let runs = world.runs().await;
    let transcript = world.transcript(&runs[0]).await;
    assert!(transcript.contains("I was told."), "{transcript}");
    assert!(transcript.contains("the story says so"), "the reason reaches the agent: {transcript}");
    assert_eq!(world.comments(1).await.len(), 1, "what was denied is not written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_run_ends_within_seconds_and_a_retry_reads_the_same_bytes() {
    let world = mentioned("- run: {command: \"sleep 50 & sleep 50\"}\n- finish: Too late.\n").await;
    let run = world
        .until("a living agent", async || world.runs().await.into_iter().find(|run| run["state"] == "running"))
        .await;
    let id = run["id"].as_str().unwrap().to_owned();
    let before = context(&world, &id).await;
    let began = Instant::now();
    let told = world.ask("alice", &format!("POST /api/agents/v1/runs/{id}/cancel"), Some(json!({}))).await;
    assert_eq!(told.status, 200, "{}", told.text);
    world.settle().await;
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(world.runs().await[0]["state"], "cancelled");

    let told = world.ask("alice", &format!("POST /api/agents/v1/runs/{id}/retry"), Some(json!({}))).await;
    assert_eq!(told.status, 200, "{}", told.text);
    world
        .until("a second attempt", async || world.runs().await.into_iter().find(|run| run["state"] == "running"))
        .await;
    let attempts = world.json("alice", &format!("GET /api/agents/v1/runs/{id}/attempts"), None).await;
    assert_eq!(attempts["attempts"].as_array().unwrap().len(), 2, "{attempts}");
    assert_ne!(before["bundle"], Value::Null);
    assert_eq!(context(&world, &id).await, before);
    world.ask("alice", &format!("POST /api/agents/v1/runs/{id}/cancel"), Some(json!({}))).await;
    world.settle().await;
}

async fn context(world: &World, run: &str) -> Value {
    world.json("alice", &format!("GET /api/agents/v1/runs/{run}/context"), None).await
}
