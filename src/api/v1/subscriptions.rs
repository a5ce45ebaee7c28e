//! Watching repositories.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use serde_json::json;

use crate::api::v1::caller::Caller;
use crate::api::v1::entered::Entered;
use crate::api::v1::listed::Asked;
use crate::api::v1::refusal::Answer;
use crate::engine::Engine;
use crate::forge::embedded::wire::repository::Repository;
use crate::kit::Error;
use crate::kit::clock::Timestamp;

/// `GET /user/subscriptions`
pub async fn mine(State(engine): State<Arc<Engine>>, caller: Caller, asked: Asked) -> Answer<Response> {
    caller.account()?;
    let base = &engine.settings.base_url;
    let watched = engine.forge.watched(&caller.0).await?;
    Ok(asked.slice(base, watched.iter().map(|repository| Repository::new(base, repository, None)).collect()))
}

/// `GET /repos/{owner}/{repo}/subscription`: 404 when whoever asks does not watch it.
pub async fn get(entered: Entered) -> Answer<Json<Value>> {
    let since = entered.engine.forge.watched_since(&entered.cx, &entered.place).await?;
    let since = since.ok_or_else(|| Error::not_found("such subscription"))?;
    Ok(Json(told(&entered, since)))
}

/// `PUT /repos/{owner}/{repo}/subscription`
pub async fn watch(entered: Entered) -> Answer<Json<Value>> {
    entered.engine.forge.watch(&entered.cx, &entered.place, true).await?;
    let since = entered.engine.forge.watched_since(&entered.cx, &entered.place).await?;
    Ok(Json(told(&entered, since.unwrap_or_else(|| entered.cx.now()))))
}

/// `DELETE /repos/{owner}/{repo}/subscription`
pub async fn unwatch(entered: Entered) -> Answer<StatusCode> {
    entered.engine.forge.watch(&entered.cx, &entered.place, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn told(entered: &Entered, since: Timestamp) -> Value {
    let base = &entered.engine.settings.base_url;
    let place = format!("{base}/api/v1/repos/{}", entered.place.repository.reference());
    json!({
        "subscribed": true, "ignored": false, "reason": null, "created_at": since.rfc3339(),
        "url": format!("{place}/subscription"), "repository_url": place,
    })
}
