//! Webhooks that go out.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::api::v1::body::Body;
use crate::api::v1::entered::Entered;
use crate::api::v1::listed::Asked;
use crate::api::v1::refusal::Answer;
use crate::forge::embedded::hooks::HookChange;
use crate::forge::embedded::hooks::HookEvent;
use crate::forge::embedded::wire::hook::Hook;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::secret::Secret;

/// `GET …/hooks`.
pub async fn list(entered: Entered, asked: Asked) -> Answer<Response> {
    let all = entered.engine.forge.hooks(&entered.cx, &entered.place).await?;
    Ok(asked.slice(&entered.engine.settings.base_url, all.iter().map(Hook::new).collect()))
}

/// `GET …/hooks/{id}`.
pub async fn get(entered: Entered) -> Answer<Json<Hook>> {
    let hook = entered.engine.forge.hook(&entered.cx, &entered.place, entered.number("id")?).await?;
    Ok(Json(Hook::new(&hook)))
}

#[derive(Deserialize)]
pub struct Change {
    r#type: Option<String>,
    config: Option<BTreeMap<String, String>>,
    events: Option<Vec<String>>,
    branch_filter: Option<String>,
    authorization_header: Option<String>,
    active: Option<bool>,
}

impl Change {
    /// The same for the forge. A field that promises what is not done is refused, rather than forgotten.
    fn for_forge(self) -> Result<HookChange> {
        let Self { r#type, config, events, branch_filter, authorization_header, active } = self;
        if authorization_header.is_some_and(|header| !header.is_empty()) {
            return Err(Error::invalid("Hooks send no `Authorization` header")
                .hint("set `config.secret`, and check the signature of deliveries")
                .field("authorization_header"));
        }
        let mut config = config.unwrap_or_default();
        Ok(HookChange {
            flavour: r#type.map(|word| word.parse()).transpose()?,
            url: config.remove("url"),
            content_type: config.remove("content_type").map(|word| word.parse()).transpose()?,
            secret: config.remove("secret").map(Secret::new),
            events: events.filter(|words| !words.is_empty()).map(|words| HookEvent::all_named(&words)).transpose()?,
            branches: branch_filter,
            active,
        })
    }
}

/// `POST …/hooks`. As in Gitea, a new hook is told nothing until `active` says so.
pub async fn create(entered: Entered, Body(new): Body<Change>) -> Answer<(StatusCode, Json<Hook>)> {
    for (field, missing) in [("type", new.r#type.is_none()), ("config", new.config.is_none())] {
        if missing {
            return Err(Error::invalid(format!("`{field}` is missing")).field(field).into());
        }
    }
    let mut change = new.for_forge()?;
    change.active = Some(change.active.unwrap_or(false));
    let hook = entered.engine.create_hook(&entered.cx, &entered.place, change).await?;
    Ok((StatusCode::CREATED, Json(Hook::new(&hook))))
}

/// `PATCH …/hooks/{id}`.
pub async fn change(entered: Entered, Body(change): Body<Change>) -> Answer<Json<Hook>> {
    let id = entered.number("id")?;
    let hook = entered.engine.change_hook(&entered.cx, &entered.place, id, change.for_forge()?).await?;
    Ok(Json(Hook::new(&hook)))
}

/// `DELETE …/hooks/{id}`.
pub async fn delete(entered: Entered) -> Answer<StatusCode> {
    entered.engine.delete_hook(&entered.cx, &entered.place, entered.number("id")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/hooks/{id}/tests`.
pub async fn test(entered: Entered) -> Answer<StatusCode> {
    entered.engine.test_hook(&entered.cx, &entered.place, entered.number("id")?).await?;
    Ok(StatusCode::NO_CONTENT)
}
