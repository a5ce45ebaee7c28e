//! Money: what a day may cost, who is told when it is spent, and where it went.

use serde_json::Value;
use serde_json::json;

use crate::agents::model::Model;
use crate::agents::model::calls;
use crate::agents::model::finish;
use crate::driver::Clone;
use crate::driver::World;
use crate::driver::on_each_with;
use crate::driver::scripts;

const STACK: &str =
    "description: Repairs\nagent: builtin\nmodel: large\nautonomy: propose\nprompt: You repair things.\n";

/// A repository whose runs ask this model, at a cent an answer, and may cost so much a day.
async fn spending(world: &World, model: &Model, stack: &str, limits: &str) -> Clone {
    let profile = json!({
        "url": model.url(), "model": "m-1", "input_usd_per_million": 0, "output_usd_per_million": 1000,
    });
    world.json("erin", "PUT /api/agents/v1/models/large", Some(profile)).await;
    let policy = format!("limits: {{{limits}}}\n");
    let files =
        [("rules/mend.yaml", scripts::ON_MENTION), ("stacks/fixer.yaml", stack), ("policy.yaml", policy.as_str())];
    world.repository_of(&files).await.0
}

async fn ask(world: &World) -> Value {
    let issue = world.issue("alice", "The greeting is odd").await;
    world.comment("alice", issue, "@fixer mend it").await;
    world.settle().await;
    world.runs().await.remove(0)
}

async fn usage(world: &World, who: &str, by: &str) -> Value {
    world.json(who, &format!("GET /api/agents/v1/orgs/acme/usage?by={by}&days=7"), None).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_that_is_spent_ends_the_next_run_and_says_who_may_raise_it() {
    on_each_with(|_| {}, async |world| {
        let look = || calls("list_files", json!({}));
        let model = Model::that(vec![look(), look(), finish(), finish()]).await;
        let clone = spending(&world, &model, STACK, "usd_per_day: 0.04").await;
        let first = ask(&world).await;
        assert_eq!((&first["state"], &first["usage"]["micro_usd"]), (&json!("succeeded"), &json!(30_000)), "{first}");
        let second = ask(&world).await;
        assert_eq!(second["reason"], "budget_exceeded:repository_day", "{second}");
        insta::allow_duplicates! {
            insta::assert_snapshot!(second["summary"].as_str().unwrap(), @"Model calls of acme/slug may cost 0.04 US dollars a day, and 0.03 are spent or set aside; whoever may change the default branch there raises `limits.usd_per_day` in `.agents/policy.yaml` of acme/slug, and the next day begins at midnight UTC");
        }
        assert_eq!(model.asked().len(), 3, "the model is not asked once more");

        clone.write(".agents/policy.yaml", "limits: {usd_per_day: 1}\n");
        clone.push("main", "Spend more");
        world.settle().await;
        let again = format!("POST /api/agents/v1/runs/{}/retry", second["id"].as_str().unwrap());
        world.json("alice", &again, Some(json!({}))).await;
        world.settle().await;
        assert_eq!(world.runs().await[0]["state"], "succeeded");

        clone.write(".agents/policy.yaml", "limits: {usd_per_day: 0.02}\n");
        clone.push("main", "Spend less");
        world.settle().await;
        let issue = world.issue("alice", "Again").await;
        world.comment("alice", issue, "@fixer mend it").await;
        world.settle().await;
        let (decision, reason) = &world.decisions("mend").await[0];
        assert_eq!(decision, "refused");
        assert!(reason.contains("0.04 US dollars were spent today, policy allows 0.02"), "{reason}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_runs_at_once_cannot_together_pass_what_a_day_may_cost() {
    on_each_with(
        |settings| settings.runners = 2,
        async |world| {
            let model = Model::that(vec![calls("list_files", json!({}))]).await;
            spending(&world, &model, STACK, "usd_per_day: 0.1").await;
            for title in ["One", "Another"] {
                let issue = world.issue("alice", title).await;
                world.comment("alice", issue, "@fixer mend it").await;
            }
            world.settle().await;
            let runs = world.runs().await;
            assert!(
                runs.len() == 2 && runs.iter().all(|run| run["reason"] == "budget_exceeded:repository_day"),
                "{runs:?}"
            );
            let spent = usage(&world, "alice", "repo").await["total"]["micro_usd"].as_u64().unwrap();
            assert!((80_000..=100_000).contains(&spent), "{spent}");
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_of_a_stack_ends_cleanly_and_says_where_it_stands() {
    let world = World::begin().await;
    let model = Model::that(vec![calls("list_files", json!({}))]).await;
    let stack = format!("{STACK}budget: {{steps: 2}}\n");
    spending(&world, &model, &stack, "runs_per_hour: 9").await;
    let run = ask(&world).await;
    assert_eq!(run["reason"], "budget_exceeded:steps", "{run}");
    insta::assert_snapshot!(run["summary"].as_str().unwrap(), @"The run made as many model calls as its stack allows; whoever may change the default branch of acme/slug raises `budget.steps` in `.agents/stacks/fixer.yaml`, for the next run");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usage_is_told_by_stack_repository_and_model_to_whoever_belongs_to_the_owner() {
    on_each_with(
        |_| {},
        async |world| {
            let model = Model::that(vec![calls("list_files", json!({})), finish()]).await;
            spending(&world, &model, STACK, "usd_per_day: 1").await;
            ask(&world).await;
            for (by, name) in [("stack", "fixer"), ("repo", "slug"), ("model", "large")] {
                let told = usage(&world, "alice", by).await;
                let group = &told["groups"][0];
                assert_eq!(group["name"], name, "{told}");
                let numbers = ["calls", "tokens_in", "tokens_out", "micro_usd", "estimated_calls"]
                    .map(|field| group[field].as_u64().unwrap());
                assert_eq!(numbers, [2, 200, 20, 20_000, 0]);
                assert_eq!((&group["days"][0]["day"], &group["days"][0]["calls"]), (&json!("2027-01-15"), &json!(2)));
            }
            assert_eq!(world.ask("carol", "GET /api/agents/v1/orgs/acme/usage", None).await.status, 404);
            assert_eq!(world.ask("", "GET /api/agents/v1/orgs/acme/usage", None).await.status, 404);
            assert_eq!(world.ask("alice", "GET /api/agents/v1/orgs/acme/usage?by=moon", None).await.status, 422);
            let bob = world.browser("bob").await;
            let page = bob.page("/acme/-/usage?by=repo&days=7").await;
            assert!(page.contains("aria-label=\"slug: 100 % of all\"") && page.contains("$0.02"), "{page}");
            assert!(page.contains("aria-label=\"2027-01-15: $0.02\""), "{page}");
            assert_eq!(world.browser("carol").await.look("/acme/-/usage").await.status, 404);
        },
    )
    .await;
}
