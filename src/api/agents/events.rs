//! A run's transcript: as server-sent events that resume without a gap, or as JSON.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::response::sse::Event;
use axum::response::sse::KeepAlive;
use axum::response::sse::Sse;
use futures_util::Stream;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::api::SignedIn;
use crate::api::agents::answer::answer;
use crate::api::agents::wire;
use crate::engine::Engine;
use crate::kit::Result;
use crate::model::RunId;
use crate::runs::TranscriptEvent;

/// Lines that are read at once.
const BATCH: i64 = 500;
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Another process may have written: without news of our own, the store is asked this often.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Where a reader is.
#[derive(Default, Deserialize)]
pub(super) struct After {
    after: Option<i64>,
}

/// `GET runs/{id}/events`
pub(super) async fn events(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path(id): Path<String>,
    Query(after): Query<After>,
    headers: HeaderMap,
) -> Response {
    let run = match async { engine.enter_run(&cx, id.parse()?).await }.await {
        Ok((run, _)) => run.id,
        Err(error) => return answer(&cx, Err(error)),
    };
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let resumed = header("last-event-id").and_then(|id| id.parse().ok());
    let after = resumed.or(after.after).unwrap_or(0);
    if header(ACCEPT.as_str()).is_some_and(|accept| accept.contains("application/json")) {
        return answer(&cx, listed(&engine, run, after).await);
    }
    Sse::new(stream(engine, run, after)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}

async fn listed(engine: &Engine, run: RunId, after: i64) -> Result<Value> {
    let events = engine.runs.transcript(run, after, BATCH).await?;
    let next = (events.len() as i64 == BATCH).then(|| events.last().map(|event| event.sequence)).flatten();
    Ok(json!({ "events": events.iter().map(wire::transcript_event).collect::<Vec<Value>>(), "next_after": next }))
}

/// Everything after a line, then everything as it comes, then `end`. News only wake it: a slow reader reads from the store.
fn stream(engine: Arc<Engine>, run: RunId, after: i64) -> impl Stream<Item = Result<Event, Infallible>> {
    let news = engine.runs.news();
    let start = (engine, news, after, Vec::<TranscriptEvent>::new().into_iter(), false);
    futures_util::stream::unfold(start, move |(engine, mut news, mut after, mut ready, over)| async move {
        if over {
            return None;
        }
        loop {
            if let Some(line) = ready.next() {
                after = line.sequence;
                let event = Event::default().id(after.to_string()).event(line.kind.clone());
                let event = event.data(wire::transcript_event(&line).to_string());
                return Some((Ok(event), (engine, news, after, ready, false)));
            }
            // The state is read first: lines of its end are then in what follows. An error ends the stream, and the reader
            // comes back with the id that it has.
            let state = engine.runs.run(run).await.ok()?.state;
            ready = engine.runs.transcript(run, after, BATCH).await.ok()?.into_iter();
            if ready.len() == 0 && state.is_final() {
                let event = Event::default().event("end").data(json!({ "state": state }).to_string());
                return Some((Ok(event), (engine, news, after, ready, true)));
            }
            if ready.len() == 0 {
                wait(&mut news, run).await;
            }
        }
    })
}

async fn wait(news: &mut tokio::sync::broadcast::Receiver<RunId>, run: RunId) {
    let told = async {
        // Somebody who lags looks again; nothing is lost.
        while matches!(news.recv().await, Ok(of) if of != run) {}
    };
    // Without news the store is asked anyway.
    let _ = tokio::time::timeout(LOOK_AGAIN, told).await;
}
