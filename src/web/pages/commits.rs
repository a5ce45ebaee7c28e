//! The commits that lead to a ref.

use askama::Template;

use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::pages::code::CommitLine;
use crate::web::pages::code::Place;

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
    /// The address of older ones.
    pub older: Option<String>,
}
