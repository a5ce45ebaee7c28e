//! A server that stops or dies while an agent works: what was done is saved, and the run goes on from there.

use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

use crate::driver::Clone;
use crate::driver::Server;
use crate::driver::forgehand;
use crate::driver::scripts;

/// Works for a while, and goes on by looking at what is there.
const SCRIPT: &str = r#"- write: {path: notes.md, content: "half of it"}
- run: {command: "echo remembered > /home/agent/memory"}
- say: Half is done.
- run: {command: "sleep 50"}
- resumed
- run: {command: "cat notes.md /home/agent/memory", expect_exit: 0}
- propose: {kind: comment, body: I went on.}
- finish: The other half is done.
"#;

const RUNS: &str = "GET /api/agents/v1/runs";

struct Begun {
    _home: TempDir,
    data: PathBuf,
    token: String,
    server: Server,
    run: String,
}

/// A server with a run whose agent has done half of its work, and the work saved.
async fn half_done() -> Begun {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let say = |words: &[&str]| {
        let output = forgehand().args(words).arg("--data").arg(&data).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    #[expect(clippy::disallowed_methods, reason = "a password is typed into the command")]
    let mut shell = std::process::Command::new("sh");
    let line = "echo a-long-password | \"$0\" admin user add alice --password-stdin --data \"$1\"";
    shell.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
    assert!(shell.args(["-c", line, env!("CARGO_BIN_EXE_forgehand")]).arg(&data).output().unwrap().status.success());
    let token = say(&["admin", "token", "add", "alice", "--scope", "all"]);
    let server = Server::start(&data);
    server.ask(&token, "POST /api/v1/user/repos", json!({"name": "slug"})).await.unwrap();
    let address = server.address.replace("http://", &format!("http://alice:{token}@"));
    let clone = Clone::of(&format!("{address}/alice/slug.git"), home.path().join("clone"));
    clone.write("greet.sh", "echo Helo\n");
    clone.write(".agents/rules/mend.yaml", scripts::ON_MENTION);
    clone.write(".agents/stacks/fixer.yaml", &scripts::stack(SCRIPT));
    clone.push("main", "Start");
    let issue = json!({"title": "The greeting is odd", "body": ""});
    server.ask(&token, "POST /api/v1/repos/alice/slug/issues", issue).await.unwrap();
    let comment = json!({"body": "@fixer look"});
    server.ask(&token, "POST /api/v1/repos/alice/slug/issues/1/comments", comment).await.unwrap();
    let runs = server.until(&token, RUNS, |told| told["runs"][0]["state"] == "running").await;
    let run = runs["runs"][0]["id"].as_str().unwrap().to_owned();
    let saved = |told: &Value| told["attempts"][0]["saved"]["files"] == 1;
    server.until(&token, &attempts(&run), saved).await;
    Begun { _home: home, data, token, server, run }
}

fn attempts(run: &str) -> String {
    format!("GET /api/agents/v1/runs/{run}/attempts")
}

/// The next server takes the run on, and its agent finds what it had written.
async fn goes_on(data: PathBuf, token: &str, run: &str, reason: &str) {
    let server = Server::start(&data);
    let ended = |told: &Value| told["runs"][0]["state"] == "awaiting_approval" || !told["runs"][0]["reason"].is_null();
    let runs = server.until(token, RUNS, ended).await;
    assert_eq!(runs["runs"][0]["state"], "awaiting_approval", "{runs}");
    let told = server.until(token, &attempts(run), |told| told["attempts"][1]["state"] == "ended").await;
    assert_eq!(told["attempts"][0]["reason"], json!(reason), "{told}");
    assert_eq!((&told["attempts"][1]["kind"], &told["attempts"][1]["reason"]), (&json!("resume"), &json!("done")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_nothing_of_what_an_agent_did() {
    let Begun { _home, data, token, server, run } = half_done().await;
    server.kill();
    goes_on(data, &token, &run, "lost").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_in_order_lets_its_runs_go_on_later() {
    let Begun { _home, data, token, server, run } = half_done().await;
    server.stop();
    goes_on(data, &token, &run, "interrupted").await;
}
