//! From what a verb says to an answer, and from a body to what a verb takes.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::access::Actor;
use crate::access::Cx;
use crate::api::agents::Refusal;
use crate::engine::Engine;
use crate::forge::embedded::Place;
use crate::forge::embedded::Wanted;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::page::Paging;
use crate::model::RepoId;

/// How many repositories a list without a name looks into, the last changed first.
const MOST_REPOSITORIES: u32 = 500;

/// 200 with JSON, or the error.
pub(super) fn answer(cx: &Cx, result: Result<Value>) -> Response {
    answer_with(cx, StatusCode::OK, result)
}

/// This status with JSON, or the error.
pub(super) fn answer_with(cx: &Cx, status: StatusCode, result: Result<Value>) -> Response {
    match result {
        Ok(value) => (status, Json(value)).into_response(),
        Err(error) => Refusal::new(error, cx.request.clone()).into_response(),
    }
}

/// A body as JSON. An unknown or wrong field is 422 and named.
pub(super) fn input<T: DeserializeOwned>(body: &Bytes) -> Result<T> {
    let body: &[u8] = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| {
        let message = error.to_string();
        let field = message.split('`').nth(1).map(str::to_owned);
        let error = Error::invalid(format!("Cannot use this body: {message}")).hint("`openapi.json` describes it");
        match field {
            Some(field) => error.field(field),
            None => error,
        }
    })
}

/// The repository at an address, if whoever calls may read it.
pub(super) async fn place(engine: &Arc<Engine>, cx: &Cx, owner: &str, repo: &str) -> Result<Place> {
    let unknown = |_| Error::not_found("such repository");
    let (owner, repo) = (owner.parse().map_err(unknown)?, repo.parse().map_err(unknown)?);
    engine.forge.enter(cx, &owner, &repo).await
}

/// The repositories that a list is narrowed to: the named one, or all that whoever calls may read; none means all.
pub(super) async fn narrowed(engine: &Arc<Engine>, cx: &Cx, repo: Option<&str>) -> Result<Option<Vec<RepoId>>> {
    if let Some(address) = repo.filter(|address| !address.is_empty()) {
        let (owner, name) = address
            .split_once('/')
            .ok_or_else(|| Error::invalid("A repository is named by `owner/name`").field("repo"))?;
        return Ok(Some(vec![place(engine, cx, owner, name).await?.repository.id]));
    }
    if matches!(cx.actor, Actor::Person { site_admin: true, .. }) {
        return Ok(None);
    }
    let paging = Paging { page: 1, limit: MOST_REPOSITORIES };
    let readable = engine.forge.repositories(cx, &Wanted::default(), paging).await?;
    Ok(Some(readable.items.into_iter().map(|repository| repository.id).collect()))
}
