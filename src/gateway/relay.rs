//! Passes a model's answer on to the agent, whole or as a stream, line by line, and books it when it ends, however it
//! ends. A stream is relayed by a task of its own, so that an agent that goes away does not leave a call unbooked.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::body::Bytes;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;

use crate::gateway::answer;
use crate::gateway::chat;
use crate::gateway::chat::Call;
use crate::gateway::door::Door;
use crate::gateway::sse::Line;
use crate::gateway::sse::Lines;
use crate::gateway::sse::Watch;
use crate::gateway::upstream::Fault;
use crate::gateway::upstream::scrub;
use crate::kit::text::visible_line;

type Sender = mpsc::Sender<Result<Bytes, Infallible>>;

/// Passes an answer on.
pub(super) async fn pass(door: Arc<Door>, response: reqwest::Response, call: Call) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("text/event-stream") {
        return whole(&door, response, call).await;
    }
    let (sender, receiver) = mpsc::channel(32);
    let relays = door.relays.clone();
    relays.spawn(stream(door, response, call, sender));
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(ReceiverStream::new(receiver))).into_response()
}

/// An answer in one piece.
async fn whole(door: &Door, response: reqwest::Response, call: Call) -> Response {
    let mut watch = Watch::default();
    let read = match read(door, response).await {
        Ok(answer) if answer["choices"].is_array() => {
            watch.count(&answer);
            Ok(answer)
        }
        Ok(_) => Err(nonsense()),
        Err(fault) => Err(fault),
    };
    let used = watch.used(call.reservation.estimate_in());
    match read {
        Ok(answer) => {
            chat::close(door, call, used, None).await;
            Json(answer).into_response()
        }
        Err(fault) => {
            let answer = answer::model_refusal(fault.status, fault.code, &fault.message);
            chat::close(door, call, used, Some(fault)).await;
            answer
        }
    }
}

async fn read(door: &Door, mut response: reqwest::Response) -> Result<Value, Fault> {
    let mut body = Vec::new();
    loop {
        match timeout(door.settings.silence, response.chunk()).await {
            Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk),
            Ok(Ok(None)) => break,
            Ok(Err(_)) => return Err(Fault::new("model_stream_broken", "The model broke off in the middle")),
            Err(_) => return Err(Fault::silent(door.settings.silence)),
        }
        if body.len() > door.settings.answer_bytes {
            return Err(Fault::new("model_nonsense", "The answer of the model is too long"));
        }
    }
    let text = String::from_utf8_lossy(&body);
    serde_json::from_str(&clean(door, &text)).map_err(|_| nonsense())
}

/// A stream, line by line, until it ends, breaks, falls silent, is too long, or nobody listens any more.
async fn stream(door: Arc<Door>, mut response: reqwest::Response, call: Call, sender: Sender) {
    let mut watch = Watch::default();
    let ended = tokio::select! {
        ended = copy(&door, &mut response, &mut watch, &sender) => ended,
        () = door.closed.cancelled() => None,
    };
    if let Some(fault) = &ended {
        // The agent may be gone; then nobody needs to know.
        let _ = event(&sender, &answer::model_error(fault.code, &fault.message).to_string()).await;
    } else if watch.whole() && !watch.done {
        let _ = event(&sender, "[DONE]").await;
    }
    let used = watch.used(call.reservation.estimate_in());
    chat::close(&door, call, used, ended).await;
}

/// None when the stream came to its end, or nobody listens.
async fn copy(door: &Door, response: &mut reqwest::Response, watch: &mut Watch, sender: &Sender) -> Option<Fault> {
    let mut lines = Lines::default();
    let mut passed = 0;
    loop {
        let chunk = match timeout(door.settings.silence, response.chunk()).await {
            Ok(Ok(Some(chunk))) => chunk,
            Ok(Ok(None) | Err(_)) if watch.whole() => return None,
            Ok(Ok(None) | Err(_)) => {
                return Some(Fault::new("model_stream_broken", "The model broke off in the middle of its answer"));
            }
            Err(_) => return Some(Fault::silent(door.settings.silence)),
        };
        passed += chunk.len();
        let whole_lines = lines.feed(&chunk).filter(|_| passed <= door.settings.answer_bytes);
        let Some(whole_lines) = whole_lines else {
            return Some(Fault::new("model_nonsense", "The answer of the model is too long"));
        };
        for line in whole_lines {
            match watch.see(&line) {
                Line::Drop => {}
                Line::Nonsense => return Some(nonsense()),
                Line::Failed(said) => {
                    let said = visible_line(&clean(door, &said), 300);
                    return Some(Fault::new("model_unavailable", format!("The model failed in its answer: {said}")));
                }
                Line::Pass => {
                    let data = line.strip_prefix("data:").unwrap_or_default().trim();
                    if !event(sender, &clean(door, data)).await || watch.done {
                        return None;
                    }
                }
            }
        }
    }
}

/// Sends one event; false when nobody listens.
async fn event(sender: &Sender, data: &str) -> bool {
    sender.send(Ok(Bytes::from(format!("data: {data}\n\n")))).await.is_ok()
}

fn nonsense() -> Fault {
    Fault::new("model_nonsense", "The answer of the model is not what an OpenAI-compatible server sends")
}

/// The text without the key: a server that echoes what it was sent must not hand it in.
fn clean(door: &Door, text: &str) -> String {
    match &door.model {
        Some(profile) if profile.key.reveal().len() >= 8 && text.contains(profile.key.reveal().as_str()) => {
            scrub(profile, text)
        }
        _ => text.to_owned(),
    }
}
