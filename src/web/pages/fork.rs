//! Forking a repository, and the forks that there are.

use std::sync::Arc;

use askama::Template;
use axum::extract::Query;
use axum::extract::State;

use crate::engine::Engine;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::paged::Paged;
use crate::web::pages::code::MOST_NAMES;
use crate::web::pages::dashboard::RepositoryRow;
use crate::web::parts::pager::Pager;
use crate::web::posted::Posted;

/// `/{owner}/{repo}/forks`
#[derive(Template)]
#[template(path = "pages/forks.html")]
pub struct Forks {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// The forks that the person may read, the last changed first.
    pub forks: Vec<RepositoryRow>,
    /// Links to other pages.
    pub pager: Pager,
    /// The person's own fork, `owner/name`; none when there is none.
    pub own: Option<String>,
    /// What a fork of theirs would be called, `owner/name`; none when they cannot make one.
    pub made: Option<String>,
}

/// `GET /{owner}/{repo}/forks`
pub async fn list(State(engine): State<Arc<Engine>>, entered: Entered, Query(paged): Query<Paged>) -> Answer {
    let (cx, now) = (&entered.visitor.cx, entered.visitor.cx.now());
    let found = engine.forge.forks(cx, &entered.place, paged.paging()).await?;
    let own = own(&engine, &entered).await?;
    let repository = &entered.place.repository;
    let me = entered.visitor.account().ok().filter(|me| own.is_none() && me.id != repository.owner);
    show(&Forks {
        frame: entered.frame(&engine, "Forks").await?,
        repo: entered.head(Tab::Code),
        pager: Pager::new(&found, &format!("{}/forks", entered.root())),
        forks: found.items.iter().map(|fork| RepositoryRow::of(fork, now)).collect(),
        made: me.map(|me| format!("{}/{}", me.login, repository.name)),
        own,
    })
}

/// `POST /{owner}/{repo}/forks`
pub async fn make(State(engine): State<Arc<Engine>>, entered: Entered, _posted: Posted) -> Answer {
    match engine.forge.fork(&entered.visitor.cx, &entered.place).await {
        Ok(fork) => {
            let said = Said::done(format!("Forked {}", entered.place.repository.reference()));
            go(&format!("/{}", fork.reference()), Some(&said))
        }
        Err(error) if error.kind() == ErrorKind::Conflict => {
            go(&format!("{}/forks", entered.root()), Some(&Said::not_done(error.message())))
        }
        Err(error) => Err(error.into()),
    }
}

/// The branches of the person's own fork, as they are named here: `owner:branch`.
pub(super) async fn heads(engine: &Engine, entered: &Entered) -> Result<Vec<String>> {
    let Ok(me) = entered.visitor.account() else { return Ok(Vec::new()) };
    let Some(fork) = engine.forge.fork_by(&entered.visitor.cx, &entered.place, me.id).await? else {
        return Ok(Vec::new());
    };
    let (branches, _) = engine.forge.git(&fork.repository).branch_names(MOST_NAMES).await?;
    Ok(branches.iter().map(|branch| format!("{}:{branch}", fork.repository.owner_name)).collect())
}

async fn own(engine: &Engine, entered: &Entered) -> Result<Option<String>> {
    let Ok(me) = entered.visitor.account() else { return Ok(None) };
    let fork = engine.forge.fork_by(&entered.visitor.cx, &entered.place, me.id).await?;
    Ok(fork.map(|fork| fork.repository.reference().to_string()))
}
