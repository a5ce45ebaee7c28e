//! Repositories that come from elsewhere: taken over once, or kept as a mirror.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use crate::api::v1::body::Body;
use crate::api::v1::caller::Caller;
use crate::api::v1::entered::Entered;
use crate::api::v1::people;
use crate::api::v1::refusal::Answer;
use crate::api::v1::repos::seen;
use crate::engine::Engine;
use crate::engine::mirror;
use crate::forge::embedded::Credentials;
use crate::forge::embedded::NewOrigin;
use crate::forge::embedded::NewRepository;
use crate::forge::embedded::origin;
use crate::forge::embedded::wire::repository::Repository;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::secret::Secret;

#[derive(Deserialize)]
pub struct Migrate {
    clone_addr: String,
    repo_name: String,
    repo_owner: Option<String>,
    description: Option<String>,
    private: Option<bool>,
    mirror: Option<bool>,
    mirror_interval: Option<String>,
    auth_username: Option<String>,
    auth_password: Option<String>,
    auth_token: Option<String>,
    lfs: Option<bool>,
    wiki: Option<bool>,
    issues: Option<bool>,
    labels: Option<bool>,
    milestones: Option<bool>,
    pull_requests: Option<bool>,
    releases: Option<bool>,
}

/// `POST /repos/migrate`: answers when what was to come is here, or says why it is not.
pub async fn migrate(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    Body(new): Body<Migrate>,
) -> Answer<(StatusCode, Json<Repository>)> {
    let cx = &caller.0;
    refuse_what_stays_behind(&new)?;
    let owner = match &new.repo_owner {
        Some(owner) if !owner.is_empty() => people::named(&engine, owner).await?,
        _ => {
            let own = engine.identity.account(caller.account()?).await?;
            own.ok_or_else(|| Error::not_found("such user"))?
        }
    };
    let credentials = credentials(&new)?;
    let period = origin::period_of(new.mirror_interval.as_deref().unwrap_or_default())?;
    let new = NewOrigin {
        repository: NewRepository {
            owner: owner.id,
            owner_name: owner.login,
            name: new.repo_name.parse().map_err(|error: Error| error.field("repo_name"))?,
            description: new.description.unwrap_or_default(),
            private: new.private.unwrap_or(false),
            default_branch: "main".parse()?,
            readme: false,
        },
        url: mirror::address(&engine.egress, &new.clone_addr)?,
        credentials,
        mirror: new.mirror.unwrap_or(false).then_some(period),
    };
    let repo = engine.import_repository(cx, new).await?;
    engine.await_import(cx, repo).await?;
    let place = engine.forge.enter_by_id(cx, repo).await?;
    Ok((StatusCode::CREATED, Json(seen(&engine, &place).await?)))
}

/// Only commits, branches and tags come over: who asks for more is told so, rather than left to find out.
fn refuse_what_stays_behind(new: &Migrate) -> Result<()> {
    let asked = [
        ("lfs", new.lfs),
        ("wiki", new.wiki),
        ("issues", new.issues),
        ("labels", new.labels),
        ("milestones", new.milestones),
        ("pull_requests", new.pull_requests),
        ("releases", new.releases),
    ];
    match asked.into_iter().find(|(_, asked)| *asked == Some(true)) {
        Some((field, _)) => {
            Err(Error::invalid(format!("`{field}` cannot be imported: only commits, branches and tags come over"))
                .hint("leave the field out")
                .field(field))
        }
        None => Ok(()),
    }
}

/// A token stands for the password, as `oauth2`, which the usual servers take.
fn credentials(new: &Migrate) -> Result<Option<Credentials>> {
    let some = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let (name, password, token) = (some(&new.auth_username), some(&new.auth_password), some(&new.auth_token));
    let username = name.unwrap_or_else(|| "oauth2".into());
    match token.or(password) {
        Some(password) => Ok(Some(Credentials { username, password: Secret::new(password) })),
        None if new.auth_username.as_deref().is_some_and(|name| !name.is_empty()) => {
            Err(Error::invalid("A name alone proves nothing").field("auth_password"))
        }
        None => Ok(None),
    }
}

/// `POST /repos/{owner}/{repo}/mirror-sync`: the look is taken in the background.
pub async fn sync(entered: Entered) -> Answer<StatusCode> {
    entered.engine.look_now(&entered.cx, &entered.place).await?;
    Ok(StatusCode::OK)
}

/// `POST /repos/{owner}/{repo}/convert`: the mirror becomes a repository of its own.
pub async fn convert(entered: Entered) -> Answer<Json<Repository>> {
    let Entered { cx, place, engine, .. } = &entered;
    engine.convert_mirror(cx, place).await?;
    let place = engine.forge.enter_by_id(cx, place.repository.id).await?;
    Ok(Json(seen(engine, &place).await?))
}
