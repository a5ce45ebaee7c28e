//! The server's version, people and organisations.

use std::sync::Arc;

use axum::Json;
use axum::extract::Path;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::api::v1::body::Body;
use crate::api::v1::caller::Caller;
use crate::api::v1::listed::Asked;
use crate::api::v1::refusal::Answer;
use crate::engine::Engine;
use crate::forge::embedded::wire::account::Organization;
use crate::forge::embedded::wire::account::User;
use crate::identity::Account;
use crate::identity::AccountKind;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;

/// `GET /version`. Clients compare it with Gitea's numbers, so it names the one whose subset this is.
pub async fn version() -> Json<Value> {
    Json(json!({"version": concat!("1.21.0+forgehand-", env!("CARGO_PKG_VERSION"))}))
}

/// `GET /user`.
pub async fn myself(State(engine): State<Arc<Engine>>, caller: Caller) -> Answer<Json<User>> {
    let account = engine.identity.account(caller.account()?).await?;
    let account = account.ok_or_else(|| Error::not_found("such user"))?;
    Ok(Json(User::new(&engine.settings.base_url, &account)))
}

/// `GET /users/{user}`.
pub async fn user(
    State(engine): State<Arc<Engine>>,
    Caller(_): Caller,
    Path(user): Path<String>,
) -> Answer<Json<User>> {
    let account = named(&engine, &user).await?;
    Ok(Json(User::new(&engine.settings.base_url, &account)))
}

/// `GET /orgs`.
pub async fn organisations(State(engine): State<Arc<Engine>>, Caller(_): Caller, asked: Asked) -> Answer<Response> {
    let page = engine.identity.list(AccountKind::Organisation, asked.paging).await?;
    Ok(asked.answer(&engine.settings.base_url, page.map(|account| Organization::new(&account))))
}

/// `GET /orgs/{org}`.
pub async fn organisation(
    State(engine): State<Arc<Engine>>,
    Caller(_): Caller,
    Path(org): Path<String>,
) -> Answer<Json<Organization>> {
    Ok(Json(Organization::new(&organisation_named(&engine, &org).await?)))
}

#[derive(Deserialize)]
pub struct CreateOrganisation {
    username: String,
    full_name: Option<String>,
}

/// `POST /orgs`.
pub async fn create_organisation(
    State(engine): State<Arc<Engine>>,
    Caller(cx): Caller,
    Body(CreateOrganisation { username, full_name }): Body<CreateOrganisation>,
) -> Answer<(StatusCode, Json<Organization>)> {
    let login = username.parse().map_err(|error: Error| error.field("username"))?;
    let made = engine.create_organisation(&cx, login, full_name.unwrap_or_default()).await.map_err(taken)?;
    Ok((StatusCode::CREATED, Json(Organization::new(&made))))
}

/// Gitea answers 422 for a name that is taken.
fn taken(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Conflict => Error::invalid(error.message().to_owned()).field("username"),
        _ => error,
    }
}

/// The account with a name.
pub async fn named(engine: &Engine, name: &str) -> Result<Account> {
    let unknown = || Error::not_found("such user");
    let name = name.parse().map_err(|_| unknown())?;
    engine.identity.account_by_name(&name).await?.ok_or_else(unknown)
}

/// The organisation with a name.
pub async fn organisation_named(engine: &Engine, name: &str) -> Result<Account> {
    let found = named(engine, name).await.ok().filter(|account| account.kind == AccountKind::Organisation);
    found.ok_or_else(|| Error::not_found("such organisation"))
}
