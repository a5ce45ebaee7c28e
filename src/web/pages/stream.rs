//! A run's transcript as it grows: the rows of the page, rendered on the server, over server-sent events.
//!
//! The stream holds nothing of its own. News only wake it; what is new is read from the store by sequence number, so that
//! a slow reader misses nothing and a reader that comes back goes on where it was.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::response::sse::Event;
use axum::response::sse::KeepAlive;
use axum::response::sse::Sse;
use serde::Deserialize;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::engine::Engine;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::RunId;
use crate::runs;
use crate::web::errors::Failed;
use crate::web::parts::transcript::TranscriptRow;
use crate::web::visitor::Visitor;

/// Rows that are sent at once.
const BATCH: i64 = 200;
/// A browser, and what stands between, hears from us at least this often.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Another process may have written: without news of our own, the store is asked this often.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Where the page's own rows end.
#[derive(Debug, Default, Deserialize)]
pub struct After {
    after: Option<i64>,
}

/// `GET /runs/{id}/stream`
pub async fn rows(
    State(engine): State<Arc<Engine>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(after): Query<After>,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    let id: RunId = id.parse().map_err(|_| Error::not_found("such run"))?;
    let (run, _) = engine.enter_run(&visitor.cx, id).await?;
    let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
    let reader = Reader {
        news: engine.runs.news(),
        engine,
        run: id,
        began: run.created,
        after: resumed.or(after.after).unwrap_or(0),
        state: run.state,
        over: false,
    };
    let events = futures_util::stream::unfold((reader, Vec::new().into_iter()), |(mut reader, mut ready)| async move {
        loop {
            if let Some(event) = ready.next() {
                return Some((Ok::<Event, Infallible>(event), (reader, ready)));
            }
            ready = reader.next().await?.into_iter();
        }
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response())
}

struct Reader {
    engine: Arc<Engine>,
    news: broadcast::Receiver<RunId>,
    run: RunId,
    began: Timestamp,
    after: i64,
    state: runs::State,
    over: bool,
}

impl Reader {
    /// What is to be sent next; none when the stream is over. An error ends the stream: the browser comes back.
    async fn next(&mut self) -> Option<Vec<Event>> {
        if self.over {
            return None;
        }
        loop {
            let ready = self.look().await.ok()?;
            if !ready.is_empty() {
                return Some(ready);
            }
            self.wait().await;
        }
    }

    async fn look(&mut self) -> Result<Vec<Event>> {
        let rows = self.engine.runs.transcript(self.run, self.after, BATCH).await?;
        let run = self.engine.runs.run(self.run).await?;
        let mut ready: Vec<Event> = rows.iter().filter_map(|row| self.row(row)).collect();
        self.after = rows.last().map_or(self.after, |row| row.sequence);
        let more = rows.len() as i64 == BATCH;
        if run.state != self.state && !more {
            self.state = run.state;
            ready.push(Event::default().event("changed").data(run.state.as_str()));
        }
        if run.state.is_final() && !more {
            self.over = true;
            ready.push(Event::default().event("ended").data(run.state.as_str()));
        }
        Ok(ready)
    }

    fn row(&self, event: &runs::TranscriptEvent) -> Option<Event> {
        let html = TranscriptRow::of(event, self.began).render().ok()?;
        // A carriage return would end a field of the stream; rows hold none, since it is shown as an escape.
        Some(Event::default().event("row").id(event.sequence.to_string()).data(html))
    }

    async fn wait(&mut self) {
        let news = async {
            loop {
                match self.news.recv().await {
                    Ok(run) if run == self.run => return,
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => return,
                    Err(RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        // Neither outcome matters: after both the store is asked.
        let _ = tokio::time::timeout(LOOK_AGAIN, news).await;
    }
}
