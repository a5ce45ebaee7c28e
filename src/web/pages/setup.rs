//! The first visitor becomes administrator, with the link that the server printed when it started.

use crate::engine::Engine;
use crate::engine::verbs::FirstVisitor;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::secret::Secret;
use crate::model::OwnerName;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::frame::Frame;
use crate::web::page::again;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::pages::login;
use crate::web::parts::field::Wrong;
use crate::web::posted::Posted;
use crate::web::visitor::Visitor;
use askama::Template;
use axum::extract::Query;
use axum::extract::State;
use axum::http::header;
use serde::Deserialize;
use std::sync::Arc;

/// `/setup`
#[derive(Template)]
#[template(path = "pages/setup.html")]
pub struct Setup {
    /// What surrounds the page.
    pub frame: Frame,
    /// The one-time key of the link.
    pub key: String,
    /// The name that was typed.
    pub name: String,
    /// The organisation that was typed.
    pub organisation: String,
    /// What was wrong.
    pub wrong: Wrong,
}

/// The secret of the link.
#[derive(Debug, Default, Deserialize)]
pub struct Key {
    key: Option<String>,
}

/// `GET /setup?key=…`
pub async fn form(State(engine): State<Arc<Engine>>, visitor: Visitor, Query(key): Query<Key>) -> Answer {
    let key = key.key.unwrap_or_default();
    if !engine.identity.setup_link_is_good(&key).await? {
        return Err(Error::not_found("set-up to do")
            .hint("the newest set-up link stands in the server's output, and works once")
            .into());
    }
    show(&blank(&visitor, key))
}

/// `POST /setup`
pub async fn take(State(engine): State<Arc<Engine>>, visitor: Visitor, posted: Posted) -> Answer {
    let (name, organisation) = (posted.text("name").trim().to_owned(), posted.text("organisation").trim().to_owned());
    let done = match first_visitor(&posted, &name, &organisation) {
        Ok(first) => engine.set_up(&visitor.cx, first).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(account) => {
            let opened = engine.identity.open_session(account.id).await?;
            let mut response =
                go("/", Some(&Said::done(format!("Welcome, {}. You administer this server", account.login))))?;
            response.headers_mut().append(header::SET_COOKIE, login::cookie(&engine, opened.secret.reveal())?);
            Ok(response)
        }
        Err(error) => {
            let wrong = Wrong::from(&error);
            again(&Setup { name, organisation, wrong, ..blank(&visitor, posted.text("key")) })
        }
    }
}

fn first_visitor(posted: &Posted, name: &str, organisation: &str) -> Result<FirstVisitor> {
    let organisation = match organisation {
        "" => None,
        typed => Some(typed.parse::<OwnerName>().map_err(|error| error.field("organisation"))?),
    };
    Ok(FirstVisitor {
        key: posted.text("key"),
        name: name.parse::<OwnerName>().map_err(|error| error.field("name"))?,
        password: Secret::new(posted.text("password")),
        organisation,
    })
}

fn blank(visitor: &Visitor, key: String) -> Setup {
    Setup {
        frame: visitor.bare_frame("Set up"),
        key,
        name: String::new(),
        organisation: String::new(),
        wrong: Wrong::default(),
    }
}
