//! Reviewing a pull request: a judgement, words about lines, and suggestions that are taken over.

use std::sync::Arc;

use axum::extract::Path;
use axum::extract::State;
use serde::Deserialize;

use crate::engine::Engine;
use crate::forge::embedded;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::page::go;
use crate::web::pages::issue::Numbered;
use crate::web::parts::diff;
use crate::web::posted::Posted;

/// `POST …/pulls/{number}/reviews`: judges the changes, or says something about one line.
pub async fn write(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Numbered>,
    posted: Posted,
) -> Answer {
    let state = match posted.text("event").as_str() {
        "approve" => embedded::ReviewState::Approved,
        "request_changes" => embedded::ReviewState::ChangesRequested,
        _ => embedded::ReviewState::Commented,
    };
    let line = line(&posted)?;
    let pull = format!("{}/pulls/{}", entered.root(), named.number);
    let file = line.as_ref().map(|line| format!("{pull}/files#{}", diff::anchor(&line.path)));
    let new = embedded::NewReview {
        state,
        body: if file.is_some() { String::new() } else { posted.text("body") },
        looked_at: Some(posted.text("head").parse()?),
        lines: line.into_iter().collect(),
    };
    let written = engine.forge.review(&entered.visitor.cx, &entered.place, named.number, new).await;
    match (written, file) {
        (Ok(_), Some(file)) => go(&file, Some(&Said::done("Commented"))),
        (Ok(entry), None) => go(&format!("{pull}#comment-{}", entry.id), None),
        (Err(error), file) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Invalid) => {
            go(&file.unwrap_or(pull), Some(&Said::not_done(error.message())))
        }
        (Err(error), _) => Err(error.into()),
    }
}

fn line(posted: &Posted) -> Result<Option<embedded::NewLineComment>> {
    let (Some(path), Some(line)) = (posted.some("path"), posted.some("line")) else { return Ok(None) };
    let unknown = |_| crate::kit::Error::invalid("A line has a number").field("line");
    Ok(Some(embedded::NewLineComment {
        path,
        side: posted.text("side").parse()?,
        line: line.parse().map_err(unknown)?,
        body: posted.text("body"),
    }))
}

/// The suggestion that an address names.
#[derive(Debug, Deserialize)]
pub struct Suggestion {
    number: i64,
    comment: i64,
}

/// `POST …/pulls/{number}/suggestions/{comment}`: commits what a reviewer suggested.
pub async fn take(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Suggestion>,
    _posted: Posted,
) -> Answer {
    let (cx, place) = (&entered.visitor.cx, &entered.place);
    let said = match engine.forge.take_suggestion(cx, place, named.number, named.comment).await {
        Ok(commit) => Said::done(format!("Committed as `{}`", commit.short())),
        Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Denied) => {
            Said::not_done(error.message())
        }
        Err(error) => return Err(error.into()),
    };
    go(&format!("{}/pulls/{}/files", entered.root(), named.number), Some(&said))
}
