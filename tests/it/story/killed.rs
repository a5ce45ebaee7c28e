//! A server that dies at any line loses nothing that was acknowledged, and does nothing twice.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use serde_json::json;

use crate::driver::Demo;

const APPROVALS: &str = "/api/agents/v1/approvals?state=open";
const RUNS: &str = "/api/agents/v1/runs";
const PULLS: &str = "/api/v1/repos/acme/slug/pulls?state=all";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_story_that_is_killed_anywhere_ends_in_one_pull_request() {
    for killed_after in [200, 450, 700, 1_000] {
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("data");
        Demo::cut_off(&data, Duration::from_millis(killed_after));

        let mut demo = Demo::start(&data);
        let approval = demo.until(APPROVALS, |told| told["approvals"][0]["id"].as_str().map(str::to_owned)).await;
        let decision = json!({ "decision": "approve", "reason": "it is right" });
        let decided = demo.ask(Method::POST, &format!("/api/agents/v1/approvals/{approval}/decision"), decision).await;
        assert_eq!(decided["effects"][0]["state"], "approved", "killed after {killed_after} ms: {decided}");

        // Between the acknowledged decision and what follows from it.
        let mut demo = demo.killed_and_started();
        let ended = |told: &Value| {
            let states: Vec<&str> = told["runs"].as_array()?.iter().filter_map(|run| run["state"].as_str()).collect();
            states.iter().all(|state| ["succeeded", "failed", "lost"].contains(state)).then(|| states.join(" "))
        };
        let states = demo.until(RUNS, ended).await;
        assert_eq!(states, "succeeded", "killed after {killed_after} ms");
        let pulls = demo.ask(Method::GET, PULLS, Value::Null).await;
        assert_eq!(pulls.as_array().map(Vec::len), Some(1), "killed after {killed_after} ms: {pulls}");
        assert!(demo.audit_is_good(), "killed after {killed_after} ms");
    }
}
