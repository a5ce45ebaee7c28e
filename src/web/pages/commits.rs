//! The commits that lead to a ref.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;

use crate::engine::Engine;
use crate::git;
use crate::kit::Result;
use crate::kit::text;
use crate::model::TreePath;
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
    /// The path whose changes these are; empty for all.
    pub path: String,
    /// Where the path was before its first commit here: the path and the address of its history.
    pub before: Option<(String, String)>,
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
    let shown = commits.paging.offset().unsigned_abs() + commits.items.len() as u64;
    let last_page = shown >= commits.total;
    let before = match (&path, commits.items.last().filter(|_| last_page)) {
        (Some(path), Some(first)) => before(&entered.git(&engine), path, first, &place.root).await?,
        _ => None,
    };
    show(&Commits {
        path: path.map(|path| text::visible(path.as_str())).unwrap_or_default(),
        before,
        frame: entered.frame(&engine, "Commits").await?,
        repo: entered.head(Tab::Code),
        pager: Pager::new(&commits, &here),
        commits: commits.items.iter().map(|commit| CommitLine::of(commit, &place.root, now)).collect(),
        place,
    })
}

/// Where a file was before the commit that brought it here, when that commit moved it.
async fn before(
    git: &git::Repository,
    path: &TreePath,
    first: &git::Commit,
    root: &str,
) -> Result<Option<(String, String)>> {
    let Some(parent) = first.parents.first() else { return Ok(None) };
    let bounds = git::DiffBounds { lines: 0, bytes: 0, ..git::DiffBounds::default() };
    let diff = git.diff(git::Side::Commit(parent), git::Side::Commit(&first.id), &bounds).await?;
    let moved = |file: &&git::diff::FileDiff| {
        file.status == git::diff::Status::Renamed && file.raw_path == path.as_str().as_bytes()
    };
    Ok(diff
        .files
        .iter()
        .find(moved)
        .map(|file| (file.old_path.clone(), format!("{root}/commits/{parent}/{}", address::path(&file.old_path)))))
}
