//! Reviews and issues that agents propose, and questions that they ask on the thread.

use serde_json::Value;
use serde_json::json;

use crate::driver::World;
use crate::driver::scripts;

const REPO: &str = "/api/v1/repos/acme/slug";

fn stack(script: &str, writeback: &str) -> String {
    scripts::stack(script).replace("writeback: {comment: ask, pull_request: ask, push: ask}", writeback)
}

/// A pull request of alice's that changes the greeting, about which `@fixer` is asked.
async fn pull(script: &str, writeback: &str) -> (World, i64) {
    let stack = stack(script, writeback);
    let files = [("rules/mend.yaml", scripts::ON_MENTION), ("stacks/fixer.yaml", stack.as_str())];
    let (world, clone, _) = World::holding(&files).await;
    clone.git(&["checkout", "--quiet", "-b", "topic"]);
    clone.write("greet.sh", "echo Hello\n");
    clone.push("topic", "Greet in English");
    let body = json!({"title": "Greet", "head": "topic", "base": "main"});
    let pull = world.json("alice", &format!("POST {REPO}/pulls"), Some(body)).await;
    let number = pull["number"].as_i64().unwrap();
    world.comment("alice", number, "@fixer review it").await;
    world.settle().await;
    (world, number)
}

async fn reviews(world: &World, number: i64) -> Vec<Value> {
    let listed = world.json("alice", &format!("GET {REPO}/pulls/{number}/reviews"), None).await;
    listed.as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_review_with_words_about_lines_is_written_once_it_is_approved() {
    let script = "- refused: {kind: review, verdict: comment, body: \"\"}\n\
                  - refused: {kind: review, verdict: comment, lines: [{path: greet.sh, line: 40, body: Where?}]}\n\
                  - propose: {kind: review, verdict: request_changes, body: Almost., lines: [{path: greet.sh, line: 1, body: Say who is greeted.}]}\n\
                  - finish: Reviewed.\n";
    let (world, number) = pull(script, "writeback: {review: ask}").await;
    let approval = world.asked().await.expect("a request to people");
    let line = format!("GET /api/agents/v1/approvals/{}", approval["id"].as_str().unwrap());
    let shown = world.ask("bob", &line, None).await.text;
    assert!(shown.contains("request_changes") && shown.contains("Say who is greeted."), "{shown}");
    assert_eq!(world.decide("bob", &approval, "approve").await.status, 200);
    world.settle().await;
    world.settle().await;
    let written = reviews(&world, number).await;
    assert_eq!(written.len(), 1, "once");
    assert_eq!(written[0]["state"], "REQUEST_CHANGES");
    let id = written[0]["id"].as_i64().unwrap();
    let lines = world.json("alice", &format!("GET {REPO}/pulls/{number}/reviews/{id}/comments"), None).await;
    assert_eq!(lines[0]["body"], "Say who is greeted.");
    assert_eq!(world.runs().await[0]["state"], "succeeded");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_machine_approves_and_a_review_of_a_head_that_moved_is_stale() {
    let script = "- propose: {kind: review, verdict: comment, body: It reads well.}\n- finish: Reviewed.\n";
    let (world, number) = pull(script, "writeback: {review: ask}").await;
    let approval = world.asked().await.expect("a request to people");
    let clone = world.clone_as("bob", "slug");
    clone.git(&["fetch", "--quiet", "origin"]);
    clone.git(&["checkout", "--quiet", "-b", "topic", "origin/topic"]);
    clone.write("greet.sh", "echo Hello, you\n");
    clone.push("topic", "Say who");
    world.settle().await;
    assert_eq!(world.decide("bob", &approval, "approve").await.status, 409);
    assert!(reviews(&world, number).await.is_empty());

    let script = "- propose: {kind: review, verdict: approve, body: Fine}\n- finish: Reviewed.\n";
    let (world, _) = pull(script, "writeback: {review: allow}").await;
    let run = &world.runs().await[0];
    assert_eq!(run["state"], "failed", "there is no word for it: {run}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issue_is_opened_once_with_labels_that_are_there() {
    let script = "- refused: {kind: issue, title: Later, body: Mend it., labels: [nowhere]}\n\
                  - propose: {kind: issue, title: Greet by name, body: It greets nobody.}\n\
                  - finish: Told.\n";
    let stack = stack(script, "writeback: {issue: allow}");
    let files = [("rules/mend.yaml", scripts::ON_MENTION), ("stacks/fixer.yaml", stack.as_str())];
    let (world, _, _) = World::holding(&files).await;
    let issue = world.issue("alice", "The greeting is odd").await;
    world.comment("alice", issue, "@fixer look").await;
    world.settle().await;
    world.settle().await;
    let listed = world.json("alice", &format!("GET {REPO}/issues?state=all"), None).await;
    let titles: Vec<_> = listed.as_array().unwrap().iter().map(|issue| issue["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["Greet by name", "The greeting is odd"]);
    assert_eq!(listed[0]["user"]["login"], "forgehand-bot");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_stands_on_the_thread_and_only_whoever_may_steer_is_heard() {
    let script = "- ask: Which greeting do you like?\n- finish: Thanks.\n";
    let stack = stack(script, "writeback: {comment: allow}");
    let files = [("rules/mend.yaml", scripts::ON_MENTION), ("stacks/fixer.yaml", stack.as_str())];
    let (world, _, _) = World::holding(&files).await;
    world.json("alice", "PATCH /api/v1/repos/acme/slug", Some(json!({"private": false}))).await;
    let issue = world.issue("alice", "The greeting is odd").await;
    world.comment("alice", issue, "@fixer look").await;
    let asked = async || {
        let said = world.comments(issue).await;
        said.into_iter().find(|(_, body)| body.contains("> Which greeting do you like?"))
    };
    world.until("the question on the thread", asked).await;
    world.comment("carol", issue, "I am a stranger and like Helo").await;
    let state = async |wanted: &str| world.runs().await[0]["state"] == wanted;
    world.until("the stranger's word", async || (world.comments(issue).await.len() == 3).then_some(())).await;
    assert!(state("needs_input").await, "nobody who may steer has answered");
    world.comment("bob", issue, "Hello, of course").await;
    world.settle().await;
    let transcript = world.transcript(&world.runs().await[0]).await;
    assert!(transcript.contains("bob answered: Hello, of course"), "{transcript}");
    assert!(!transcript.contains("like Helo"), "a stranger is not heard");
    assert!(state("succeeded").await);
}
