//! Commit statuses.

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::api::v1::body::Body;
use crate::api::v1::entered::Entered;
use crate::api::v1::listed::Asked;
use crate::api::v1::refusal::Answer;
use crate::forge::embedded::NewStatus;
use crate::forge::embedded::Status;
use crate::forge::embedded::wire::status::CombinedStatus;
use crate::forge::embedded::wire::status::CommitStatus;
use crate::kit::Result;
use crate::model::CommitId;

/// `GET …/statuses/{sha}` and `GET …/commits/{ref}/statuses`: all, newest first.
pub async fn list(entered: Entered, asked: Asked) -> Answer<Response> {
    let sha = asked_for(&entered).await?;
    let page = entered.engine.forge.statuses(&entered.place, &sha, asked.paging).await?;
    Ok(asked.answer(&entered.engine.settings.base_url, page.map(|status| shown(&entered, &status))))
}

/// `GET …/commits/{ref}/status`: the newest of each context, and what they say together.
pub async fn combined(entered: Entered) -> Answer<Json<CombinedStatus>> {
    let sha = asked_for(&entered).await?;
    let statuses = entered.engine.forge.newest_statuses(&entered.place, &[&sha]).await?;
    Ok(Json(CombinedStatus::new(&entered.engine.settings.base_url, &entered.place, &sha, &statuses)))
}

#[derive(Deserialize)]
pub struct Create {
    state: String,
    context: Option<String>,
    description: Option<String>,
    target_url: Option<String>,
}

/// `POST …/statuses/{sha}`.
pub async fn create(entered: Entered, Body(new): Body<Create>) -> Answer<(StatusCode, Json<CommitStatus>)> {
    let Create { state, context, description, target_url } = new;
    let sha = asked_for(&entered).await?;
    let new = NewStatus {
        context: context.filter(|context| !context.is_empty()).unwrap_or_else(|| "default".into()),
        state: state.parse()?,
        description: description.unwrap_or_default(),
        target_url: target_url.unwrap_or_default(),
    };
    let status = entered.engine.forge.post_status(&entered.cx, &entered.place, &sha, new).await?;
    Ok((StatusCode::CREATED, Json(shown(&entered, &status))))
}

async fn asked_for(entered: &Entered) -> Result<CommitId> {
    let name = [entered.text("sha"), entered.text("reference")].concat();
    entered.commit(&name).await
}

fn shown(entered: &Entered, status: &Status) -> CommitStatus {
    CommitStatus::new(&entered.engine.settings.base_url, &entered.place.repository, status)
}
