//! The agent runs of a repository.

use askama::Template;

use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::parts::pager::Pager;
use crate::web::parts::run::RunRow;

/// `/{owner}/{repo}/runs`
#[derive(Template)]
#[template(path = "pages/runs.html")]
pub struct Runs {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// `all`, `live`, `waiting`, `failed` or `succeeded`.
    pub filter: &'static str,
    /// The runs, newest first.
    pub runs: Vec<RunRow>,
    /// Links to other pages.
    pub pager: Pager,
    /// Stacks that can be dispatched by hand.
    pub stacks: Vec<String>,
    /// Branches to dispatch on.
    pub branches: Vec<String>,
}
