//! What an agent may not propose, and that it hears why.

use crate::driver::World;
use crate::driver::scripts;

/// Plays a script whose proposals must be refused; gives the transcript.
async fn refused(change: &str) -> String {
    let script = format!(
        "{change}\n- refused: {{kind: pull_request, title: A change, body: Of the agent}}\n- finish: It was refused.\n"
    );
    let (world, _, head) = World::with(scripts::ON_FAILED_CHECK, &script).await;
    world.check_fails(&head).await;
    world.settle().await;
    assert!(world.asked().await.is_none(), "nobody is asked about what was refused");
    let runs = world.runs().await;
    assert_eq!(runs[0]["summary"], "It was refused.", "{runs:?}");
    assert!(world.pulls().await.is_empty());
    world.transcript(&runs[0]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_cannot_propose_its_own_rules() {
    let said = refused("- write: {path: .agents/rules/all.yaml, content: \"state: active\"}").await;
    assert!(said.contains(".agents/rules/all.yaml") && said.contains("configures agents"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_cannot_propose_files_of_ci() {
    let said = refused("- write: {path: .github/workflows/all.yml, content: \"on: push\"}").await;
    assert!(said.contains(".github/workflows/all.yml"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_cannot_propose_a_link() {
    let said = refused("- run: {command: \"ln -s /etc/passwd users\", expect_exit: 0}").await;
    assert!(said.contains("`users`") && said.contains("it is a symbolic link"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_cannot_propose_what_looks_like_a_secret() {
    // Made of two parts, so that nobody takes this file for a leak.
    let token = format!("ghp_{}", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8");
    let said = refused(&format!("- write: {{path: key.txt, content: \"{token}\"}}")).await;
    assert!(said.contains("looks like"), "{said}");
}
