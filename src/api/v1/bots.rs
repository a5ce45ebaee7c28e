//! Bots of an organisation, or of the server, and their tokens. Gitea has nothing like it: the shapes are those of its users
//! and tokens.

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
use crate::api::v1::people;
use crate::api::v1::refusal::Answer;
use crate::engine::Engine;
use crate::forge::embedded::wire::account::User;
use crate::identity::Token;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::AccountId;
use crate::model::TokenId;

/// What a path names: without an organisation it is about the server's bots.
#[derive(Deserialize)]
pub struct Named {
    org: Option<String>,
    #[serde(default)]
    bot: String,
    #[serde(default)]
    id: String,
}

impl Named {
    async fn owner(&self, engine: &Engine) -> Result<Option<AccountId>> {
        match &self.org {
            Some(org) => Ok(Some(people::organisation_named(engine, org).await?.id)),
            None => Ok(None),
        }
    }
}

type At = Path<Named>;
type Engines = State<Arc<Engine>>;

/// `GET /orgs/{org}/bots`, `GET /admin/bots`
pub async fn list(State(engine): Engines, Caller(cx): Caller, Path(at): At, asked: Asked) -> Answer<Response> {
    let owner = at.owner(&engine).await?;
    engine.may_keep_bots(&cx, owner).await?;
    let base = &engine.settings.base_url;
    let bots = engine.identity.bots_of(owner).await?;
    Ok(asked.slice(base, bots.iter().map(|bot| User::new(base, bot)).collect()))
}

#[derive(Deserialize)]
pub struct NewBot {
    username: String,
    full_name: Option<String>,
}

/// `POST /orgs/{org}/bots`, `POST /admin/bots`
pub async fn create(
    State(engine): Engines,
    Caller(cx): Caller,
    Path(at): At,
    Body(NewBot { username, full_name }): Body<NewBot>,
) -> Answer<(StatusCode, Json<User>)> {
    let owner = at.owner(&engine).await?;
    let login = username.parse().map_err(|error: Error| error.field("username"))?;
    let bot = engine.create_bot(&cx, owner, login, &full_name.unwrap_or_default()).await?;
    Ok((StatusCode::CREATED, Json(User::new(&engine.settings.base_url, &bot))))
}

/// `DELETE /orgs/{org}/bots/{bot}`: it does nothing any more.
pub async fn retire(State(engine): Engines, Caller(cx): Caller, Path(at): At) -> Answer<StatusCode> {
    let bot = engine.kept_bot(&cx, at.owner(&engine).await?, &at.bot).await?;
    engine.retire_bot(&cx, &bot).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /orgs/{org}/bots/{bot}/tokens`
pub async fn tokens(State(engine): Engines, Caller(cx): Caller, Path(at): At, asked: Asked) -> Answer<Response> {
    let bot = engine.kept_bot(&cx, at.owner(&engine).await?, &at.bot).await?;
    let tokens = engine.identity.tokens_of(bot.id).await?;
    Ok(asked.slice(&engine.settings.base_url, tokens.iter().map(shown).collect()))
}

#[derive(Deserialize)]
pub struct NewToken {
    name: String,
    #[serde(default)]
    scopes: Vec<String>,
}

/// `POST /orgs/{org}/bots/{bot}/tokens`: the secret stands in this answer alone.
pub async fn issue(
    State(engine): Engines,
    Caller(cx): Caller,
    Path(at): At,
    Body(NewToken { name, scopes }): Body<NewToken>,
) -> Answer<(StatusCode, Json<Value>)> {
    let bot = engine.kept_bot(&cx, at.owner(&engine).await?, &at.bot).await?;
    let (id, secret) = engine.issue_bot_token(&cx, &bot, &name, &scopes).await?;
    let told = json!({"id": id, "name": name, "scopes": scopes, "sha1": secret.reveal()});
    Ok((StatusCode::CREATED, Json(told)))
}

/// `DELETE /orgs/{org}/bots/{bot}/tokens/{id}`
pub async fn revoke(State(engine): Engines, Caller(cx): Caller, Path(at): At) -> Answer<StatusCode> {
    let bot = engine.kept_bot(&cx, at.owner(&engine).await?, &at.bot).await?;
    let id: TokenId = at.id.parse().map_err(|_| Error::not_found("such token"))?;
    engine.revoke_bot_token(&cx, &bot, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn shown(token: &Token) -> Value {
    json!({
        "id": token.id, "name": token.name, "scopes": token.scopes, "created_at": token.created.rfc3339(),
        "last_used_at": token.last_used.map(crate::kit::clock::Timestamp::rfc3339),
    })
}
