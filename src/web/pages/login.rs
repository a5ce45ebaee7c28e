//! Signing in.

use crate::engine::Engine;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::secret::Secret;
use crate::web::address;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::page::again;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::parts::field::Wrong;
use crate::web::posted::Posted;
use crate::web::visitor;
use crate::web::visitor::Visitor;
use askama::Template;
use axum::extract::Query;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header;
use serde::Deserialize;
use std::sync::Arc;

/// `/login`
#[derive(Template)]
#[template(path = "pages/login.html")]
pub struct Login {
    /// What surrounds the page.
    pub frame: Frame,
    /// The name that was typed.
    pub name: String,
    /// Where to go afterwards: an address of ours.
    pub next: String,
    /// What was wrong.
    pub wrong: Wrong,
}

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize)]
pub struct Next {
    next: Option<String>,
}

/// `GET /login`
pub async fn form(visitor: Visitor, Query(next): Query<Next>) -> Answer {
    let next = next.next.unwrap_or_default();
    if visitor.session.is_some() {
        return go(address::ours(&next), None);
    }
    show(&blank(&visitor, next))
}

/// `POST /login`
pub async fn enter(State(engine): State<Arc<Engine>>, visitor: Visitor, posted: Posted) -> Answer {
    let (name, next) = (posted.text("name"), posted.text("next"));
    let password = Secret::new(posted.text("password"));
    match engine.identity.log_in(name.trim(), &password, visitor.from).await {
        Ok(account) => {
            let opened = engine.identity.open_session(account.id).await?;
            let mut response = go(address::ours(&next), None)?;
            response.headers_mut().append(header::SET_COOKIE, cookie(&engine, opened.secret.reveal())?);
            Ok(response)
        }
        Err(error) if matches!(error.kind(), ErrorKind::Unauthenticated | ErrorKind::Invalid) => {
            let wrong = Wrong::from(&error.field("password"));
            again(&Login { name, wrong, ..blank(&visitor, next) })
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /logout`
pub async fn leave(State(engine): State<Arc<Engine>>, visitor: Visitor, _posted: Posted) -> Answer {
    engine.identity.close_session(&visitor.secret).await?;
    let mut response = go("/login", None)?;
    let gone = format!("{}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax", visitor::SESSION);
    let gone = HeaderValue::from_str(&gone).map_err(|error| Error::internal("Cannot write a cookie").source(error))?;
    response.headers_mut().append(header::SET_COOKIE, gone);
    Ok(response)
}

/// The cookie of a session that was just opened. It travels only encrypted where the server is reached that way.
pub(super) fn cookie(engine: &Engine, secret: &str) -> crate::kit::Result<HeaderValue> {
    let secure = if engine.settings.base_url.starts_with("https://") { "; Secure" } else { "" };
    let month = 30 * 24 * 3600;
    let text = format!("{}={secret}; Path=/; Max-Age={month}; HttpOnly; SameSite=Lax{secure}", visitor::SESSION);
    HeaderValue::from_str(&text).map_err(|error| Error::internal("Cannot write a cookie").source(error))
}

fn blank(visitor: &Visitor, next: String) -> Login {
    Login { frame: visitor.bare_frame("Sign in"), name: String::new(), next, wrong: Wrong::default() }
}
