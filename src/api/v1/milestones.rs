//! Milestones.

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::api::v1::body::Body;
use crate::api::v1::entered::Entered;
use crate::api::v1::listed::Asked;
use crate::api::v1::refusal::Answer;
use crate::forge::embedded::MilestoneChange;
use crate::forge::embedded::wire::milestone::Milestone;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;

/// `GET …/milestones`: open ones, unless `state` says otherwise.
pub async fn list(entered: Entered, asked: Asked) -> Answer<Response> {
    let state = asked.one("state").unwrap_or_else(|| "open".into());
    let name = asked.one("name");
    let mut all = entered.engine.forge.milestones(&entered.place).await?;
    all.retain(|one| state == "all" || one.state.as_str() == state);
    all.retain(|one| name.as_ref().is_none_or(|name| one.title.to_lowercase().contains(&name.to_lowercase())));
    let all: Vec<Milestone> = all.iter().map(Milestone::new).collect();
    Ok(asked.slice(&entered.engine.settings.base_url, all))
}

/// `GET …/milestones/{id}`.
pub async fn get(entered: Entered) -> Answer<Json<Milestone>> {
    let milestone = entered.engine.forge.milestone(&entered.place, entered.number("id")?).await?;
    Ok(Json(Milestone::new(&milestone)))
}

#[derive(Deserialize)]
pub struct Change {
    title: Option<String>,
    description: Option<String>,
    state: Option<String>,
    due_on: Option<String>,
}

impl Change {
    fn for_forge(self) -> Result<MilestoneChange> {
        let Self { title, description, state, due_on } = self;
        let due = due_on
            .filter(|due| !due.is_empty())
            .map(|due| Timestamp::parse(&due).ok_or_else(|| Error::invalid("`due_on` is no time").field("due_on")));
        let state = state.filter(|state| !state.is_empty()).map(|state| state.parse()).transpose()?;
        Ok(MilestoneChange { title, description, state, due: due.transpose()? })
    }
}

/// `POST …/milestones`.
pub async fn create(entered: Entered, Body(new): Body<Change>) -> Answer<(StatusCode, Json<Milestone>)> {
    let made = entered.engine.forge.create_milestone(&entered.cx, &entered.place, new.for_forge()?).await?;
    Ok((StatusCode::CREATED, Json(Milestone::new(&made))))
}

/// `PATCH …/milestones/{id}`.
pub async fn change(entered: Entered, Body(change): Body<Change>) -> Answer<Json<Milestone>> {
    let id = entered.number("id")?;
    let changed = entered.engine.forge.change_milestone(&entered.cx, &entered.place, id, change.for_forge()?).await?;
    Ok(Json(Milestone::new(&changed)))
}

/// `DELETE …/milestones/{id}`.
pub async fn delete(entered: Entered) -> Answer<StatusCode> {
    let id = entered.number("id")?;
    entered.engine.forge.delete_milestone(&entered.cx, &entered.place, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
