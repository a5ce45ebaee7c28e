//! What starts a run, and what does not: each time with a reason that a person can ask for.

use serde_json::json;

use crate::driver::World;
use crate::driver::scripts;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mention_by_a_stranger_dispatches_nothing_and_why_says_so() {
    let (world, _, _) = World::with(scripts::ON_MENTION, scripts::COMMENTS).await;
    let issue = world.issue("alice", "The greeting is odd").await;
    world.comment("carol", issue, "@fixer mend it").await;
    world.settle().await;
    assert!(world.runs().await.is_empty());

    world.comment("bob", issue, "/why").await;
    world.settle().await;
    let why = world.last_comment(issue).await;
    assert!(why.contains("`mend` **refused**") && why.contains("write"), "{why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_we_write_never_starts_a_run() {
    let (world, _, _) = World::with(scripts::ON_MENTION, scripts::MENTIONS_ITSELF).await;
    let issue = world.issue("alice", "The greeting is odd").await;
    world.comment("alice", issue, "@fixer mend it").await;
    world.settle().await;
    let approval = world.asked().await.expect("a request to people");
    assert_eq!(world.decide("bob", &approval, "approve").await.status, 200);
    world.settle().await;
    assert!(world.last_comment(issue).await.contains("@fixer go on"));
    assert_eq!(world.runs().await.len(), 1, "the comment of the agent is no mention");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_that_fails_twice_on_a_commit_is_repaired_once() {
    let (world, clone, head) = World::with(scripts::ON_FAILED_CHECK, scripts::REPAIRS).await;
    world.check_fails(&head).await;
    world.settle().await;
    world.check_fails(&head).await;
    world.settle().await;
    assert_eq!(world.runs().await.len(), 1);
    let said: Vec<_> = world.executions().await.iter().map(|said| said["decision"].clone()).collect();
    assert!(said.contains(&json!("dispatched")) && said.contains(&json!("coalesced")), "{said:?}");

    clone.write("other.sh", "true\n");
    let next = clone.push("main", "Another commit");
    world.check_fails(&next).await;
    world.settle().await;
    assert_eq!(world.runs().await.len(), 2, "another commit is another story");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_rule_stops_everything_and_says_where() {
    let broken = scripts::ON_MENTION.replace("stack: fixer", "stack: nobody\nstuck: true");
    let (world, _, _) = World::with(&broken, scripts::COMMENTS).await;
    let issue = world.issue("alice", "The greeting is odd").await;
    world.comment("alice", issue, "@fixer mend it").await;
    world.comment("alice", issue, "/why").await;
    world.settle().await;
    assert!(world.runs().await.is_empty());
    let why = world.last_comment(issue).await;
    assert!(why.contains(".agents/rules/mend.yaml:"), "{why}");
}
