//! People with a role of their own in a repository.

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::access::Action;
use crate::api::v1::body::Body;
use crate::api::v1::entered::Entered;
use crate::api::v1::listed::Asked;
use crate::api::v1::people;
use crate::api::v1::refusal::Answer;
use crate::forge::embedded::wire::account::User;
use crate::identity::Account;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::AccountId;
use crate::model::Role;

/// `GET …/collaborators`.
pub async fn list(entered: Entered, asked: Asked) -> Answer<Response> {
    let Entered { cx, place, engine, .. } = &entered;
    cx.authorize(Action::PushBranch, &place.standing)?;
    let all = engine.access.collaborators(place.repository.id).await?;
    let ids: Vec<AccountId> = all.iter().map(|one| one.account).collect();
    let mut accounts = engine.identity.accounts(&ids).await?;
    accounts.sort_by(|one, other| one.login.cmp(&other.login));
    let base = &engine.settings.base_url;
    Ok(asked.slice(base, accounts.iter().map(|account| User::new(base, account)).collect()))
}

/// `GET …/collaborators/{collaborator}`: 204 when they are one, 404 when not.
pub async fn is_one(entered: Entered) -> Answer<StatusCode> {
    let account = named(&entered).await?;
    entered.cx.authorize(Action::PushBranch, &entered.place.standing)?;
    let all = entered.engine.access.collaborators(entered.place.repository.id).await?;
    match all.iter().any(|one| one.account == account.id) {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Error::not_found("such collaborator").into()),
    }
}

#[derive(Deserialize)]
pub struct Add {
    permission: Option<String>,
}

/// `PUT …/collaborators/{collaborator}`.
pub async fn add(entered: Entered, Body(Add { permission }): Body<Add>) -> Answer<StatusCode> {
    let Entered { cx, place, engine, .. } = &entered;
    cx.authorize(Action::AdministerRepository, &place.standing)?;
    let role: Role =
        permission.as_deref().unwrap_or("write").parse().map_err(|error: Error| error.field("permission"))?;
    let account = named(&entered).await?;
    engine.set_collaborator(cx, place, &account, Some(role)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE …/collaborators/{collaborator}`.
pub async fn remove(entered: Entered) -> Answer<StatusCode> {
    let Entered { cx, place, engine, .. } = &entered;
    cx.authorize(Action::AdministerRepository, &place.standing)?;
    let account = named(&entered).await?;
    engine.set_collaborator(cx, place, &account, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET …/collaborators/{collaborator}/permission`: for oneself, or for who administers the repository.
pub async fn permission(entered: Entered) -> Answer<Json<Value>> {
    let Entered { cx, place, engine, .. } = &entered;
    let account = named(&entered).await?;
    if cx.person() != Some(account.id) {
        cx.authorize(Action::AdministerRepository, &place.standing)?;
    }
    let role = engine.access.role_of(account.id, &place.repository.facts()).await?;
    let role = if account.site_admin { Some(Role::Admin) } else { role };
    let word = match role {
        Some(role) if account.id == place.repository.owner && role == Role::Admin => "owner",
        Some(role) => role.as_str(),
        None if place.repository.private => "none",
        None => "read",
    };
    let user = User::new(&engine.settings.base_url, &account);
    Ok(Json(json!({"permission": word, "role_name": word, "user": user})))
}

async fn named(entered: &Entered) -> Result<Account> {
    people::named(&entered.engine, entered.text("collaborator")).await
}
