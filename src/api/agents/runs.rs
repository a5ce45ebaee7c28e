//! Reading runs.

use std::sync::Arc;

use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::api::SignedIn;
use crate::api::agents::answer::answer;
use crate::api::agents::answer::narrowed;
use crate::api::agents::wire;
use crate::engine::Engine;
use crate::kit::Result;
use crate::runs::Filter;

/// What narrows the list.
#[derive(Default, Deserialize)]
pub(super) struct Wanted {
    repo: Option<String>,
    state: Option<String>,
    stack: Option<String>,
    number: Option<i64>,
    cursor: Option<String>,
    limit: Option<i64>,
}

/// `GET runs`
pub(super) async fn list(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Query(wanted): Query<Wanted>,
) -> Response {
    let listed = async {
        let filter = Filter {
            repos: narrowed(&engine, &cx, wanted.repo.as_deref()).await?,
            number: wanted.number,
            states: words(wanted.state.as_deref())?,
            stack: wanted.stack,
            before: wanted.cursor.as_deref().map(str::parse).transpose()?,
            limit: wanted.limit.unwrap_or(30).clamp(1, 100),
        };
        let runs = engine.runs.list(&filter).await?;
        let next = (runs.len() as i64 == filter.limit).then(|| runs.last().map(|run| run.id)).flatten();
        Ok(json!({ "runs": runs.iter().map(wire::run).collect::<Vec<Value>>(), "next_cursor": next }))
    };
    answer(&cx, listed.await)
}

fn words<T: std::str::FromStr<Err = crate::kit::Error>>(list: Option<&str>) -> Result<Vec<T>> {
    list.unwrap_or_default().split(',').filter(|word| !word.is_empty()).map(str::parse).collect()
}

/// `GET runs/{id}`
pub(super) async fn one(State(engine): State<Arc<Engine>>, SignedIn(cx): SignedIn, Path(id): Path<String>) -> Response {
    let found = async { Ok(wire::run(&engine.enter_run(&cx, id.parse()?).await?.0)) };
    answer(&cx, found.await)
}

/// `GET runs/{id}/attempts`
pub(super) async fn attempts(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path(id): Path<String>,
) -> Response {
    let found = async {
        let (run, _) = engine.enter_run(&cx, id.parse()?).await?;
        let attempts = engine.runs.attempts(run.id).await?;
        Ok(json!({ "attempts": attempts.iter().map(wire::attempt).collect::<Vec<Value>>() }))
    };
    answer(&cx, found.await)
}

/// `GET runs/{id}/context`: what the agent was shown last, each part with its source and digest; null before it is frozen.
pub(super) async fn context(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path(id): Path<String>,
) -> Response {
    let found = async {
        let (run, _) = engine.enter_run(&cx, id.parse()?).await?;
        let attempts = engine.runs.attempts(run.id).await?;
        let bundle = match attempts.iter().rev().find(|attempt| attempt.bundle.is_some()) {
            Some(attempt) => engine.bundle_for(&cx, attempt).await?,
            None => None,
        };
        Ok(json!({
            "bundle": bundle,
            "config_commit": run.dispatch.config_commit,
            "code_commit": run.dispatch.code_commit,
            "policy_digest": run.dispatch.policy_digest,
        }))
    };
    answer(&cx, found.await)
}

/// `GET runs/{id}/proposal`: every effect, with what people said and what was written.
pub(super) async fn proposal(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path(id): Path<String>,
) -> Response {
    let found = async {
        let (run, _) = engine.enter_run(&cx, id.parse()?).await?;
        let effects = engine.proposals.of_run(run.id).await?;
        let approvals = engine.approvals.of_run(run.id).await?;
        let written = engine.write_backs.of_run(run.id).await?;
        Ok(json!({
            "effects": effects.iter().map(wire::effect).collect::<Vec<Value>>(),
            "approvals": approvals.iter().map(|approval| wire::approval(approval, &[])).collect::<Vec<Value>>(),
            "write_backs": written.iter().map(wire::write_back).collect::<Vec<Value>>(),
        }))
    };
    answer(&cx, found.await)
}
