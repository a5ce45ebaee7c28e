//! A run's whole transcript as JSON lines, read and sent in pieces.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Path;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header;
use axum::response::IntoResponse as _;
use serde_json::json;

use crate::engine::Engine;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::RunId;
use crate::runs::TranscriptEvent;
use crate::web::errors::Answer;
use crate::web::visitor::Visitor;

/// Lines that are read at once.
const BATCH: i64 = 500;

/// `GET /runs/{id}/events.jsonl`
pub async fn download(State(engine): State<Arc<Engine>>, visitor: Visitor, Path(id): Path<String>) -> Answer {
    let id: RunId = id.parse().map_err(|_| Error::not_found("such run"))?;
    let (run, _) = engine.enter_run(&visitor.cx, id).await?;
    let pieces = futures_util::stream::unfold((engine, run.id, Some(0)), |(engine, run, after)| async move {
        let after = after?;
        let read: Result<Vec<TranscriptEvent>> = engine.runs.transcript(run, after, BATCH).await;
        match read {
            Ok(lines) if lines.is_empty() => None,
            Ok(lines) => {
                let last = lines.last().map(|line| line.sequence).filter(|_| lines.len() as i64 == BATCH);
                Some((Ok(lines.iter().map(line).collect::<String>()), (engine, run, last)))
            }
            Err(error) => Some((Err(error), (engine, run, None))),
        }
    });
    let name = format!("attachment; filename=\"run-{}.jsonl\"", id.short());
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_str(&name).expect("a short id is plain letters")),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

fn line(event: &TranscriptEvent) -> String {
    let TranscriptEvent { sequence, attempt, at, origin, kind, body } = event;
    let line = json!({
        "sequence": sequence, "attempt": attempt, "at": at.rfc3339(), "origin": origin, "kind": kind, "body": body,
    });
    format!("{line}\n")
}
