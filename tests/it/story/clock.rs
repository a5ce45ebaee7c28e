//! The clock starts runs: once for each strike, when it should, and not for what was missed unless the rule says so.

use std::sync::Arc;
use std::time::Duration;

use forgehand::engine::Tasks;

use crate::driver::World;
use crate::driver::scripts;

const HOUR: Duration = Duration::from_secs(3600);

fn rule(on: &str) -> String {
    format!(
        "description: For a story\non:\n  schedule: {on}\nstack: fixer\ntask: look\n\
         prompt: \"{{{{ event }}}} {{{{ schedule.cron }}}}\"\n"
    )
}

async fn dispatched(world: &World, rule: &str) -> usize {
    world.decisions(rule).await.iter().filter(|(decision, _)| decision == "dispatched").count()
}

/// What a rule said last.
async fn last(world: &World, rule: &str) -> (String, String) {
    world.decisions(rule).await.first().cloned().expect("the rule decided something")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clock_dispatches_each_strike_once_and_says_why_it_does_not() {
    let stack = scripts::stack("- finish: I saw it.\n");
    let (hourly, notes) = (rule("{cron: \"0 * * * *\"}"), rule("{cron: \"30 * * * *\", paths: [\"notes/**\"]}"));
    let daily = rule("{cron: \"0 6 * * *\", timezone: Europe/Berlin, missed: catch_up}");
    let files = [
        ("stacks/fixer.yaml", stack.as_str()),
        ("rules/hourly.yaml", hourly.as_str()),
        ("rules/notes.yaml", notes.as_str()),
        ("rules/daily.yaml", daily.as_str()),
    ];
    let (world, clone, _) = World::holding(&files).await;
    assert!(world.decisions("hourly").await.iter().all(|(decision, _)| decision == "skipped"));

    // 2027-01-15 08:00 UTC, a Friday, so nine in Berlin.
    world.clock.advance(HOUR);
    let (one, other) = (Tasks::new(Arc::clone(&world.app.engine)), Tasks::new(Arc::clone(&world.app.engine)));
    tokio::join!(one.step(), other.step());
    world.settle().await;
    assert_eq!(dispatched(&world, "hourly").await, 1, "two that look at the same time make one run");
    assert_eq!(dispatched(&world, "daily").await, 0);
    let runs = world.runs().await;
    assert_eq!(runs.len(), 1, "{runs:?}");
    assert_eq!(runs[0]["state"], "succeeded", "{runs:?}");

    world.clock.advance(HOUR / 2);
    world.settle().await;
    let (decision, why) = last(&world, "notes").await;
    assert_eq!(decision, "skipped");
    assert!(why.contains("there is no path changed since it struck last"), "{why}");
    clone.write("notes/one.md", "A note\n");
    clone.push("main", "A note");
    world.settle().await;
    world.clock.advance(HOUR);
    world.settle().await;
    assert_eq!(dispatched(&world, "notes").await, 1, "something under its paths changed");
    world.clock.advance(HOUR);
    world.settle().await;
    assert_eq!(dispatched(&world, "notes").await, 1, "nothing changed since then");

    let before = dispatched(&world, "hourly").await;
    world.clock.advance(HOUR * 72 + HOUR / 4);
    world.settle().await;
    assert_eq!(dispatched(&world, "hourly").await, before, "three days were missed");
    let (_, why) = last(&world, "hourly").await;
    assert!(why.contains("`missed` is `skip`") || why.contains("the rule waits for"), "{why}");
    assert_eq!(dispatched(&world, "daily").await, 1, "three mornings were missed, one run makes up for them");

    clone.git(&["rm", "--quiet", ".agents/rules/hourly.yaml"]);
    clone.push("main", "No more");
    world.settle().await;
    let asked = world.decisions("hourly").await.len();
    world.clock.advance(HOUR);
    world.settle().await;
    assert_eq!(world.decisions("hourly").await.len(), asked, "a rule that is gone is not asked");
}
