//! Models that an administrator sets up, from the page to the server that sees the key, and to nobody else.

use serde_json::Value;
use serde_json::json;

use crate::agents::model::Model;
use crate::agents::model::Says;
use crate::agents::model::calls;
use crate::agents::model::finish;
use crate::driver::World;
use crate::driver::on_each_with;
use crate::driver::scripts;

const KEY: &str = "sk-4fK9pQ2sXv7LmRt-of-the-server";
const OWN: &str = "sk-8hT3wZ6yBn1CdEf-of-alice";
const MODELS: &str = "/api/agents/v1/models";

/// What the model says to mend the greeting.
fn mends() -> Vec<Says> {
    vec![
        calls("edit_file", json!({"path": "greet.sh", "find": "Helo", "replace": "Hello"})),
        calls("propose_pull_request", json!({"title": "Greet in English", "body": "It said Helo."})),
        finish(),
    ]
}

fn stack(model: &str, more: &str) -> String {
    format!(
        "description: Repairs\nagent: builtin\nmodel: {model}\nautonomy: propose\nprompt: You repair things.\n\
         writeback: {{pull_request: ask, push: ask, comment: ask}}\n{more}"
    )
}

async fn repository(world: &World, files: &[(&str, &str)]) -> crate::driver::Clone {
    let base = [("rules/mend.yaml", scripts::ON_MENTION)];
    world.repository_of(&[&base, files].concat()).await.0
}

async fn ask(world: &World) -> Value {
    let issue = world.issue("alice", "The greeting is odd").await;
    world.comment("alice", issue, "@fixer mend it").await;
    world.settle().await;
    world.runs().await.remove(0)
}

