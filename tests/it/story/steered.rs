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

/// What a script that can go on does first, and then.
const IN_TWO_PARTS: &str = r#"- write: {path: notes.md, content: "half of it"}
- run: {command: "rm greet.sh && ln -s notes.md link && chmod +x notes.md && mkdir -p a/b && echo deep > a/b/c"}
- say: Half is done.
- run: {command: "sleep 50"}
- resumed
- run: {command: "cat notes.md a/b/c && test -x notes.md && test -L link && ! test -e greet.sh", expect_exit: 0}
- run: {command: "rm link"}
- say: The other half is done.
- propose: {kind: pull_request, title: Both halves, body: Done in two parts., branch: halves}
- finish: Both halves are done.
"#;

async fn half_done(world: &World) -> String {
    let run = world
        .until("half of the work", async || {
            let run = world.runs().await.into_iter().next()?;
            let said = world.transcript(&run).await;
            (run["state"] == "running" && said.contains("Half is done.")).then_some(run)
        })
        .await;
    run["id"].as_str().unwrap().to_owned()
}

async fn steer(world: &World, who: &str, run: &str, verb: &str, body: Value) -> u16 {
    world.ask(who, &format!("POST /api/agents/v1/runs/{run}/{verb}"), Some(body)).await.status
}

async fn attempts(world: &World, run: &str) -> Vec<Value> {
    let told = world.json("alice", &format!("GET /api/agents/v1/runs/{run}/attempts"), None).await;
    told["attempts"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_goes_on_from_the_work_that_was_saved_and_reads_what_a_person_says() {
    let world = mentioned(IN_TWO_PARTS).await;
    let run = half_done(&world).await;
    assert_eq!(steer(&world, "alice", &run, "retry", json!({})).await, 409, "it still works");
    assert_eq!(steer(&world, "alice", &run, "answer", json!({"text": "42"})).await, 409, "it asked nothing");
    assert_eq!(steer(&world, "carol", &run, "resume", json!({"text": "hi"})).await, 403);
    steer(&world, "alice", &run, "cancel", json!({})).await;
    world.settle().await;
    let saved = attempts(&world, &run).await[0]["saved"].clone();
    assert_eq!(saved["files"], 4, "what an ended agent left is saved: {saved}");
    let work = world.ask("alice", &format!("GET /runs/{run}/work/1"), None).await;
    assert!(work.status == 200 && work.text.contains("half of it"), "{}", work.text);

    assert_eq!(steer(&world, "alice", &run, "resume", json!({"text": "Go on with it."})).await, 200);
    world.settle().await;
    let again = attempts(&world, &run).await;
    assert_eq!((&again[1]["kind"], &again[1]["message"]), (&json!("resume"), &json!("Go on with it.")));
    let transcript = world.transcript(&world.runs().await[0]).await;
    assert!(transcript.contains("The other half is done."), "{transcript}");
    let shown = context(&world, &run).await;
    assert!(shown["bundle"].to_string().contains("Go on with it."), "the newest attempt was told: {shown}");
    let approval = world.asked().await.expect("both halves wait for a person");
    assert_eq!(world.decide("bob", &approval, "approve").await.status, 200);
    world.settle().await;
    assert_eq!(world.runs().await[0]["state"], "succeeded");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fork_begins_with_the_work_of_another_run_by_the_stacks_of_now() {
    let (world, clone, _) = World::with(scripts::ON_MENTION, IN_TWO_PARTS).await;
    let issue = world.issue("alice", "The greeting is odd").await;
    world.comment("alice", issue, "@fixer look at it").await;
    let run = half_done(&world).await;
    steer(&world, "alice", &run, "cancel", json!({})).await;
    world.settle().await;
    let second = "- run: {command: \"cat notes.md\", expect_exit: 0}\n- finish: The second stack saw it.\n";
    clone.write(".agents/stacks/second.yaml", &scripts::stack(second));
    let head = clone.push("main", "Another stack");
    world.settle().await;

    assert_eq!(steer(&world, "alice", &run, "fork", json!({"stack": "third"})).await, 422, "no such stack");
    assert_eq!(steer(&world, "carol", &run, "fork", json!({"stack": "second"})).await, 403);
    let line = format!("POST /api/agents/v1/runs/{run}/fork");
    let made = world.json("bob", &line, Some(json!({"stack": "second", "text": "Look again."}))).await;
    assert_eq!((&made["forked_from"], &made["stack"]), (&json!(run), &json!("second")));
    assert_eq!(made["config_commit"], json!(head), "stacks of now");
    assert_ne!(made["code_commit"], json!(head), "the code that the work was made on");
    world.settle().await;
    let fork = made["id"].as_str().unwrap();
    let shown = context(&world, fork).await["bundle"].to_string();
    assert!(shown.contains("Look again.") && shown.contains("Half is done."), "{shown}");
    let told = world.transcript(&made).await;
    assert!(told.contains("The second stack saw it."), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_that_looks_anew_sees_the_code_and_the_stack_of_now() {
    let (world, clone, before) = World::with(scripts::ON_MENTION, "- finish: I saw the first one.\n").await;
    let issue = world.issue("alice", "The greeting is odd").await;
    world.comment("alice", issue, "@fixer look at it").await;
    world.settle().await;
    let run = world.runs().await[0].clone();
    let id = run["id"].as_str().unwrap();
    assert_eq!(run["code_commit"], json!(before));
    let first = context(&world, id).await;
    clone.write(".agents/stacks/fixer.yaml", &scripts::stack("- finish: I saw the second one.\n"));
    let after = clone.push("main", "Another script");
    world.comment("alice", issue, "And now?").await;
    world.settle().await;

    let retry = format!("POST /api/agents/v1/runs/{id}/retry");
    world.json("alice", &retry, Some(json!({}))).await;
    world.settle().await;
    assert_eq!(world.runs().await[0]["code_commit"], json!(before), "a plain retry sees the same");
    world.json("alice", &retry, Some(json!({"refresh": true}))).await;
    world.settle().await;
    let run = world.runs().await[0].clone();
    assert_eq!((&run["code_commit"], &run["config_commit"]), (&json!(after), &json!(after)));
    assert_eq!(run["summary"], "I saw the second one.");
    let last = attempts(&world, id).await.pop().unwrap();
    assert_eq!((&last["fresh"], &last["kind"]), (&json!(true), &json!("retry")));
    let second = context(&world, id).await;
    assert_ne!(first["bundle"]["digest"], second["bundle"]["digest"], "{second}");
    assert!(second["bundle"].to_string().contains("And now?"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_in_comments_steer_a_run() {
    let world = mentioned(IN_TWO_PARTS).await;
    half_done(&world).await;
    for (command, told) in
        [("/cancel", "is cancelled"), ("/resume and mind the docs", "goes on"), ("/answer 42", "run to which")]
    {
        world.comment("alice", 1, command).await;
        world.settle().await;
        let answer = world.last_comment(1).await;
        assert!(answer.contains(told), "{command}: {answer}");
    }
}
