//! What people do to checks of the forge itself: start, cancel, run again; one, or all of a commit.

use std::sync::Arc;

use axum::extract::Path;
use axum::extract::State;
use serde::Deserialize;

use crate::engine::CheckVerb;
use crate::engine::Engine;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::model::JobId;
use crate::web::address;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::page::go;
use crate::web::parts::job;
use crate::web::posted::Posted;

/// The check and the verb in an address.
#[derive(Debug, Deserialize)]
pub struct Named {
    id: String,
    verb: String,
}

/// `POST /{owner}/{repo}/checks/{id}/{verb}`
pub async fn one(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Named>,
    posted: Posted,
) -> Answer {
    let id: JobId = named.id.parse().map_err(|_| Error::not_found("such check"))?;
    let (verb, sentence) = match named.verb.as_str() {
        "start" => (CheckVerb::Start, "It starts when its turn has come; this holds for this commit only"),
        "cancel" => (CheckVerb::Cancel, "Asked the check to end"),
        "rerun" => (CheckVerb::Rerun, "Another attempt waits for its turn"),
        _ => return Err(Error::not_found("such page").into()),
    };
    let back = posted.some("next").map(|next| address::ours(&next).to_owned());
    match engine.steer_check(&entered.visitor.cx, &entered.place, id, verb).await {
        Ok(newest) => go(&back.unwrap_or_else(|| job::href(&newest)), Some(&Said::done(sentence))),
        Err(error) => not_done(error, &back.unwrap_or_else(|| format!("{}/checks/{id}", entered.root()))),
    }
}

/// `POST /{owner}/{repo}/checks`: those of a commit that failed, or that wait for a person.
pub async fn commit(State(engine): State<Arc<Engine>>, entered: Entered, posted: Posted) -> Answer {
    let sha = posted.text("sha").parse()?;
    let back = posted.text("next");
    let back = address::ours(&back);
    let (cx, place) = (&entered.visitor.cx, &entered.place);
    let done: Result<String> = match posted.text("verb").as_str() {
        "start" => engine.start_checks(cx, place, &sha).await.map(|count| format!("{} started", checks(count))),
        "rerun" => engine.rerun_failed(cx, place, &sha).await.map(|count| format!("{} run again", checks(count))),
        _ => return Err(Error::not_found("such page").into()),
    };
    match done {
        Ok(sentence) => go(back, Some(&Said::done(sentence))),
        Err(error) => not_done(error, back),
    }
}

fn checks(count: usize) -> String {
    if count == 1 { "1 check".into() } else { format!("{count} checks") }
}

/// What could not be done because the check moved on is said where the person was.
fn not_done(error: Error, back: &str) -> Answer {
    match error.kind() {
        ErrorKind::Conflict => go(back, Some(&Said::not_done(error.message()))),
        _ => Err(error.into()),
    }
}
