//! One commit: its message, its people, its diff.

use askama::Template;

use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::pages::pull::CheckRow;
use crate::web::parts::diff::Diff;
use crate::web::parts::digest::Mono;
use crate::web::parts::html::Html;
use crate::web::parts::person::Who;
use crate::web::parts::time::When;

/// `/{owner}/{repo}/commit/{sha}`
#[derive(Template)]
#[template(path = "pages/commit.html")]
pub struct CommitPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// Its id.
    pub id: Mono,
    /// The first line of the message.
    pub title: String,
    /// The rest of the message.
    pub message: Html,
    /// Who wrote it.
    pub author: Who,
    /// When it was written.
    pub when: When,
    /// Who committed it, when that is somebody else.
    pub committer: Option<Who>,
    /// Its parents: address and id.
    pub parents: Vec<(String, Mono)>,
    /// Trailers that we wrote: the name, the value, and an address.
    pub trailers: Vec<(String, String, Option<String>)>,
    /// The address of the tree at this commit.
    pub tree_href: String,
    /// What checks said of it.
    pub checks: Vec<CheckRow>,
    /// What it changes.
    pub diff: Diff,
}
