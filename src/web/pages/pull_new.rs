//! Opening a pull request: two branches are compared first.

use askama::Template;

use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::pages::code::CommitLine;
use crate::web::parts::diff::Diff;
use crate::web::parts::field::Wrong;

/// `/{owner}/{repo}/pulls/new`
#[derive(Template)]
#[template(path = "pages/pull_new.html")]
pub struct PullNew {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// All branches.
    pub branches: Vec<String>,
    /// The branch that is to change.
    pub base: String,
    /// The branch with the changes; empty until one is chosen.
    pub head: String,
    /// The title that was typed.
    pub title: String,
    /// The text that was typed.
    pub body: String,
    /// The commits that it would bring.
    pub commits: Vec<CommitLine>,
    /// What it would change.
    pub diff: Diff,
    /// Why it cannot be opened; empty when it can.
    pub note: String,
    /// What was wrong.
    pub wrong: Wrong,
}
