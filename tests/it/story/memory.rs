//! Runs read the company brain at a commit, and what they want remembered waits for people.

use serde_json::Value;
use serde_json::json;

use crate::driver::Clone;
use crate::driver::World;
use crate::driver::scripts;

const RUNBOOK: &str = "---\nid: runbook:greeting\nkind: Runbook\ntitle: Mend the greeting\nstatus: active\nowners: [\"@alice\"]\n\
     updated: 2026-10-01\n---\n# Mend the greeting\n\nThe greeting is English.\n";

const SECRET: &str = "---\nid: runbook:safe\nkind: Runbook\ntitle: The greeting of the safe\nstatus: active\nowners: [\"@alice\"]\n\
     updated: 2026-10-01\nsensitivity: restricted\n---\nThe greeting opens below the mat.\n";

const REMEMBERS: &str = r##"- call: {tool: memory_search, arguments: {text: greeting}, says: "The greeting is English"}
- call: {tool: memory_read, arguments: {path: runbooks/greeting.md}, says: "Mend the greeting"}
- refused: {kind: memory, title: Nothing, body: It says so, changes: [{path: ../x.md, text: hm}]}
- propose: {kind: memory, title: Greet in English, body: The runbook says so., changes: [{path: notes/greeting.md, text: "# Greeting\n\nHello, never Helo.\n"}]}
- propose: {kind: comment, body: I remember it now.}
- finish: It is remembered.
"##;

fn stack(script: &str, more: &str) -> String {
    let stack = scripts::stack(script).replace("comment: ask", "comment: allow, memory: ask");
    format!("tools: [source, memory]\n{more}{stack}")
}

/// A brain with a runbook and something that agents may not see, and a repository whose agent reads it.
async fn world(more: &str) -> (World, Clone) {
    let (world, _, _) =
        World::holding(&[("rules/mend.yaml", scripts::ON_MENTION), ("stacks/fixer.yaml", &stack(REMEMBERS, more))])
            .await;
    let made = json!({"name": "company-brain"});
    world.json("alice", "POST /api/v1/orgs/acme/repos", Some(made)).await;
    let brain = world.clone_as("bob", "company-brain");
    brain.write("runbooks/greeting.md", RUNBOOK);
    brain.write("runbooks/safe.md", SECRET);
    brain.push("main", "Begin");
    world.settle().await;
    (world, brain)
}

async fn run(world: &World) -> Value {
    let issue = world.issue("alice", "The greeting is odd").await;
    world.comment("alice", issue, "@fixer mend the greeting").await;
    world.settle().await;
    world.runs().await.remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_reads_the_brain_and_what_it_learnt_becomes_a_pull_request() {
    let (world, brain) = world("").await;
    let run = run(&world).await;
    assert_eq!(run["state"], "awaiting_approval", "{run}\n{}", world.transcript(&run).await);
    assert_eq!(run["trusted"], false, "whoever read the brain acts with a person only: {run}");
    let id = run["id"].as_str().unwrap();
    let context = world.ask("alice", &format!("GET /api/agents/v1/runs/{id}/context"), None).await.text;
    assert!(context.contains("runbook:greeting") && context.contains("runbooks/greeting.md#L"), "{context}");
    let transcript = world.transcript(&run).await;
    for text in [&context, &transcript] {
        assert!(!text.contains("below the mat"), "what is hidden is shown nowhere");
    }

    let approval = world.asked().await.expect("people are asked");
    let told =
        world.ask("bob", &format!("GET /api/agents/v1/approvals/{}", approval["id"].as_str().unwrap()), None).await;
    assert!(told.text.contains("Hello, never Helo") && told.text.contains("company-brain"), "{}", told.text);
    let before = brain.git(&["ls-remote", "origin", "refs/heads/main"]);
    assert_eq!(world.decide("bob", &approval, "approve").await.status, 200);
    world.settle().await;
    let pulls = world.json("alice", "GET /api/v1/repos/acme/company-brain/pulls", None).await;
    assert_eq!(pulls[0]["title"], "Greet in English", "{pulls}");
    assert_eq!(brain.git(&["ls-remote", "origin", "refs/heads/main"]), before, "a person merges, nobody else");
    let head = pulls[0]["head"]["sha"].as_str().unwrap();
    let status =
        world.json("alice", &format!("GET /api/v1/repos/acme/company-brain/commits/{head}/status"), None).await;
    assert_eq!(status["state"], "success", "the check of the brain looked at it: {status}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stack_that_requires_a_brain_is_refused_without_one() {
    let more = "memory: {required: true}\n";
    let (world, _, _) =
        World::holding(&[("rules/mend.yaml", scripts::ON_MENTION), ("stacks/fixer.yaml", &stack(REMEMBERS, more))])
            .await;
    let issue = world.issue("alice", "The greeting is odd").await;
    world.comment("alice", issue, "@fixer mend the greeting").await;
    world.settle().await;
    assert!(world.runs().await.is_empty());
    let (decision, why) = world.decisions("mend").await.remove(0);
    assert_eq!(decision, "refused");
    assert!(why.contains("company brain"), "{why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_record_fails_the_check_of_its_pull_request() {
    let (world, brain) = world("").await;
    brain.git(&["checkout", "--quiet", "-b", "broken"]);
    brain.write(
        "runbooks/broken.md",
        &RUNBOOK.replace("runbook:greeting", "runbook:broken").replace("Runbook", "Runbok"),
    );
    let head = brain.push("broken", "Break it");
    let pull = json!({"title": "Break it", "head": "broken", "base": "main"});
    world.json("alice", "POST /api/v1/repos/acme/company-brain/pulls", Some(pull)).await;
    world.settle().await;
    let status =
        world.json("alice", &format!("GET /api/v1/repos/acme/company-brain/commits/{head}/status"), None).await;
    assert_eq!(status["state"], "failure", "{status}");
    assert!(status.to_string().contains("runbooks/broken.md:3:"), "{status}");
}
