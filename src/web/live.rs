//! Pages that grow: what is new is rendered on the server and sent over server-sent events.
//!
//! A stream holds nothing of its own. News only wake it; what is new is read from the store by sequence number, so that
//! a slow reader misses nothing and a reader that comes back goes on where it was.

use std::convert::Infallible;
use std::time::Duration;

use async_trait::async_trait;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::response::sse::Event;
use axum::response::sse::KeepAlive;
use axum::response::sse::Sse;
use serde::Deserialize;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::kit::Result;

/// A browser, and what stands between, hears from us at least this often.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Another process may have written: without news of our own, the store is asked this often.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Where the page's own rows end.
#[derive(Debug, Default, Deserialize)]
pub struct After {
    after: Option<i64>,
}

impl After {
    /// The last row that the browser has: what it says when it comes back, else what the page's address says.
    pub fn sequence(&self, headers: &HeaderMap) -> i64 {
        let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
        resumed.or(self.after).unwrap_or(0)
    }
}

/// Something that grows.
#[async_trait]
pub trait Grows: Send + 'static {
    /// What is new in the store.
    async fn look(&mut self) -> Result<Vec<Event>>;
    /// Whether nothing more will come.
    fn is_over(&self) -> bool;
    /// Returns when there may be news.
    async fn wait(&mut self);
}

/// Sends what is new until it is over. An error ends the stream: the browser comes back.
pub fn follow(grows: impl Grows) -> Response {
    let events = futures_util::stream::unfold((grows, Vec::new().into_iter()), |(mut grows, mut ready)| async move {
        loop {
            if let Some(event) = ready.next() {
                return Some((Ok::<Event, Infallible>(event), (grows, ready)));
            }
            ready = next(&mut grows).await?.into_iter();
        }
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}

async fn next(grows: &mut impl Grows) -> Option<Vec<Event>> {
    if grows.is_over() {
        return None;
    }
    loop {
        let ready = grows.look().await.ok()?;
        if !ready.is_empty() {
            return Some(ready);
        }
        grows.wait().await;
    }
}

/// Returns when there is news about this one, or after a while.
pub async fn news_of<T: Clone + PartialEq>(news: &mut broadcast::Receiver<T>, wanted: T) {
    let heard = async {
        loop {
            match news.recv().await {
                Ok(one) if one == wanted => return,
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => return,
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    };
    // Neither outcome matters: after both the store is asked.
    let _ = tokio::time::timeout(LOOK_AGAIN, heard).await;
}
