//! Who may decide, on what, and until when.

use std::time::Duration;

use serde_json::json;

use crate::driver::World;
use crate::driver::scripts;

/// A mention by alice whose answer waits for a person.
async fn alice_asked() -> (World, serde_json::Value, i64) {
    let (world, _, _) = World::with(scripts::ON_MENTION, scripts::COMMENTS).await;
    let issue = world.issue("alice", "The greeting is odd").await;
    world.comment("alice", issue, "@fixer look at it").await;
    world.settle().await;
    let approval = world.asked().await.expect("a request to people");
    (world, approval, issue)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asked_cannot_approve_and_the_second_is_told_who_was_first() {
    let (world, approval, issue) = alice_asked().await;
    let own = world.decide("alice", &approval, "approve").await;
    assert_eq!(own.status, 403, "{}", own.text);
    assert!(own.text.contains("SELF_APPROVAL"), "{}", own.text);
    let stranger = world.decide("carol", &approval, "approve").await;
    assert_eq!(stranger.status, 403, "{}", stranger.text);
    let machine = world.decide("ci", &approval, "approve").await;
    assert_eq!(machine.status, 403, "{}", machine.text);

    assert_eq!(world.decide("bob", &approval, "approve").await.status, 200);
    let late = world.decide("dave", &approval, "deny").await;
    assert_eq!(late.status, 409, "{}", late.text);
    assert!(late.text.contains("bob was first"), "{}", late.text);
    world.settle().await;
    assert!(world.last_comment(issue).await.contains("I looked at it."));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comment_decides_by_the_short_digest() {
    let (world, approval, issue) = alice_asked().await;
    let digest = approval["effects"][0]["digest"].as_str().unwrap();
    let short: String = digest.trim_start_matches("sha256:").chars().take(12).collect();
    world.comment("alice", issue, &format!("/approve {short}")).await;
    world.settle().await;
    let told = world.last_comment(issue).await;
    assert!(told.contains("you asked for the run"), "{told}");
    world.comment("bob", issue, &format!("/approve {short} it is fine")).await;
    world.settle().await;
    let all: Vec<String> = world.comments(issue).await.into_iter().map(|(_, body)| body).collect();
    assert_eq!(all.iter().filter(|body| body.contains("I looked at it.")).count(), 1, "{all:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_expires() {
    let (world, approval, issue) = alice_asked().await;
    world.clock.advance(Duration::from_hours(24 * 8));
    let late = world.decide("bob", &approval, "approve").await;
    assert_eq!(late.status, 409, "{}", late.text);
    assert!(late.text.contains("EXPIRED"), "{}", late.text);
    world.settle().await;
    assert!(world.asked().await.is_none());
    assert_eq!(world.comments(issue).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_turns_stale_when_the_head_moves() {
    let script = "- edit: {path: greet.sh, find: Helo, replace: Hello}\n\
                  - propose: {kind: push, message: Greet in English}\n\
                  - finish: A push waits.\n";
    let (world, clone, _) = World::with(scripts::ON_FAILED_CHECK, script).await;
    clone.git(&["checkout", "--quiet", "-b", "topic"]);
    clone.write("topic.sh", "true\n");
    let head = clone.push("topic", "A topic");
    world.check_fails(&head).await;
    world.settle().await;
    let approval = world.asked().await.expect("a request to people");

    clone.write("topic.sh", "false\n");
    let moved = clone.push("topic", "Somebody goes on");
    let told = world.decide("bob", &approval, "approve").await;
    assert_eq!(told.status, 409, "{}", told.text);
    assert!(told.text.contains("STALE"), "{}", told.text);
    world.settle().await;
    let now = world.approvals().await;
    assert_eq!((&now[0]["state"], &now[0]["effects"][0]["state"]), (&"closed".into(), &"stale".into()), "{now:?}");
    assert!(clone.git(&["ls-remote", "origin", "refs/heads/topic"]).starts_with(&moved));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_turns_stale_when_what_it_answers_is_edited() {
    let (world, approval, issue) = alice_asked().await;
    let edited = json!({ "body": "I meant another greeting" });
    world.json("alice", &format!("PATCH /api/v1/repos/acme/slug/issues/{issue}"), Some(edited)).await;
    let told = world.decide("bob", &approval, "approve").await;
    assert_eq!(told.status, 409, "{}", told.text);
    assert!(told.text.contains("was edited"), "{}", told.text);
    world.settle().await;
    assert_eq!(world.comments(issue).await.len(), 1, "nothing was written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_a_quote_and_a_label_decide_nothing() {
    let (world, approval, issue) = alice_asked().await;
    let digest = approval["effects"][0]["digest"].as_str().unwrap();
    let short: String = digest.trim_start_matches("sha256:").chars().take(12).collect();
    let line = format!("POST /api/v1/repos/acme/slug/issues/{issue}/comments");
    let plain = world.json("bob", &line, Some(json!({"body": "Let me see."}))).await;
    world.settle().await;
    let edit = format!("PATCH /api/v1/repos/acme/slug/issues/comments/{}", plain["id"]);
    let command = format!("/approve {short}");
    world.json("bob", &edit, Some(json!({"body": command}))).await;
    world.comment("bob", issue, &format!("> {command}")).await;
    world.comment("bob", issue, &format!("```\n{command}\n```")).await;
    let label = json!({"name": "approved", "color": "#00aabb"});
    world.json("alice", "POST /api/v1/repos/acme/slug/labels", Some(label)).await;
    let labels = format!("POST /api/v1/repos/acme/slug/issues/{issue}/labels");
    world.json("bob", &labels, Some(json!({"labels": ["approved"]}))).await;
    world.settle().await;
    let open = world.asked().await.expect("the request is still open");
    assert_eq!(open["effects"][0]["decisions"], json!([]), "{open}");
}
