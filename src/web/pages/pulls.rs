//! The pull requests of a repository.

use askama::Template;

use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::pages::issues::IssueRow;
use crate::web::parts::pager::Pager;

/// `/{owner}/{repo}/pulls`
#[derive(Template)]
#[template(path = "pages/pulls.html")]
pub struct Pulls {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// `open` or `closed`.
    pub state: &'static str,
    /// How many are open.
    pub open: u64,
    /// How many are closed or merged.
    pub closed: u64,
    /// The rows.
    pub pulls: Vec<IssueRow>,
    /// Links to other pages.
    pub pager: Pager,
}
