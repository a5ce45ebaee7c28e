//! Taking one webhook: bounded, verified over its raw bytes, handed over, and answered when it is durable.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::routing::post;
use tokio::sync::Semaphore;
use tokio::sync::SemaphorePermit;

use crate::events::Accepted;
use crate::events::Events;
use crate::events::RawDelivery;
use crate::hooks::refusal::Refusal;
use crate::hooks::sources::Source;
use crate::hooks::sources::Sources;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::text;

/// What the door needs.
#[derive(Clone)]
pub struct HookState {
    events: Events,
    sources: Arc<Sources>,
    room: Arc<Semaphore>,
}

const LARGEST: usize = 25 * 1024 * 1024;
/// KiB of bodies that are held while they arrive and wait, over all connections.
const MOST_HELD_KIB: usize = 256 * 1024;
const SLOWEST: Duration = Duration::from_secs(60);
/// Ids and events that forges send are far shorter.
const LONGEST_WORD: usize = 200;

/// The route of this door.
pub fn router(state: HookState) -> Router {
    Router::new().route("/hooks/{source}", post(receive)).with_state(state)
}

impl HookState {
    /// For these sources.
    pub fn new(events: Events, sources: Sources) -> Self {
        Self { events, sources: Arc::new(sources), room: Arc::new(Semaphore::new(MOST_HELD_KIB)) }
    }
}

async fn receive(State(state): State<HookState>, Path(name): Path<String>, request: Request) -> Response {
    let Some(source) = state.sources.by_name(&name) else {
        metrics::counter!("forgehand_hooks_refused_total", "why" => "unknown source").increment(1);
        return Refusal(Error::not_found("source of webhooks with this name")).into_response();
    };
    let (parts, body) = request.into_parts();
    match take(&state, source, &parts.headers, body).await {
        Ok(accepted) => answer(accepted),
        Err(error) => {
            metrics::counter!("forgehand_hooks_refused_total", "why" => error.code_name()).increment(1);
            state.events.refuse(&source.name, error.message());
            Refusal(error).into_response()
        }
    }
}

async fn take(state: &HookState, source: &Source, headers: &HeaderMap, body: Body) -> Result<Accepted> {
    let signature = source.scheme.signature(headers).ok_or_else(|| unsigned("it has no signature"))?;
    let remote_id = word(source.scheme.id(headers), "id")?;
    let name = word(source.scheme.event(headers), "event")?;
    let (body, _held) = read(state, headers, body).await?;
    if !source.verifies(&body, signature) {
        return Err(unsigned("its signature is not by the secret of this source"));
    }
    let kept = [header::USER_AGENT, header::CONTENT_TYPE].into_iter().filter_map(|key| {
        let value = headers.get(&key)?.to_str().ok()?;
        let key = if key == header::USER_AGENT { "user-agent" } else { "content-type" };
        Some((key, text::visible_line(value, LONGEST_WORD)))
    });
    let raw = RawDelivery { source: source.name.clone(), remote_id, name, headers: kept.collect(), body };
    state.events.accept(raw).await
}

/// The whole body, and the room in memory that it takes until it is stored.
async fn read<'a>(state: &'a HookState, headers: &HeaderMap, body: Body) -> Result<(Bytes, SemaphorePermit<'a>)> {
    let said = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if said.is_some_and(|length| length > LARGEST) {
        return Err(too_large());
    }
    let kib = u32::try_from(said.unwrap_or(LARGEST).div_ceil(1024)).map_err(|_| too_large())?;
    let reading = async {
        let held = state.room.acquire_many(kib).await.map_err(|_| Error::internal("The door is closed"))?;
        let body = axum::body::to_bytes(body, LARGEST).await.map_err(|error| match said {
            None => too_large(),
            Some(_) => Error::new(ErrorKind::Malformed, "Cannot read this delivery to its end").source(error),
        })?;
        Ok((body, held))
    };
    let slow = || Error::new(ErrorKind::Unavailable, "Cannot take this delivery: it did not arrive within a minute");
    tokio::time::timeout(SLOWEST, reading).await.map_err(|_| slow())?
}

fn word(value: Option<&[u8]>, what: &str) -> Result<String> {
    let shaped =
        |text: &&str| !text.is_empty() && text.len() <= LONGEST_WORD && text.bytes().all(|b| b.is_ascii_graphic());
    let found = value.and_then(|bytes| std::str::from_utf8(bytes).ok()).filter(shaped);
    found.map(str::to_owned).ok_or_else(|| {
        Error::new(ErrorKind::Malformed, format!("Cannot take this delivery: its header with the {what} is missing"))
            .hint("send the headers that the forge itself sends")
    })
}

fn unsigned(why: &str) -> Error {
    Error::new(ErrorKind::Unauthenticated, format!("Cannot take this delivery: {why}"))
        .hint("set the same secret at the forge and in `[hooks.<source>]`")
}

fn too_large() -> Error {
    Error::new(ErrorKind::TooLarge, "Cannot take this delivery: it is larger than 25 MiB")
}

fn answer(accepted: Accepted) -> Response {
    let (status, word) = match accepted {
        Accepted::Stored(_) => (StatusCode::ACCEPTED, "stored"),
        Accepted::Known(_) => (StatusCode::OK, "known"),
        Accepted::Quarantined(_) => (StatusCode::CONFLICT, "quarantined"),
    };
    metrics::counter!("forgehand_hooks_total", "became" => word).increment(1);
    let body = match accepted {
        Accepted::Stored(id) | Accepted::Known(id) => format!("{{\"delivery\":\"{id}\"}}"),
        Accepted::Quarantined(id) => format!(
            "{{\"delivery\":\"{id}\",\"error\":{{\"code\":\"CONFLICT\",\
             \"message\":\"This id came before with other bytes\",\
             \"hints\":[\"the delivery is kept for an administrator to look at\"]}}}}"
        ),
    };
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
