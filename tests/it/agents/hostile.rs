//! An agent that wants more than its tools: the door bounds what it takes and never falls over.

use std::io::Read as _;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;

use forgehand::gateway::ports::Origin;
use serde_json::json;

use super::Stage;
use super::model::Model;
use super::model::finish;

async fn stage() -> Stage {
    Stage::with(Model::that(vec![finish()]).await).await
}

#[tokio::test]
async fn bad_requests_are_told_what_is_wrong() {
    let stage = stage().await;
    let long = "x".repeat(9 << 20);
    for (path, body, status, code) in [
        ("/tools/rm_rf", "{}", 404, "UNKNOWN_TOOL"),
        ("/tools/..%2f..%2fadmin", "{}", 404, "UNKNOWN_TOOL"),
        ("/tools/ask", "{not json", 422, "BAD_ARGUMENTS"),
        ("/tools/ask", "[1]", 422, "BAD_ARGUMENTS"),
        ("/tools/ask", &long, 413, "TOO_LARGE"),
        ("/tools/observations", r#"{"wait_seconds": 9999}"#, 422, "BAD_ARGUMENTS"),
        ("/tools/fail", r#"{"code": "approved", "message": "x"}"#, 422, "INVALID"),
        ("/v1/chat/completions", "{}", 422, "invalid_request"),
        ("/v1/chat/completions", &long, 413, "invalid_request"),
        ("/transcript", &long, 413, "TOO_LARGE"),
        ("/admin", "", 404, "NOT_FOUND"),
    ] {
        let (told, answer) = stage.post(path, body.to_owned()).await;
        assert_eq!((told, answer["error"]["code"].as_str()), (status, Some(code)), "{path}: {answer}");
    }
    let nested = "[".repeat(100_000);
    assert_eq!(stage.post("/tools/ask", nested).await.0, 422);
    assert!(stage.model.asked().is_empty());
}

#[tokio::test]
async fn an_agent_cannot_speak_for_the_gateway_or_without_end() {
    let stage = stage().await;
    let forged = json!({"kind": "model_call", "text": "0 tokens"}).to_string();
    assert_eq!(stage.post("/transcript", forged).await.0, 422);
    let long = json!({"kind": "message", "text": "ä".repeat(60_000), "detail": "x"}).to_string();
    assert_eq!(stage.post("/transcript", long).await.0, 200);
    let entry = stage.desk.entries().pop().unwrap();
    assert_eq!(entry.origin, Origin::Agent);
    assert!(entry.text.len() <= 64 << 10 && entry.detail.is_object());
    let many = json!(vec![json!({"kind": "message", "text": "x"}); 300]).to_string();
    let (status, answer) = stage.post("/transcript", many).await;
    assert_eq!((status, answer["error"]["message"].as_str()), (429, Some("The transcript of this attempt is full")));
    assert_eq!(stage.desk.entries().len(), 200);
}

#[tokio::test]
async fn bytes_that_are_no_http_harm_nobody() {
    let stage = stage().await;
    let socket = stage.open.socket().to_owned();
    let odd = tokio::task::spawn_blocking(move || {
        for bytes in
            [&b"\0\xff\r\n\r\n"[..], b"GET / HTTP/9.9\r\n\r\n", b"POST /task HTTP/1.1\r\ncontent-length: -5\r\n\r\n"]
        {
            let mut stream = UnixStream::connect(&socket).unwrap();
            stream.write_all(bytes).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            assert!(!answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
        }
    });
    odd.await.unwrap();
    let task = reqwest::get(format!("{}/task", stage.address())).await.unwrap();
    assert_eq!(task.status(), 200);
}

#[tokio::test]
async fn the_door_is_for_one_attempt_and_goes_with_it() {
    let stage = stage().await;
    let folder = std::fs::metadata(stage.open.socket().parent().unwrap()).unwrap();
    assert_eq!(folder.permissions().mode() & 0o777, 0o700, "others of the machine do not reach it");
    let task: serde_json::Value =
        reqwest::get(format!("{}/task", stage.address())).await.unwrap().json().await.unwrap();
    assert!(!task.to_string().contains(super::KEY) && !task.to_string().contains(stage.model.url()));
    let socket = stage.open.socket().to_owned();
    stage.open.close().await;
    assert!(!socket.exists());
}