/// Nothing of the value lies in the database, when it is a file, or in what people see.
async fn nowhere(world: &World, value: &str, seen: &[&str]) {
    for name in ["forgehand.sqlite", "forgehand.sqlite-wal"] {
        let bytes = std::fs::read(world.data().join(name)).unwrap_or_default();
        let found = bytes.windows(12).any(|window| value.as_bytes().windows(12).any(|part| part == window));
        assert!(!found, "no twelve bytes of the value lie in {name}");
    }
    let audit = world.ask("erin", "GET /api/agents/v1/audit?limit=100", None).await.text;
    assert!(audit.contains("run.dispatch") || audit.contains("model.add"), "{audit}");
    for text in seen.iter().copied().chain([audit.as_str()]) {
        assert!(!text.contains(value), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_is_set_up_on_the_page_is_used_and_its_key_is_seen_by_its_server_alone() {
    on_each_with(
        |_| {},
        async |world| {
            let model = Model::that(mends()).await;
            let erin = world.browser("erin").await;
            assert_eq!(world.browser("alice").await.look("/admin/models/new").await.status, 403);
            let form =
                [("name", "large"), ("protocol", "openai"), ("url", model.url()), ("model", "m-1"), ("key", KEY)];
            let prices = [("input_usd_per_million", "3"), ("output_usd_per_million", "15")];
            let half = erin.post("/admin/models", &[&form[..], &prices[..1]].concat()).await;
            assert_eq!(half.status, 422, "{}", half.text);
            assert!(half.text.contains("a price for reading and one for writing") && !half.text.contains(KEY));
            assert_eq!(erin.submit("/admin/models", &[&form[..], &prices].concat()).await, "/admin/models");
            let list = erin.page("/admin/models").await;
            assert!(list.contains("Key is set") && list.contains("$3.00 read, $15.00 written"), "{list}");
            let page = list
                .split("href=\"")
                .find_map(|part| part.split('"').next().filter(|href| href.starts_with("/admin/models/0")));
            let page = page.unwrap().to_owned();

            repository(&world, &[("stacks/fixer.yaml", &stack("large", ""))]).await;
            let run = ask(&world).await;
            assert_eq!(run["state"], "awaiting_approval", "{run}");
            assert!(model.keys().iter().all(|key| *key == format!("Bearer {KEY}")) && model.keys().len() == 3);
            assert_eq!(model.asked()[0]["model"], "m-1");
            let approval = world.asked().await.unwrap();
            assert_eq!(world.decide("bob", &approval, "approve").await.status, 200);
            world.settle().await;
            assert_eq!(world.pulls().await.len(), 1);
            assert!(world.runs().await[0]["usage"]["micro_usd"].as_i64().unwrap_or_else(|| panic!("{run}")) > 0);

            let seen = [&erin.page(&page).await, &list, &world.transcript(&run).await, &run.to_string()];
            nowhere(&world, KEY, &seen.map(String::as_str)).await;
            erin.submit(&format!("{page}/remove"), &[]).await;
            let refused = world.issue("alice", "Again").await;
            world.comment("alice", refused, "@fixer mend it").await;
            world.settle().await;
            let reason = &world.decisions("mend").await[0].1;
            assert!(reason.contains("model `large`"), "{reason}");
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_a_model_is_for_the_next_run() {
    on_each_with(
        |_| {},
        async |world| {
            let model = Model::that(vec![finish()]).await;
            let put = async |name: &str| {
                let body = json!({"url": model.url(), "model": name, "key": KEY});
                world.ask("erin", &format!("PUT {MODELS}/large"), Some(body)).await
            };
            assert_eq!(world.ask("alice", &format!("PUT {MODELS}/large"), Some(json!({"url": "x"}))).await.status, 422);
            let proper = json!({"url": model.url(), "model": "m-0"});
            assert_eq!(world.ask("alice", &format!("PUT {MODELS}/large"), Some(proper)).await.status, 403);
            let made = put("m-1").await;
            assert!(made.status == 200 && made.json()["has_key"] == true && !made.text.contains(KEY), "{}", made.text);
            repository(&world, &[("stacks/fixer.yaml", &stack("large", ""))]).await;
            let issue = world.issue("alice", "The greeting is odd").await;
            let asked = json!({"stack": "fixer", "prompt": "mend it", "source": {"issue": issue}});
            world.json("alice", "POST /api/agents/v1/repos/acme/slug/runs", Some(asked.clone())).await;
            assert_eq!(put("m-2").await.status, 200);
            world.settle().await;
            assert_eq!(model.asked()[0]["model"], "m-1");
            world.json("alice", "POST /api/agents/v1/repos/acme/slug/runs", Some(asked)).await;
            world.settle().await;
            assert_eq!(model.asked()[1]["model"], "m-2");
            let run = world.runs().await.pop().unwrap();
            let line = format!("POST /api/agents/v1/runs/{}/retry", run["id"].as_str().unwrap());
            world.json("alice", &line, Some(json!({}))).await;
            world.settle().await;
            assert_eq!(model.asked()[2]["model"], "m-1", "a retry is on the same snapshots");
            world.json("alice", &line, Some(json!({"refresh": true}))).await;
            world.settle().await;
            assert_eq!(model.asked()[3]["model"], "m-2");
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_may_bring_its_own_key_which_is_gone_when_it_has_ended() {
    on_each_with(
        |_| {},
        async |world| {
            let model = Model::that(mends()).await;
            let profile = json!({"url": model.url(), "model": "m", "key": KEY});
            world.json("erin", &format!("PUT {MODELS}/large"), Some(profile)).await;
            repository(&world, &[("stacks/fixer.yaml", &stack("large", ""))]).await;
            let asked = json!({"stack": "fixer", "prompt": "mend it", "key": OWN});
            let line = "POST /api/agents/v1/repos/acme/slug/runs";
            let run = world.json("alice", line, Some(asked)).await;
            assert_eq!(world.app.engine.models.brought().await.unwrap().len(), 1);
            world.settle().await;
            assert!(model.keys().iter().all(|key| *key == format!("Bearer {OWN}")), "{:?}", model.keys());
            let approval = world.asked().await.unwrap();
            assert_eq!(world.decide("bob", &approval, "deny").await.status, 200);
            world.settle().await;
            assert!(world.app.engine.models.brought().await.unwrap().is_empty(), "the run has ended");
            nowhere(&world, OWN, &[&world.transcript(&run).await, &run.to_string()]).await;
            let again = format!("POST /api/agents/v1/runs/{}/retry", run["id"].as_str().unwrap());
            world.json("alice", &again, Some(json!({}))).await;
            world.settle().await;
            let run = &world.runs().await[0];
            assert_eq!(run["reason"], "key_gone", "{run}");
            assert!(model.keys().iter().all(|key| !key.contains(KEY)), "never on the server's key");

            let alice = world.browser("alice").await;
            let form = [("stack", "fixer"), ("prompt", "again"), ("key", OWN), ("branch", "main")];
            alice.submit("/acme/slug/dispatch", &form).await;
            world.settle().await;
            assert_eq!(model.keys().last().unwrap(), &format!("Bearer {OWN}"));
            let refused = alice.post("/acme/slug/dispatch", &[("stack", "none"), ("prompt", "x"), ("key", OWN)]).await;
            assert!(refused.status >= 400, "{}", refused.text);
            world.settle().await;
            assert!(world.app.engine.models.brought().await.unwrap().is_empty());
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn policy_says_which_models_runs_may_use() {
    let model = Model::that(vec![finish()]).await;
    let world = World::begin().await;
    world.json("erin", &format!("PUT {MODELS}/large"), Some(json!({"url": model.url(), "model": "m"}))).await;
    let policy = ("policy.yaml", "models: [small]\n");
    repository(&world, &[("stacks/fixer.yaml", &stack("large", "")), policy]).await;
    let issue = world.issue("alice", "The greeting is odd").await;
    world.comment("alice", issue, "@fixer mend it").await;
    world.settle().await;
    let (decision, reason) = &world.decisions("mend").await[0];
    assert_eq!(decision, "refused");
    assert!(reason.contains("the policy of the repository lists the profiles"), "{reason}");
    assert!(model.asked().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_protocol_ends_a_run_in_a_pull_request() {
    on_each_with(
        |_| {},
        async |world| {
            repository(&world, &[("stacks/fixer.yaml", &stack("large", ""))]).await;
            for protocol in ["openai", "responses", "anthropic"] {
                let model = Model::that(mends()).await;
                let profile = json!({"protocol": protocol, "url": model.url(), "model": "m-1", "key": KEY});
                world.json("erin", &format!("PUT {MODELS}/large"), Some(profile)).await;
                let before = world.pulls().await.len();
                let run = ask(&world).await;
                assert_eq!(run["state"], "awaiting_approval", "{protocol}: {run}");
                let approval = world.asked().await.unwrap();
                assert_eq!(world.decide("bob", &approval, "approve").await.status, 200);
                world.settle().await;
                assert_eq!(world.pulls().await.len(), before + 1, "{protocol}");
                let keys = model
                    .heads()
                    .iter()
                    .filter(|(_, headers)| {
                        headers.values().any(|value| value.to_str().is_ok_and(|text| text.contains(KEY)))
                    })
                    .count();
                assert_eq!(keys, 3, "{protocol}");
            }
        },
    )
    .await;
}
