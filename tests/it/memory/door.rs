//! The brain of an organisation through the API: for those who may read it, and for nobody else.

use forgehand::kit::digest::Digest;
use forgehand::memory::snapshot::NewSnapshot;
use forgehand::memory::snapshot::Piece;
use forgehand::model::CommitId;
use serde_json::Value;
use serde_json::json;

use crate::driver::Clone;
use crate::driver::World;
use crate::memory::brain::document;
use crate::memory::brain::record;

const QUERY: &str = "GET /api/agents/v1/orgs/acme/memory/query";

async fn world() -> (World, Clone, String) {
    let world = World::begin().await;
    let made = json!({"name": "company-brain", "private": true});
    assert_eq!(world.ask("alice", "POST /api/v1/orgs/acme/repos", Some(made)).await.status, 201);
    let clone = world.clone_as("alice", "company-brain");
    clone.write(
        "runbooks/keys.md",
        &document("runbook:keys", "Runbook", "Rotate the keys", "related: [service:vault]\n", "# Keys\n\nTurn them.\n"),
    );
    clone.write(
        "runbooks/safe.md",
        &document("runbook:safe", "Runbook", "Where the keys are", "sensitivity: restricted\n", "Below the mat.\n"),
    );
    clone.write("graph/vault.yaml", &record("service:vault", "Service", "Vault", ""));
    let head = clone.push("main", "Start");
    world.settle().await;
    (world, clone, head)
}

fn ids(answer: &Value) -> Vec<&str> {
    answer["hits"].as_array().unwrap().iter().filter_map(|hit| hit["id"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_ask_and_strangers_hear_that_there_is_nothing() {
    let (world, _, head) = world().await;
    let answer = world.json("alice", &format!("{QUERY}?text=keys"), None).await;
    assert_eq!(ids(&answer), ["runbook:keys", "runbook:safe"], "{answer}");
    assert_eq!(answer["commit"], head.as_str());

    let foreign = world.ask("carol", &format!("{QUERY}?text=keys"), None).await;
    let none = world.ask("carol", "GET /api/agents/v1/orgs/nobody/memory/query?text=keys", None).await;
    assert_eq!((foreign.status, none.status), (404, 404));
    let without_id = |told: &str| told.split("request_id").next().unwrap().to_owned();
    assert_eq!(without_id(&foreign.text), without_id(&none.text));
    for path in ["records/runbook:keys", "snapshots/00000000000000000000000000000000"] {
        let line = format!("GET /api/agents/v1/orgs/acme/memory/{path}");
        assert_eq!(world.ask("carol", &line, None).await.status, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_role_may_not_see_is_left_out_and_counted() {
    let (world, _, _) = world().await;
    let reader = json!({"permission": "read"});
    let added = world.ask("alice", "PUT /api/v1/repos/acme/company-brain/collaborators/carol", Some(reader)).await;
    assert_eq!(added.status, 204, "{}", added.text);
    let answer = world.json("carol", &format!("{QUERY}?text=keys"), None).await;
    assert_eq!((ids(&answer), &answer["hidden"]), (vec!["runbook:keys"], &json!(1)), "{answer}");
    assert!(!answer.to_string().contains("mat"));
    let hidden = world.ask("carol", "GET /api/agents/v1/orgs/acme/memory/records/runbook:safe", None).await;
    assert_eq!(hidden.status, 404);
    assert!(!hidden.text.contains("keys are"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_comes_with_its_edges_and_its_age() {
    let (world, clone, _) = world().await;
    let blob = clone.git(&["rev-parse", "HEAD:runbooks/keys.md"]);
    let more = format!("cites: [\"@{blob}:runbooks/keys.md#L10-L12\"]\nreview: 2020-01-01\n");
    clone.write(
        "practices/turn.md",
        &document("practice:turn", "Practice", "Turning", &more, "As [[runbook:keys]] says.\n"),
    );
    clone.push("main", "Cite");
    let one = async || world.json("alice", "GET /api/agents/v1/orgs/acme/memory/records/practice:turn", None).await;
    let told = one().await;
    assert_eq!(told["stale"].as_array().unwrap().len(), 1, "only the day has passed: {told}");
    assert_eq!(told["related"]["edges"], json!([{"from": "practice:turn", "kind": "mentions", "to": "runbook:keys"}]));
    let text = document(
        "runbook:keys",
        "Runbook",
        "Rotate the keys",
        "related: [service:vault]\n",
        "# Keys\n\nNever turn them.\n",
    );
    clone.write("runbooks/keys.md", &text);
    clone.push("main", "Change what is cited");
    let told = one().await;
    assert_eq!(told["stale"][1]["says"], "`runbooks/keys.md` changed where it is cited", "{told}");
    let keys = world.json("alice", "GET /api/agents/v1/orgs/acme/memory/records/runbook:keys", None).await;
    let related: Vec<&str> =
        keys["related"]["records"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(related, ["practice:turn", "service:vault"], "{keys}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_stays_readable_when_the_brain_is_rewritten() {
    let (world, clone, head) = world().await;
    let commit: CommitId = head.parse().unwrap();
    let engine = &world.app.engine;
    let piece = Piece {
        citation: format!("{head}:runbooks/keys.md#L1-L9"),
        id: Some("runbook:keys".into()),
        title: "Rotate the keys".into(),
        digest: Digest::plain(b"x"),
        bytes: 1,
        why: vec!["kind `Runbook`".into()],
    };
    let new = NewSnapshot {
        organisation: "acme".parse().unwrap(),
        commit: commit.clone(),
        run: None,
        pieces: vec![piece],
        hidden: 0,
        taken: engine.clock.now(),
    };
    let taken = engine.memory.take(new).await.unwrap();
    let line = format!("GET /api/agents/v1/orgs/acme/memory/snapshots/{}", taken.id);
    assert_eq!(world.json("alice", &line, None).await["standing"], "current");

    clone.write("notes/more.md", "More.\n");
    clone.push("main", "Go on");
    assert_eq!(world.json("alice", &line, None).await["standing"], "behind");

    clone.git(&["checkout", "--quiet", "--orphan", "fresh"]);
    clone.git(&["commit", "--quiet", "--message", "Rewritten"]);
    clone.git(&["push", "--quiet", "--force", "origin", "HEAD:refs/heads/main"]);
    let told = world.json("alice", &line, None).await;
    assert_eq!((&told["standing"], &told["pieces"][0]["id"]), (&json!("rewritten"), &json!("runbook:keys")), "{told}");
    assert!(told["warning"].as_str().unwrap().contains("rewritten"));
    // Whatever sweeps the repository finds the commit on a ref, and it answers as before.
    let kept = engine.memory.repository(&"acme".parse().unwrap());
    assert_eq!(kept.find_ref(&format!("refs/forgehand/memory/{head}")).await.unwrap(), Some(commit));
    let answer = world.json("alice", &format!("{QUERY}?text=keys&ref={head}"), None).await;
    assert_eq!(answer["hits"][0]["id"], "runbook:keys");
}
