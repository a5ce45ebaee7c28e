//! Every kind of event reaches a rule that watches it, and no other.

use reqwest::StatusCode;
use serde_json::json;

use crate::driver::World;
use crate::driver::scripts;

const REPO: &str = "/api/v1/repos/acme/slug";

/// A rule for each kind of event that happens in these stories.
const RULES: [(&str, &str); 6] = [
    ("labelled", "label: {name: [agent]}"),
    ("opened", "issue: {actions: [opened]}"),
    ("proposed", "pull_request: {actions: [opened, synchronize]}"),
    ("pushed", "push: {branch: [release]}"),
    ("failed", "check: {conclusion: [failure], name: [test]}"),
    ("asked", "manual: {}"),
];

fn rule(on: &str) -> String {
    format!(
        "description: For a story\nstate: active\non:\n  {on}\nwho: {{role: write}}\nstack: fixer\ntask: look\n\
         prompt: \"{{{{ event }}}}\"\n"
    )
}

/// How often each rule dispatched, in the order of [`RULES`].
async fn dispatched(world: &World) -> [usize; 6] {
    let mut counts = [0; 6];
    for (count, (name, _)) in counts.iter_mut().zip(RULES) {
        *count = world.decisions(name).await.iter().filter(|(decision, _)| decision == "dispatched").count();
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_kind_of_event_dispatches_by_its_rule_alone() {
    let stack = scripts::stack("- finish: I saw it.\n");
    let mut files = vec![("stacks/fixer.yaml".to_owned(), stack)];
    files.extend(RULES.map(|(name, on)| (format!("rules/{name}.yaml"), rule(on))));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let (world, clone, head) = World::holding(&files).await;
    assert_eq!(dispatched(&world).await, [0; 6], "the first push is to another branch than the rule waits for");

    let issue = world.issue("alice", "The greeting is odd").await;
    world.settle().await;
    assert_eq!(dispatched(&world).await, [0, 1, 0, 0, 0, 0], "an issue was opened");

    for label in ["agent", "later"] {
        world.json("alice", &format!("POST {REPO}/labels"), Some(json!({"name": label, "color": "#00aabb"}))).await;
    }
    world.json("alice", &format!("POST {REPO}/issues/{issue}/labels"), Some(json!({"labels": ["later"]}))).await;
    world.settle().await;
    assert_eq!(dispatched(&world).await, [0, 1, 0, 0, 0, 0], "another label was put on");
    world.json("alice", &format!("POST {REPO}/issues/{issue}/labels"), Some(json!({"labels": ["agent"]}))).await;
    world.settle().await;
    assert_eq!(dispatched(&world).await, [1, 1, 0, 0, 0, 0], "the label was put on");

    clone.git(&["checkout", "--quiet", "-b", "topic"]);
    clone.write("topic.sh", "true\n");
    clone.push("topic", "A topic");
    world.settle().await;
    assert_eq!(dispatched(&world).await, [1, 1, 0, 0, 0, 0], "a branch moved that no rule waits for");
    let pull = json!({"title": "A topic", "head": "topic", "base": "main"});
    world.json("alice", &format!("POST {REPO}/pulls"), Some(pull)).await;
    world.settle().await;
    assert_eq!(dispatched(&world).await, [1, 1, 1, 0, 0, 0], "a pull request was opened");
    clone.write("topic.sh", "false\n");
    let topic = clone.push("topic", "More");
    world.settle().await;
    assert_eq!(dispatched(&world).await, [1, 1, 2, 0, 0, 0], "its head moved");

    clone.git(&["push", "--quiet", "origin", "HEAD:refs/heads/release"]);
    world.settle().await;
    assert_eq!(dispatched(&world).await, [1, 1, 2, 1, 0, 0], "a branch moved");

    for state in ["pending", "success"] {
        let status = json!({"state": state, "context": "test"});
        world.json("ci", &format!("POST {REPO}/statuses/{head}"), Some(status)).await;
    }
    world.settle().await;
    assert_eq!(dispatched(&world).await, [1, 1, 2, 1, 0, 0], "a status was posted that is no failure");
    world.check_fails(&topic).await;
    world.settle().await;
    assert_eq!(dispatched(&world).await, [1, 1, 2, 1, 1, 0], "a status failed");

    let by_hand = json!({"stack": "fixer", "prompt": "look", "source": {"ref": "topic"}});
    let line = "POST /api/agents/v1/repos/acme/slug/runs";
    let told = world.ask("bob", line, Some(by_hand.clone())).await;
    assert_eq!(told.status, StatusCode::CREATED.as_u16(), "{}", told.text);
    world.settle().await;
    assert_eq!(dispatched(&world).await, [1, 1, 2, 1, 1, 1], "a person asked");
    assert_eq!(world.ask("carol", line, Some(by_hand)).await.status, 403, "a stranger may not ask");
    assert_eq!(world.ask("ci", line, Some(json!({"stack": "nobody"}))).await.status, 422, "there is no such stack");

    let runs = world.runs().await;
    assert_eq!(runs.len(), 7, "{runs:?}");
    assert!(runs.iter().all(|run| run["state"] == "succeeded"), "{runs:?}");
    let (_, why) = world
        .decisions("labelled")
        .await
        .into_iter()
        .find(|(said, why)| said == "skipped" && why.contains("later"))
        .unwrap();
    assert!(why.contains("agent"), "what it waits for is said too: {why}");
}
