//! What people do to a run: dispatch it, cancel it, retry it, resume it, fork it, answer it.

use std::sync::Arc;

use axum::extract::Path;
use axum::extract::State;

use crate::engine::Engine;
use crate::engine::verbs::Dispatch;
use crate::engine::verbs::DispatchFrom;
use crate::engine::verbs::Fork;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::secret::Secret;
use crate::model::RunId;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::page::go;
use crate::web::posted::Posted;
use crate::web::visitor::Visitor;

/// `POST /{owner}/{repo}/dispatch`: from an issue, a pull request, a file, a check or a branch.
pub async fn dispatch(State(engine): State<Arc<Engine>>, entered: Entered, posted: Posted) -> Answer {
    let number = |name| posted.some(name).map(|text| text.parse::<i64>().map_err(|_| no_number(name))).transpose();
    let from = DispatchFrom {
        issue: number("issue")?,
        pull: number("pull")?,
        path: posted.some("path").map(|path| path.parse()).transpose()?,
        branch: posted.some("branch").map(|branch| branch.parse()).transpose()?,
        check: posted.some("check"),
    };
    let key = posted.some("key").map(Secret::new);
    let wanted =
        Dispatch { stack: posted.text("stack"), task: String::new(), prompt: posted.text("prompt"), from, key };
    let run = engine.dispatch(&entered.visitor.cx, &entered.place, wanted).await?;
    go(&format!("/runs/{run}"), None)
}

fn no_number(name: &str) -> Error {
    Error::invalid(format!("The number of the {name} is none")).field(name)
}

/// `POST /runs/{id}/cancel`
pub async fn cancel(
    State(engine): State<Arc<Engine>>,
    visitor: Visitor,
    Path(id): Path<String>,
    posted: Posted,
) -> Answer {
    let run: RunId = id.parse().map_err(|_| Error::not_found("such run"))?;
    let done = engine.cancel(&visitor.cx, run, &posted.text("reason")).await;
    back(run, done, "Asked the run to end")
}

/// `POST /runs/{id}/retry`
pub async fn retry(
    State(engine): State<Arc<Engine>>,
    visitor: Visitor,
    Path(id): Path<String>,
    posted: Posted,
) -> Answer {
    let run: RunId = id.parse().map_err(|_| Error::not_found("such run"))?;
    let refresh = posted.ticked("refresh");
    let done = engine.retry(&visitor.cx, run, &posted.text("reason"), refresh).await;
    let on = if refresh { "the world as it is now" } else { "the same snapshots" };
    back(run, done, &format!("A new attempt waits for a runner, on {on}"))
}

/// `POST /runs/{id}/resume`
pub async fn resume(
    State(engine): State<Arc<Engine>>,
    visitor: Visitor,
    Path(id): Path<String>,
    posted: Posted,
) -> Answer {
    let run: RunId = id.parse().map_err(|_| Error::not_found("such run"))?;
    let done = engine.resume(&visitor.cx, run, &posted.text("text")).await;
    back(run, done, "Its agent will read it")
}

/// `POST /runs/{id}/fork`
pub async fn fork(
    State(engine): State<Arc<Engine>>,
    visitor: Visitor,
    Path(id): Path<String>,
    posted: Posted,
) -> Answer {
    let run: RunId = id.parse().map_err(|_| Error::not_found("such run"))?;
    let fork = Fork {
        stack: posted.some("stack"),
        text: posted.text("text"),
        reason: posted.text("reason"),
        refresh: posted.ticked("refresh"),
    };
    match engine.fork(&visitor.cx, run, fork).await {
        Ok(made) => go(&format!("/runs/{made}"), Some(&Said::done("A new run waits for a runner"))),
        Err(error) => back(run, Err(error), ""),
    }
}

/// `POST /runs/{id}/workspace/{attempt}/recover` and `archive`
pub async fn workspace(
    State(engine): State<Arc<Engine>>,
    visitor: Visitor,
    Path((id, attempt, verb)): Path<(String, i64, String)>,
    _posted: Posted,
) -> Answer {
    let run: RunId = id.parse().map_err(|_| Error::not_found("such run"))?;
    match verb.as_str() {
        "recover" => {
            let done = engine.recover_workspace(&visitor.cx, run, attempt).await;
            back(run, done, "The workspace is there again, with what was saved")
        }
        "archive" => {
            let done = engine.archive_workspace(&visitor.cx, run, attempt).await;
            back(run, done, "The workspace is put away; what was saved of it stays")
        }
        _ => Err(Error::not_found("such verb").into()),
    }
}

/// `POST /runs/{id}/answer`
pub async fn answer(
    State(engine): State<Arc<Engine>>,
    visitor: Visitor,
    Path(id): Path<String>,
    posted: Posted,
) -> Answer {
    let run: RunId = id.parse().map_err(|_| Error::not_found("such run"))?;
    let done = engine.answer(&visitor.cx, run, &posted.text("text")).await;
    back(run, done, "Answered")
}

/// Back to the run; what could not be done because the run moved on is said there.
fn back(run: RunId, done: Result<()>, sentence: &str) -> Answer {
    let said = match done {
        Ok(()) => Said::done(sentence),
        Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Invalid) => {
            Said::not_done(error.message())
        }
        Err(error) => return Err(error.into()),
    };
    go(&format!("/runs/{run}"), Some(&said))
}
