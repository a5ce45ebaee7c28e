//! The commits that lead to a ref.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;

use crate::engine::Engine;
use crate::web::address;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::show;
use crate::web::paged::Paged;
use crate::web::pages::code::At;
use crate::web::pages::code::CommitLine;
use crate::web::pages::code::Place;
use crate::web::parts::pager::Pager;

/// `/{owner}/{repo}/commits/{ref}`
#[derive(Template)]
#[template(path = "pages/commits.html")]
pub struct Commits {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// Where in the code.
    pub place: Place,
    /// The commits, newest first.
    pub commits: Vec<CommitLine>,
    /// Links to other pages.
    pub pager: Pager,
}

/// `GET /{owner}/{repo}/commits/{ref}[/{path…}]`
pub async fn list(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(at): Path<At>,
    Query(paged): Query<Paged>,
) -> Answer {
    let commit = at.commit(&engine, &entered).await?;
    let path = at.path()?;
    let commits = entered.git(&engine).log(&commit, path.as_ref(), paged.paging()).await?;
    let place = Place::find(&engine, &entered, (&at.reference, &commit), path.as_ref()).await?;
    let now = entered.visitor.cx.now();
    let here = match &path {
        Some(path) => format!("{}/commits/{}/{}", place.root, place.reference, address::path(path.as_str())),
        None => format!("{}/commits/{}", place.root, place.reference),
    };
    show(&Commits {
        frame: entered.frame(&engine, "Commits").await?,
        repo: entered.head(Tab::Code),
        pager: Pager::new(&commits, &here),
        commits: commits.items.iter().map(|commit| CommitLine::of(commit, &place.root, now)).collect(),
        place,
    })
}
