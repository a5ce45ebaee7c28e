//! Where there is no sandbox, no agent runs, and everybody who wonders hears why and what would mend it.

use serde_json::Value;
use serde_json::json;

use crate::driver::Clone;
use crate::driver::Server;
use crate::driver::Told;
use crate::driver::forgehand;
use crate::driver::scripts;

const AGENTS: &str = "/api/agents/v1";

/// A person with a token on a new data directory.
fn person(data: &std::path::Path) -> String {
    use std::io::Write as _;
    let admin = |words: &[&str]| {
        let mut command = forgehand();
        command.arg("admin").args(words).arg("--data").arg(data).stdin(std::process::Stdio::piped());
        let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"a-long-password").unwrap();
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().trim().to_owned()
    };
    admin(&["user", "add", "alice", "--password-stdin"]);
    admin(&["token", "add", "alice", "--scope", "all"])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_bubblewrap_runs_are_refused_with_the_reason() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let alice = person(&data);
    let ask =
        async |server: &Server, line: &str, body: Value| -> Told { server.ask(&alice, line, body).await.unwrap() };

    // Nobody takes this run from the queue before the server is gone.
    let server = Server::with_runners(&data, 0);
    ask(&server, "POST /api/v1/user/repos", json!({"name": "slug"})).await;
    let address = server.address.replace("http://", &format!("http://alice:{alice}@"));
    let clone = Clone::of(&format!("{address}/alice/slug.git"), home.path().join("clone"));
    clone.write(".agents/stacks/fixer.yaml", &scripts::stack("- finish: Done.\n"));
    clone.push("main", "Start");
    let dispatch = format!("POST {AGENTS}/repos/alice/slug/runs");
    let waits = ask(&server, &dispatch, json!({"stack": "fixer"})).await;
    assert_eq!((waits.status, &waits.json()["state"]), (201, &"queued".into()), "{}", waits.text);
    let run = waits.json()["id"].as_str().unwrap().to_owned();
    server.kill();

    let mut server = Server::without_bubblewrap(&data);
    let said = server.says("sandbox").expect("it says that agents are refused");
    assert!(said.contains("`bwrap` is not installed") && said.contains("bubblewrap"), "{said}");
    let refused = ask(&server, &dispatch, json!({"stack": "fixer"})).await;
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (422, &"DISPATCH_REFUSED".into()));
    assert!(refused.text.contains("`bwrap` is not installed"), "{}", refused.text);

    let waited = server.until(&alice, &format!("GET {AGENTS}/runs/{run}"), |run| run["state"] == "refused").await;
    assert_eq!(waited["reason"], "sandbox_missing", "{waited}");
    assert!(waited["summary"].as_str().unwrap().contains("`bwrap` is not installed"), "{waited}");
    let attempts = ask(&server, &format!("GET {AGENTS}/runs/{run}/attempts"), Value::Null).await.json();
    assert_eq!(attempts["attempts"][0]["state"], "ended", "{attempts}");
    server.kill();
}
