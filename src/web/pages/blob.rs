//! One file at a ref, with an anchor for each line.

use askama::Template;

use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::pages::code::Place;
use crate::web::parts::html::Html;

/// `/{owner}/{repo}/src/{ref}/{path…}` of a file.
#[derive(Template)]
#[template(path = "pages/blob.html")]
pub struct Blob {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// Where in the code.
    pub place: Place,
    /// The path.
    pub path: String,
    /// Its size in words.
    pub size: String,
    /// Its mode, when it is not that of a plain file.
    pub mode: &'static str,
    /// The lines.
    pub lines: Vec<Html>,
    /// The file as prose, when it is Markdown and the address does not ask for lines.
    pub prose: Option<Html>,
    /// Whether it can be read as prose.
    pub markdown: bool,
    /// Said instead of lines: binary, too large, a link.
    pub note: String,
    /// The address of this file as it is.
    pub raw_href: String,
    /// The address of this page.
    pub href: String,
    /// The address of this file at its commit, which never changes.
    pub permanent: String,
    /// Stacks that can be dispatched on this file.
    pub stacks: Vec<String>,
}
