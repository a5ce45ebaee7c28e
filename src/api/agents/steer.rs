//! Steering a run: cancel, retry, answer.

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
use crate::kit::Error;
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
}

/// `POST runs/{id}/cancel`, `retry`, `answer`
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
            "resume" | "fork" => {
                engine.enter_run(&cx, run).await?;
                return Err(Error::invalid(format!("A run cannot {verb} yet"))
                    .code("UNSUPPORTED")
                    .hint("retry it instead"));
            }
            _ => return Err(Error::not_found("such verb")),
        }
        Ok(wire::run(&engine.runs.run(run).await?))
    };
    answer(&cx, done.await)
}
