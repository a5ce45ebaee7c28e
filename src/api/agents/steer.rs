//! Steering a run: cancel, retry, resume, fork, answer.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use crate::api::SignedIn;
use crate::api::agents::answer::answer;
use crate::api::agents::answer::input;
use crate::api::agents::wire;
use crate::engine::Engine;
use crate::engine::verbs::Fork;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::RunId;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    refresh: bool,
    #[serde(default)]
    text: String,
    /// For a fork.
    stack: Option<String>,
    /// For its workspace: the number of the attempt.
    attempt: Option<i64>,
}

/// `POST runs/{id}/cancel`, `retry`, `resume`, `fork`, `answer`, and `recover` and `archive` for its workspace. A fork answers the new run, the others the same one.
pub(super) async fn steer(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path((id, verb)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let done = async {
        let run: RunId = id.parse()?;
        let said: Said = input(&body)?;
        match verb.as_str() {
            "cancel" => engine.cancel(&cx, run, &said.reason).await?,
            "retry" => engine.retry(&cx, run, &said.reason, said.refresh).await?,
            "answer" => engine.answer(&cx, run, &said.text).await?,
            "resume" => engine.resume(&cx, run, &said.text).await?,
            "fork" => {
                let Said { reason, refresh, text, stack, attempt: _ } = said;
                let made = engine.fork(&cx, run, Fork { stack, text, reason, refresh }).await?;
                return Ok(wire::run(&engine.runs.run(made).await?));
            }
            "recover" => engine.recover_workspace(&cx, run, numbered(said.attempt)?).await?,
            "archive" => engine.archive_workspace(&cx, run, numbered(said.attempt)?).await?,
            _ => return Err(Error::not_found("such verb")),
        }
        Ok(wire::run(&engine.runs.run(run).await?))
    };
    answer(&cx, done.await)
}

fn numbered(attempt: Option<i64>) -> Result<i64> {
    attempt.ok_or_else(|| Error::invalid("Which attempt is it about?").hint("give its number").field("attempt"))
}
