//! Passes a model's answer on to the agent as it comes, byte for byte, and books it when it ends, however it ends. A
//! stream is relayed by a task of its own, so that an agent that goes away does not leave a call unbooked.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::body::Bytes;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use serde_json::Value;
use tokio::sync::OwnedMutexGuard;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;

use crate::gateway::answer;
use crate::gateway::apis::Api;
use crate::gateway::apis::Seen;
use crate::gateway::door::Door;
use crate::gateway::model_call;
use crate::gateway::model_call::Call;
use crate::gateway::scrub::Scrub;
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
    let kind = kind.to_owned();
    let relays = door.relays.clone();
    relays.spawn(stream(door, response, call, sender));
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache".to_owned())];
    (headers, Body::from_stream(ReceiverStream::new(receiver))).into_response()
}

/// An answer in one piece.
async fn whole(door: &Door, response: reqwest::Response, call: Call) -> Response {
    let api = call.api;
    let mut watch = Watch::over(api);
    let read = read(door, response, &mut watch, api).await;
    let used = watch.used(call.reservation.estimate_in());
    match read {
        Ok(answer) => {
            model_call::close(door, call, Some(used), None).await;
            ([(header::CONTENT_TYPE, "application/json")], answer).into_response()
        }
        Err(fault) => {
            let error = api.error(fault.status, fault.code, &fault.message);
            let status = fault.status;
            model_call::close(door, call, Some(used), Some(fault)).await;
            answer::model_refusal(status, error)
        }
    }
}

async fn read(door: &Door, mut response: reqwest::Response, watch: &mut Watch, api: Api) -> Result<Bytes, Fault> {
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
    let answer: Value = serde_json::from_slice(&body).map_err(|_| nonsense(api))?;
    match watch.whole_answer(&answer) {
        Seen::Fine => {
            let mut scrub = key_of(door);
            Ok([scrub.pass(body.into()), scrub.rest()].concat().into())
        }
        Seen::Nonsense => Err(nonsense(api)),
        Seen::Failed(said) => Err(failed(door, &said)),
    }
}

/// A stream, piece by piece, until it ends, breaks, falls silent, is too long, or nobody listens any more.
async fn stream(door: Arc<Door>, mut response: reqwest::Response, call: Call, sender: Sender) {
    let mut watch = Watch::over(call.api);
    let mut booking = None;
    let ended = tokio::select! {
        ended = copy(&door, &mut response, (&mut watch, &mut booking), (call.api, &sender)) => ended,
        () = door.closed.cancelled() => None,
    };
    if booking.is_none() {
        booking = door.book_first().await;
    }
    if let Some(fault) = &ended {
        // The agent may be gone; then nobody needs to know.
        let event = call.api.error_event(fault.status, fault.code, &fault.message);
        let _ = sender.send(Ok(event.into())).await;
    }
    // The agent has all of it before the call is booked.
    drop(sender);
    let used = watch.used(call.reservation.estimate_in());
    model_call::close(&door, call, Some(used), ended).await;
    drop(booking);
}

/// None when the stream came to its end, or nobody listens.
async fn copy(
    door: &Door,
    response: &mut reqwest::Response,
    (watch, booking): (&mut Watch, &mut Option<OwnedMutexGuard<()>>),
    (api, sender): (Api, &Sender),
) -> Option<Fault> {
    let mut scrub = key_of(door);
    let mut passed = 0;
    loop {
        let chunk = match timeout(door.settings.silence, response.chunk()).await {
            Ok(Ok(Some(chunk))) => chunk,
            Ok(Ok(None) | Err(_)) => {
                watch.rest();
                let rest = scrub.rest();
                if !rest.is_empty() && sender.send(Ok(rest)).await.is_err() {
                    return None;
                }
                let broken = Fault::new("model_stream_broken", "The model broke off in the middle of its answer");
                return (!watch.whole()).then_some(broken);
            }
            Err(_) if watch.whole() => return None,
            Err(_) => return Some(Fault::silent(door.settings.silence)),
        };
        passed += chunk.len();
        if passed > door.settings.answer_bytes {
            return Some(Fault::new("model_nonsense", "The answer of the model is too long"));
        }
        match watch.piece(&chunk) {
            Seen::Fine => {}
            Seen::Nonsense => return Some(nonsense(api)),
            Seen::Failed(said) => return Some(failed(door, &said)),
        }
        let mut clean = scrub.pass(chunk);
        if watch.ended() {
            *booking = door.book_first().await;
            clean = [clean, scrub.rest()].concat().into();
        }
        if !clean.is_empty() && sender.send(Ok(clean)).await.is_err() || watch.ended() {
            return None;
        }
    }
}

fn key_of(door: &Door) -> Scrub {
    Scrub::of(door.model.as_ref().map_or("", |profile| profile.key.reveal().as_str()))
}

fn nonsense(api: Api) -> Fault {
    let message = format!("The answer of the model is not one of {}", api.title());
    Fault::new("model_nonsense", message)
}

fn failed(door: &Door, said: &str) -> Fault {
    let said = door.model.as_ref().map_or_else(|| said.to_owned(), |profile| scrub(profile, said));
    let said = visible_line(&said, 300);
    Fault::new("model_unavailable", format!("The model failed in its answer: {said}"))
}
