//! A run's transcript as it grows: the rows of the page, rendered on the server, over server-sent events.

use std::sync::Arc;

use askama::Template;
use async_trait::async_trait;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::response::sse::Event;
use tokio::sync::broadcast;

use crate::engine::Engine;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::RunId;
use crate::runs;
use crate::web::errors::Failed;
use crate::web::live;
use crate::web::live::After;
use crate::web::live::Grows;
use crate::web::parts::transcript::TranscriptRow;
use crate::web::visitor::Visitor;

/// Rows that are sent at once.
const BATCH: i64 = 200;

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
    Ok(live::follow(Reader {
        news: engine.runs.news(),
        engine,
        after: after.sequence(&headers),
        state: run.state,
        run,
        over: false,
    }))
}

struct Reader {
    engine: Arc<Engine>,
    news: broadcast::Receiver<RunId>,
    run: runs::Run,
    after: i64,
    state: runs::State,
    over: bool,
}

#[async_trait]
impl Grows for Reader {
    async fn look(&mut self) -> Result<Vec<Event>> {
        let rows = self.engine.runs.transcript(self.run.id, self.after, BATCH).await?;
        let run = self.engine.runs.run(self.run.id).await?;
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

    fn is_over(&self) -> bool {
        self.over
    }

    async fn wait(&mut self) {
        live::news_of(&mut self.news, self.run.id).await;
    }
}

impl Reader {
    fn row(&self, event: &runs::TranscriptEvent) -> Option<Event> {
        let html = TranscriptRow::of(event, &self.run).render().ok()?;
        // A carriage return would end a field of the stream; rows hold none, since it is shown as an escape.
        Some(Event::default().event("row").id(event.sequence.to_string()).data(html))
    }
}
