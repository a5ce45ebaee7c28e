//! The same thing again: answered once within its window, and one more run than there may be waits, joins or is refused.

use std::time::Duration;

use crate::driver::World;
use crate::driver::scripts;

/// A mention dispatches; `more` is added to the rule.
fn rule(more: &str) -> String {
    format!("{}{more}\n", scripts::ON_MENTION)
}

async fn decisions(world: &World) -> Vec<String> {
    let mut said: Vec<String> = world.decisions("mend").await.into_iter().map(|(decision, _)| decision).collect();
    said.reverse();
    said.retain(|decision| decision != "skipped");
    said
}

/// Bob approves whatever is asked now.
async fn approve(world: &World) {
    let approval = world.asked().await.expect("a request to people");
    assert_eq!(world.decide("bob", &approval, "approve").await.status, 200);
    world.settle().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_counts_for_its_window_and_no_longer() {
    let rule = rule("dedupe: {key: \"{{ issue.number }}\", window: 10m}");
    let (world, _, _) = World::with(&rule, "- finish: I looked at it.\n").await;
    let (first, second) = (world.issue("alice", "One").await, world.issue("alice", "Two").await);
    for minutes in [0, 9, 2] {
        world.clock.advance(Duration::from_secs(60 * minutes));
        world.comment("alice", first, "@fixer look").await;
        world.settle().await;
    }
    assert_eq!(decisions(&world).await, ["dispatched", "coalesced", "dispatched"]);
    world.comment("alice", second, "@fixer look").await;
    world.settle().await;
    assert_eq!(world.runs().await.len(), 3, "another key is another story");
    let (_, why) = world.decisions("mend").await.into_iter().find(|(said, _)| said == "coalesced").unwrap();
    assert!(why.contains("within 10 min"), "{why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_more_run_waits_for_its_turn() {
    let rule = rule("concurrency: {key: \"{{ repo }}\", max: 1, on_conflict: queue}");
    let (world, _, _) = World::with(&rule, scripts::COMMENTS).await;
    let (first, second) = (world.issue("alice", "One").await, world.issue("alice", "Two").await);
    for issue in [first, second] {
        world.comment("alice", issue, "@fixer look").await;
        world.settle().await;
    }
    assert_eq!(decisions(&world).await, ["dispatched", "queued"]);
    assert!(world.waiting().await.contains(&("executions".to_owned(), 1)));
    approve(&world).await;
    assert_eq!(decisions(&world).await, ["dispatched", "dispatched"]);
    approve(&world).await;
    assert!(world.last_comment(second).await.contains("I looked at it."));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waited_twice_for_one_answer_gets_one() {
    let more =
        "dedupe: {key: \"{{ issue.number }}\", window: 1h}\nconcurrency: {key: \"{{ repo }}\", on_conflict: queue}";
    let (world, _, _) = World::with(&rule(more), scripts::COMMENTS).await;
    let (first, second) = (world.issue("alice", "One").await, world.issue("alice", "Two").await);
    for issue in [first, second, second] {
        world.comment("alice", issue, "@fixer look").await;
        world.settle().await;
    }
    assert_eq!(decisions(&world).await, ["dispatched", "queued", "queued"]);
    approve(&world).await;
    approve(&world).await;
    assert_eq!(decisions(&world).await, ["dispatched", "dispatched", "coalesced"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_more_run_joins_the_one_that_runs() {
    let rule = rule("concurrency: {key: \"{{ issue.number }}\", on_conflict: coalesce}");
    let (world, _, _) = World::with(&rule, scripts::COMMENTS).await;
    let issue = world.issue("alice", "One").await;
    for _ in 0..2 {
        world.comment("alice", issue, "@fixer look").await;
        world.settle().await;
    }
    assert_eq!(decisions(&world).await, ["dispatched", "coalesced"]);
    approve(&world).await;
    world.comment("alice", issue, "@fixer look once more").await;
    world.settle().await;
    assert_eq!(decisions(&world).await, ["dispatched", "coalesced", "dispatched"], "the first one is done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_more_run_is_refused() {
    let rule = rule("concurrency: {key: \"{{ issue.number }}\", on_conflict: reject}");
    let (world, _, _) = World::with(&rule, scripts::COMMENTS).await;
    let issue = world.issue("alice", "One").await;
    for _ in 0..2 {
        world.comment("alice", issue, "@fixer look").await;
        world.settle().await;
    }
    assert_eq!(decisions(&world).await, ["dispatched", "refused"]);
    assert_eq!(world.runs().await.len(), 1);
}
