//! Webhooks that go out: those of a repository, of an organisation and of the whole server. What a hook keeps to itself is in no
//! answer, not even for those who set it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::extract::RawPathParams;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Deserialize;

use crate::access::Cx;
use crate::api::v1::body::Body;
use crate::api::v1::caller::Caller;
use crate::api::v1::entered::Entered;
use crate::api::v1::listed::Asked;
use crate::api::v1::people;
use crate::api::v1::refusal::Answer;
use crate::api::v1::refusal::Refusal;
use crate::engine::Engine;
use crate::forge::embedded::hooks::HookChange;
use crate::forge::embedded::hooks::HookEvent;
use crate::forge::embedded::hooks::HooksOf;
use crate::forge::embedded::wire::hook::Hook;
use crate::identity::Account;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::secret::Secret;

/// Whose hooks a path names, and who asks. Everything else is asked of the forge, which refuses whoever may not.
pub struct Hooked {
    cx: Cx,
    engine: Arc<Engine>,
    whose: Whose,
    id: String,
}

enum Whose {
    Repository(Box<Entered>),
    Organisation(Box<Account>),
    Server,
}

impl Hooked {
    fn of(&self) -> HooksOf<'_> {
        match &self.whose {
            Whose::Repository(entered) => HooksOf::Repository(&entered.place),
            Whose::Organisation(account) => HooksOf::Organisation(account),
            Whose::Server => HooksOf::Server,
        }
    }

    fn id(&self) -> Result<i64> {
        self.id.parse().map_err(|_| Error::not_found("such hook"))
    }
}

impl FromRequestParts<Arc<Engine>> for Hooked {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, engine: &Arc<Engine>) -> Result<Self, Refusal> {
        let Caller(cx) = Caller::from_request_parts(parts, engine).await?;
        let params = RawPathParams::from_request_parts(parts, engine).await;
        let params = params.map_err(|_| Error::not_found("such hook"))?;
        let find = |key: &str| params.iter().find(|(name, _)| *name == key).map(|(_, value)| value.to_owned());
        let whose = match (find("org"), find("repo")) {
            (Some(org), _) => Whose::Organisation(Box::new(people::organisation_named(engine, &org).await?)),
            (None, Some(_)) => Whose::Repository(Box::new(Entered::from_request_parts(parts, engine).await?)),
            (None, None) => Whose::Server,
        };
        Ok(Self { cx, engine: Arc::clone(engine), whose, id: find("id").unwrap_or_default() })
    }
}

/// `GET …/hooks`.
pub async fn list(hooked: Hooked, asked: Asked) -> Answer<Response> {
    let all = hooked.engine.forge.hooks(&hooked.cx, hooked.of()).await?;
    Ok(asked.slice(&hooked.engine.settings.base_url, all.iter().map(Hook::new).collect()))
}

/// `GET …/hooks/{id}`.
pub async fn get(hooked: Hooked) -> Answer<Json<Hook>> {
    let hook = hooked.engine.forge.hook(&hooked.cx, hooked.of(), hooked.id()?).await?;
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
    /// The same for the forge.
    fn for_forge(self) -> Result<HookChange> {
        let Self { r#type, config, events, branch_filter, authorization_header, active } = self;
        let mut config = config.unwrap_or_default();
        Ok(HookChange {
            flavour: r#type.map(|word| word.parse()).transpose()?,
            url: config.remove("url"),
            content_type: config.remove("content_type").map(|word| word.parse()).transpose()?,
            secret: config.remove("secret").map(Secret::new),
            authorization: authorization_header.map(Secret::new),
            events: events.filter(|words| !words.is_empty()).map(|words| HookEvent::all_named(&words)).transpose()?,
            branches: branch_filter,
            active,
        })
    }
}

/// `POST …/hooks`. As in Gitea, a new hook is told nothing until `active` says so.
pub async fn create(hooked: Hooked, Body(new): Body<Change>) -> Answer<(StatusCode, Json<Hook>)> {
    for (field, missing) in [("type", new.r#type.is_none()), ("config", new.config.is_none())] {
        if missing {
            return Err(Error::invalid(format!("`{field}` is missing")).field(field).into());
        }
    }
    let mut change = new.for_forge()?;
    change.active = Some(change.active.unwrap_or(false));
    let hook = hooked.engine.create_hook(&hooked.cx, hooked.of(), change).await?;
    Ok((StatusCode::CREATED, Json(Hook::new(&hook))))
}

/// `PATCH …/hooks/{id}`.
pub async fn change(hooked: Hooked, Body(change): Body<Change>) -> Answer<Json<Hook>> {
    let id = hooked.id()?;
    let hook = hooked.engine.change_hook(&hooked.cx, hooked.of(), id, change.for_forge()?).await?;
    Ok(Json(Hook::new(&hook)))
}

/// `DELETE …/hooks/{id}`.
pub async fn delete(hooked: Hooked) -> Answer<StatusCode> {
    hooked.engine.delete_hook(&hooked.cx, hooked.of(), hooked.id()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/hooks/{id}/tests`.
pub async fn test(entered: Entered) -> Answer<StatusCode> {
    entered.engine.test_hook(&entered.cx, &entered.place, entered.number("id")?).await?;
    Ok(StatusCode::NO_CONTENT)
}
