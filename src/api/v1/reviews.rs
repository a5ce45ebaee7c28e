//! Reviews of pull requests.

use axum::Json;
use axum::response::Response;
use serde::Deserialize;

use crate::api::v1::body::Body;
use crate::api::v1::entered::Entered;
use crate::api::v1::listed::Asked;
use crate::api::v1::pulls;
use crate::api::v1::refusal::Answer;
use crate::api::v1::wire::review::PullReview;
use crate::forge::embedded::Entry;
use crate::forge::embedded::Issue;
use crate::forge::embedded::ReviewState;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::page::Page;

/// `GET …/pulls/{index}/reviews`.
pub async fn list(entered: Entered, asked: Asked) -> Answer<Response> {
    let pull = pulls::asked_for(&entered).await?;
    let page = entered.engine.forge.reviews(&entered.place, pull.number, asked.paging).await?;
    let Page { items, total, paging } = page;
    let items = items.iter().map(|entry| shown(&entered, &pull, entry)).collect::<Result<Vec<_>>>()?;
    Ok(asked.answer(&entered.engine.settings.base_url, Page { items, total, paging }))
}

/// `GET …/pulls/{index}/reviews/{id}`.
pub async fn get(entered: Entered) -> Answer<Json<PullReview>> {
    let pull = pulls::asked_for(&entered).await?;
    let entry = entered.engine.forge.entry(&entered.place, entered.number("id")?).await?;
    Ok(Json(shown(&entered, &pull, &entry)?))
}

#[derive(Deserialize)]
pub struct Create {
    event: Option<String>,
    body: Option<String>,
    commit_id: Option<String>,
}

/// `POST …/pulls/{index}/reviews`. Comments on lines are not kept yet.
pub async fn create(entered: Entered, Body(new): Body<Create>) -> Answer<Json<PullReview>> {
    let Create { event, body, commit_id } = new;
    let state = match event.as_deref().unwrap_or("COMMENT") {
        "APPROVED" | "APPROVE" => ReviewState::Approved,
        "REQUEST_CHANGES" => ReviewState::ChangesRequested,
        "COMMENT" | "" => ReviewState::Commented,
        _ => {
            let hint = "use `APPROVED`, `REQUEST_CHANGES` or `COMMENT`";
            return Err(Error::invalid("There is no such review").hint(hint).field("event").into());
        }
    };
    let seen = commit_id.filter(|sha| !sha.is_empty()).map(|sha| sha.parse()).transpose();
    let seen = seen.map_err(|error: Error| error.field("commit_id"))?;
    let pull = pulls::asked_for(&entered).await?;
    let at = (&entered.place, pull.number);
    let body = body.unwrap_or_default();
    let entry = entered.engine.forge.review(&entered.cx, at, state, &body, seen).await?;
    Ok(Json(shown(&entered, &pull, &entry)?))
}

fn shown(entered: &Entered, pull: &Issue, entry: &Entry) -> Result<PullReview> {
    let unknown = || Error::not_found("such review");
    let head = &pull.pull.as_ref().ok_or_else(unknown)?.head_sha;
    let (base, repository) = (&entered.engine.settings.base_url, &entered.place.repository);
    let of_pull = entry.number == pull.number;
    PullReview::new(base, repository, entry, head).filter(|_| of_pull).ok_or_else(unknown)
}
