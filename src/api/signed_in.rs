//! Who calls: from the `Authorization` header to a context.
//!
//! `token …` and `Bearer …` carry a token, and Basic carries it as the password, as Git does. A header that is there but
//! not good is 401, never anonymous: a script with a revoked token must notice.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::access::Actor;
use crate::access::Cx;
use crate::engine::Engine;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::telemetry::RequestId;

/// Whoever calls, as a context. Anonymous when there is no header.
#[derive(Clone, Debug)]
pub struct SignedIn(pub Cx);

impl SignedIn {
    /// The context of a request with these headers.
    pub async fn of(engine: &Engine, headers: &HeaderMap, request: String) -> Result<Cx> {
        let actor = match secret(headers)? {
            None => Actor::Anonymous,
            Some(secret) => {
                let (account, scopes) = engine.identity.token(&secret).await?.ok_or_else(refused)?;
                let site_admin = account.site_admin;
                Actor::Person { id: account.id, login: account.login, site_admin, scopes: Some(scopes) }
            }
        };
        Ok(Cx::new(actor, &engine.clock, request))
    }
}

fn refused() -> Error {
    Error::new(ErrorKind::Unauthenticated, "The token is not known, or it was revoked")
        .hint("make one on the page of your tokens")
}

fn secret(headers: &HeaderMap) -> Result<Option<String>> {
    let Some(header) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let header = header.to_str().map_err(|_| refused())?;
    let (scheme, value) = header.split_once(' ').ok_or_else(refused)?;
    let value = value.trim();
    match scheme.to_ascii_lowercase().as_str() {
        "token" | "bearer" => Ok(Some(value.to_owned())),
        "basic" => basic(value).map(Some),
        _ => Err(refused()),
    }
}

/// The token is the password; some clients send it as the name, with nothing or `x-oauth-basic` behind it.
fn basic(value: &str) -> Result<String> {
    let decoded = BASE64_STANDARD.decode(value).map_err(|_| refused())?;
    let text = String::from_utf8(decoded).map_err(|_| refused())?;
    let (name, password) = text.split_once(':').ok_or_else(refused)?;
    let token = if password.is_empty() || password == "x-oauth-basic" { name } else { password };
    Ok(token.to_owned())
}

/// The id that the request log gave, or a fresh one.
pub(crate) fn request_id(parts: &Parts) -> String {
    let given = parts.extensions.get::<RequestId>().map(|id| id.0.clone());
    given.unwrap_or_else(|| uuid::Uuid::now_v7().as_simple().to_string())
}

impl FromRequestParts<Arc<Engine>> for SignedIn {
    type Rejection = super::agents::Refusal;

    async fn from_request_parts(parts: &mut Parts, engine: &Arc<Engine>) -> Result<Self, Self::Rejection> {
        let request = request_id(parts);
        let cx = Self::of(engine, &parts.headers, request.clone()).await;
        cx.map(SignedIn).map_err(|error| super::agents::Refusal::new(error, request))
    }
}
