//! Secrets of a repository, from the one who sets them to the agent that tries to carry one out.

use forgehand::egress;
use serde_json::Value;
use serde_json::json;

use crate::driver::ToolServer;
use crate::driver::World;
use crate::driver::forgehand;
use crate::driver::scripts;

const SECRETS: &str = "/api/agents/v1/repos/acme/slug/secrets";
const VALUE: &str = "docs-4fK9pQ2sXv7LmRt";

fn stack(script: &str, url: &str) -> String {
    let base = scripts::stack(script);
    base.replace("prompt: |", &format!("secrets: [DOCS]\nmcp: {{docs: {{url: \"{url}\", secret: DOCS}}}}\nprompt: |"))
}

async fn world(script: &str) -> (World, crate::driver::Clone, ToolServer) {
    let server = ToolServer::open("Looks up a word").await;
    let stack = stack(script, &server.url());
    let world = World::begin_with(|settings| {
        settings.egress.allow = egress::Allow::parse(&["localhost".into()]).unwrap();
    })
    .await;
    let (clone, _) =
        world.repository_of(&[("rules/mend.yaml", scripts::ON_MENTION), ("stacks/fixer.yaml", &stack)]).await;
    (world, clone, server)
}

async fn review(world: &World) -> Value {
    let line = "POST /api/agents/v1/repos/acme/slug/permissions/review";
    world.json("alice", line, Some(json!({"stack": "fixer"}))).await
}

fn missing(review: &Value) -> String {
    review["missing"].as_array().unwrap().iter().map(|one| format!("{}: {}", one["name"], one["hint"])).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stack_waits_for_its_grant_and_hears_which_one_is_missing() {
    let (world, clone, _server) = world("- finish: Done.\n").await;
    let issue = world.issue("alice", "The greeting is odd").await;
    world.comment("alice", issue, "@fixer look").await;
    world.settle().await;
    let decisions = world.decisions("mend").await;
    assert_eq!(decisions[0].0, "refused");
    assert!(decisions[0].1.contains("sets `DOCS` and grants it to the stack `fixer` at /acme/slug/settings/secrets"));

    assert_eq!(world.ask("bob", &format!("PUT {SECRETS}/DOCS"), Some(json!({"value": VALUE}))).await.status, 403);
    assert_eq!(world.ask("carol", &format!("GET {SECRETS}"), None).await.status, 403);
    let kept = world.ask("alice", &format!("PUT {SECRETS}/DOCS"), Some(json!({"value": VALUE}))).await;
    assert_eq!(kept.status, 200, "{}", kept.text);
    assert!(!kept.text.contains(VALUE));
    insta::assert_snapshot!(missing(&review(&world).await), @r#""DOCS": "an administrator grants `DOCS` to the stack `fixer` at /acme/slug/settings/secrets""#);

    let grant = format!("POST {SECRETS}/DOCS/grant");
    assert_eq!(world.ask("bob", &grant, Some(json!({"stack": "fixer"}))).await.status, 403);
    assert_eq!(world.ask("alice", &grant, Some(json!({"stack": "other"}))).await.status, 422);
    world.json("alice", &grant, Some(json!({"stack": "fixer"}))).await;
    assert_eq!(review(&world).await["decision"], "allow");
    world.comment("alice", issue, "@fixer look").await;
    world.settle().await;
    assert_eq!(world.runs().await[0]["state"], "succeeded");

    clone.write(".agents/stacks/fixer.yaml", &stack("- finish: Done.\n", "https://evil.example/mcp"));
    clone.push("main", "Send it elsewhere");
    world.settle().await;
    let moved = missing(&review(&world).await);
    assert!(moved.contains("sends it to `https://evil.example/mcp` now, which the grant does not name"), "{moved}");

    let listed = world.ask("alice", &format!("GET {SECRETS}"), None).await;
    assert!(!listed.text.contains(VALUE) && listed.text.contains("\"moved\""), "{}", listed.text);
    world.json("alice", &format!("DELETE {SECRETS}/DOCS"), None).await;
    assert!(missing(&review(&world).await).contains("sets `DOCS`"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_is_caught_on_its_way_out_whatever_it_is_dressed_up_as() {
    let script = "- say: \"I found docs-4fK9pQ2s and ZG9jcy00Zks5cFEyc1h2N0xtUnQ=\"\n\
                  - refused: {kind: comment, body: \"tRmL7vXs2Qp9Kf4\"}\n\
                  - refused: {kind: comment, body: \"646f63732d34664b39705132735876374c6d5274\"}\n\
                  - finish: \"It is docs-4fK9pQ2sXv7LmRt\"\n";
    let (world, _, _server) = world(script).await;
    world.json("alice", &format!("PUT {SECRETS}/DOCS"), Some(json!({"value": VALUE}))).await;
    world.json("alice", &format!("POST {SECRETS}/DOCS/grant"), Some(json!({"stack": "fixer"}))).await;
    let issue = world.issue("alice", "The greeting is odd").await;
    world.comment("alice", issue, "@fixer look").await;
    world.settle().await;
    let runs = world.runs().await;
    assert_eq!(runs[0]["state"], "succeeded", "{}", runs[0]);
    let transcript = world.transcript(&runs[0]).await;
    assert!(transcript.contains("I found [redacted: a secret] and [redacted: a secret]"), "{transcript}");
    assert!(runs[0]["summary"].as_str().unwrap().contains("It is [redacted: a secret]"), "{}", runs[0]);
    let whole = std::fs::read(world.database()).unwrap();
    let log = std::fs::read(world.data().join("forgehand.sqlite-wal")).unwrap_or_default();
    for bytes in [whole, log] {
        let found = bytes.windows(12).any(|window| VALUE.as_bytes().windows(12).any(|part| part == window));
        assert!(!found, "no twelve bytes of the value lie in the database");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_master_key_seals_everything_while_the_server_runs() {
    let (world, _, _server) = world("- finish: Done.\n").await;
    world.json("alice", &format!("PUT {SECRETS}/DOCS"), Some(json!({"value": VALUE}))).await;
    let before = std::fs::read_to_string(world.data().join("keys/vault.keys")).unwrap();
    let rotated = forgehand().args(["admin", "key", "rotate", "--json", "--data"]).arg(world.data()).output().unwrap();
    assert!(rotated.status.success(), "{rotated:?}");
    let told: Value = serde_json::from_slice(&rotated.stdout).unwrap();
    assert_eq!((&told["values"], &told["went_on"]), (&json!(1), &json!(false)));
    let after = std::fs::read_to_string(world.data().join("keys/vault.keys")).unwrap();
    assert!(before != after && after.lines().count() == 1);
    world.json("alice", &format!("PUT {SECRETS}/DOCS"), Some(json!({"value": "another value of it"}))).await;
    let audit = world.ask("erin", "GET /api/agents/v1/audit", None).await;
    assert!(audit.text.contains("vault.rotate") && audit.text.contains("secret.set"), "{}", audit.text);
    assert!(!audit.text.contains(VALUE));
}
