//! Opening an issue.

use askama::Template;

use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::parts::field::Wrong;

/// `/{owner}/{repo}/issues/new`
#[derive(Template)]
#[template(path = "pages/issue_new.html")]
pub struct IssueNew {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// The title that was typed.
    pub title: String,
    /// The text that was typed.
    pub body: String,
    /// Handles that rules listen to.
    pub handles: Vec<String>,
    /// What was wrong.
    pub wrong: Wrong,
}
