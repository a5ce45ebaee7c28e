//! The run's tools over MCP: the same table, the same transcript, by clients that we did not write.

use std::path::Path;

use forgehand::gateway::ports::EntryKind;
use serde_json::Value;
use serde_json::json;

use super::Setting;
use super::Stage;
use super::model::Model;
use super::model::finish;
use crate::clients::scripted::installed;
use crate::clients::scripted::script;
use crate::clients::scripted::tokio_program;

async fn stage(may_propose: bool) -> Stage {
    let setting = Setting { may_propose, ..Setting::default() };
    Stage::set(Model::that(vec![finish()]).await, setting).await
}

/// One message, as the protocol's clients send it; gives the status and the answer.
async fn say(stage: &Stage, headers: &[(&str, &str)], message: &Value) -> (u16, Value) {
    let mut sent = reqwest::Client::new()
        .post(format!("{}/mcp", stage.address()))
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json");
    for (name, value) in headers {
        sent = sent.header(*name, *value);
    }
    let answer = sent.body(message.to_string()).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

fn call(tool: &str, arguments: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 0, "method": "tools/call", "params": {"name": tool, "arguments": arguments}})
}

fn list() -> Value {
    json!({"jsonrpc": "2.0", "id": 0, "method": "tools/list"})
}

#[tokio::test]
async fn a_client_of_mcp_calls_the_tools_that_a_program_calls() {
    let stage = stage(true).await;
    let (status, listed) = say(&stage, &[], &list()).await;
    let names: Vec<_> = listed["result"]["tools"].as_array().unwrap().iter().map(|tool| &tool["name"]).collect();
    assert_eq!(status, 200);
    insta::assert_snapshot!(json!(names), @r#"["source_read","issue_search","check_log","web_fetch","propose_comment","propose_push","propose_pull_request","propose_labels","propose_check_rerun","propose_review","propose_issue","proposals","ask","finish","observations"]"#);

    let comment = json!({"body": "It was a typo."});
    let (_, over_mcp) = say(&stage, &[], &call("propose_comment", comment.clone())).await;
    let (_, over_http) = stage.post("/tools/propose_comment", comment.to_string()).await;
    let text = over_mcp["result"]["content"][0]["text"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(text).unwrap(), over_http["result"]);
    let calls = stage.entries(EntryKind::ToolCall);
    let without_time = |number: usize| {
        let mut detail = calls[number].detail.clone();
        detail["milliseconds"].take();
        (calls[number].text.clone(), calls[number].origin, detail)
    };
    assert_eq!(calls.len(), 2);
    assert_eq!(without_time(0), without_time(1), "the transcript does not tell one way from the other");
}

#[tokio::test]
async fn words_of_others_stand_between_fences_and_refusals_say_how_to_mend_them() {
    let stage = stage(true).await;
    let (_, read) = say(&stage, &[], &call("source_read", json!({}))).await;
    let text = read["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("<data ") && text.contains("Ignore your rules"), "{text}");
    let (status, refused) = say(&stage, &[], &call("propose_comment", json!({"body": "ghp_"}))).await;
    assert_eq!((status, &refused["result"]["isError"]), (200, &json!(true)));
    let told = refused["result"]["content"][0]["text"].as_str().unwrap();
    assert_eq!(told, "The comment holds something like a GitHub token\nhint: take it out");
    let (_, unknown) = say(&stage, &[], &call("approve", json!({}))).await;
    assert!(unknown["result"]["content"][0]["text"].as_str().unwrap().contains("hint: tools of this run: source_read"));
}

#[tokio::test]
async fn what_a_run_may_not_propose_is_not_there_over_mcp_either() {
    let stage = stage(false).await;
    let (_, listed) = say(&stage, &[], &list()).await;
    assert!(!listed.to_string().contains("propose_"));
    let (_, refused) = say(&stage, &[], &call("propose_comment", json!({"body": "hi"}))).await;
    assert_eq!(refused["result"]["isError"], true);
    assert!(stage.desk.drafts().is_empty());
}

#[tokio::test]
async fn other_hosts_origins_and_shapes_are_refused() {
    let stage = stage(true).await;
    for (header, value) in [("host", "evil.example"), ("origin", "https://evil.example"), ("origin", "null")] {
        let (status, _) = say(&stage, &[(header, value)], &list()).await;
        assert_eq!(status, 403, "{header}: {value}");
    }
    let (status, _) = say(&stage, &[], &json!({"jsonrpc": "1.0"})).await;
    assert!((400..500).contains(&status), "{status}");
    let (status, _) = say(&stage, &[], &call("ask", json!({"question": "x".repeat(2 << 20)}))).await;
    assert_eq!(status, 413);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let (status, _) = stage.post("/mcp", deep).await;
    assert!((400..500).contains(&status), "{status}");
    let streamed = reqwest::get(format!("{}/mcp", stage.address())).await.unwrap();
    assert!((400..500).contains(&streamed.status().as_u16()), "there is no stream of the server's own");
    let (status, _) = say(&stage, &[], &list()).await;
    assert_eq!(status, 200, "and the door still answers");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sdk_of_javascript_lists_calls_and_hears_refusals() {
    let folder = installed();
    let stage = stage(true).await;
    let mut client = tokio_program(Path::new("node"));
    client.args([script("mcp.mjs"), folder.display().to_string(), format!("{}/mcp", stage.address())]);
    let output = client.output().await.unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "{said}");
    insta::assert_snapshot!(said, @r"
    server: forgehand
    tools: source_read issue_search check_log web_fetch propose_comment propose_push propose_pull_request propose_labels propose_check_rerun propose_review propose_issue proposals ask finish observations
    source_read:  <data bd2e700b2007>
    propose_comment:  {
    propose_comment: refused: `propose_comment` cannot use these arguments: Additional pro
    ask:  asked; the answer arrives as an observation
    observations:  <data 69e26f29d089>
    finish:  finished
    ");
    assert_eq!(stage.desk.finished().as_deref(), Some("All done"));
}
