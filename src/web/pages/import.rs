//! A new repository from another server: taken over once, or kept as a mirror.

use std::sync::Arc;

use askama::Template;
use axum::extract::Query;
use axum::extract::State;
use serde::Deserialize;

use crate::engine::Engine;
use crate::engine::mirror;
use crate::forge::embedded::Credentials;
use crate::forge::embedded::NewOrigin;
use crate::forge::embedded::NewRepository;
use crate::forge::embedded::origin;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::secret::Secret;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::frame::Frame;
use crate::web::page::again;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::parts::field::Wrong;
use crate::web::posted::Posted;
use crate::web::visitor::Visitor;

/// `/new/import`
#[derive(Template)]
#[template(path = "pages/import.html")]
pub struct Import {
    /// What surrounds the page.
    pub frame: Frame,
    /// What was typed: owner, address, name, what it is for, who we are there, how often it looks.
    pub typed: Typed,
    /// What was wrong.
    pub wrong: Wrong,
}

/// What was typed into the form. Never the password.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// Who is to own it.
    pub owner: String,
    /// Where from.
    pub url: String,
    /// Its name here.
    pub name: String,
    /// One line about it.
    pub description: String,
    /// Who we are there.
    pub username: String,
    /// Whether it is kept as a mirror.
    pub mirror: bool,
    /// How often a mirror looks.
    pub interval: String,
    /// Whether only people with a role see it.
    pub private: bool,
}

/// For whom.
#[derive(Debug, Default, Deserialize)]
pub struct For {
    #[serde(default)]
    owner: String,
}

/// `GET /new/import`
pub async fn form(State(engine): State<Arc<Engine>>, visitor: Visitor, Query(wanted): Query<For>) -> Answer {
    let own = visitor.account()?.login.to_string();
    let owner = if wanted.owner.is_empty() { own } else { wanted.owner };
    let typed = Typed { owner, interval: "8h".into(), private: true, ..Typed::default() };
    show(&Import { frame: visitor.frame(&engine, "Import a repository").await?, typed, wrong: Wrong::default() })
}

/// `POST /new/import`
pub async fn begin(State(engine): State<Arc<Engine>>, visitor: Visitor, posted: Posted) -> Answer {
    let begun = async {
        let new = read(&engine, &posted).await?;
        let address = format!("/{}/{}/settings/origin", new.repository.owner_name, new.repository.name);
        engine.import_repository(&visitor.cx, new).await?;
        Ok::<_, Error>(address)
    };
    match begun.await {
        Ok(address) => go(&address, Some(&Said::done("The import has begun"))),
        Err(error) => {
            let wrong = Wrong::from(&error);
            let frame = visitor.frame(&engine, "Import a repository").await?;
            again(&Import { frame, typed: Typed::of(&posted), wrong })
        }
    }
}

async fn read(engine: &Engine, posted: &Posted) -> Result<NewOrigin> {
    let owner = engine.named(&posted.text("owner")).await.map_err(|error| error.field("owner"))?;
    let url = mirror::address(&engine.egress, &posted.text("clone_addr"))?;
    let name = match posted.some("repo_name") {
        Some(name) => name,
        None => last_segment(url.path()).to_owned(),
    };
    let period = match posted.ticked("mirror") {
        true => Some(origin::period_of(&posted.text("mirror_interval"))?),
        false => None,
    };
    Ok(NewOrigin {
        repository: NewRepository {
            owner: owner.id,
            owner_name: owner.login,
            name: name.trim().parse().map_err(|error: Error| error.field("repo_name"))?,
            description: posted.text("description").trim().to_owned(),
            private: posted.ticked("private"),
            default_branch: "main".parse()?,
            readme: false,
        },
        url,
        credentials: credentials(posted)?,
        mirror: period,
    })
}

/// A name and a password for the other server, as a form holds them; none when both are empty.
pub(super) fn credentials(posted: &Posted) -> Result<Option<Credentials>> {
    let username = posted.text("auth_username").trim().to_owned();
    match posted.some("auth_password") {
        Some(password) => {
            let username = if username.is_empty() { "oauth2".to_owned() } else { username };
            Ok(Some(Credentials { username, password: Secret::new(password) }))
        }
        None if username.is_empty() => Ok(None),
        None => Err(Error::invalid("A name alone proves nothing").field("auth_password")),
    }
}

/// What most would call it: the last part of the address.
fn last_segment(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    path.rsplit('/').next().unwrap_or_default()
}

impl Typed {
    fn of(posted: &Posted) -> Self {
        Self {
            owner: posted.text("owner"),
            url: posted.text("clone_addr"),
            name: posted.text("repo_name"),
            description: posted.text("description"),
            username: posted.text("auth_username"),
            mirror: posted.ticked("mirror"),
            interval: posted.text("mirror_interval"),
            private: posted.ticked("private"),
        }
    }
}
