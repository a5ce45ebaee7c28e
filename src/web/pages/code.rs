//! A folder of a repository at a ref, with its README.

use askama::Template;

use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::parts::digest::Mono;
use crate::web::parts::html::Html;
use crate::web::parts::person::Who;
use crate::web::parts::time::When;

/// `/{owner}/{repo}` and `/{owner}/{repo}/src/{ref}/{path…}` of a folder.
#[derive(Template)]
#[template(path = "pages/code.html")]
pub struct CodePage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// What the repository is for.
    pub description: String,
    /// Where in the code.
    pub place: Place,
    /// The newest commit; none in an empty repository.
    pub commit: Option<CommitLine>,
    /// Folders first, then files.
    pub entries: Vec<Entry>,
    /// The README of this folder: its name and its text.
    pub readme: Option<(String, Html)>,
    /// What `git clone` takes.
    pub clone_url: String,
    /// How many branches there are.
    pub branch_count: usize,
}

/// A place in the code: a ref and a path.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// `/{owner}/{repo}`
    pub root: String,
    /// The ref as the address writes it.
    pub reference: String,
    /// The commit.
    pub commit: String,
    /// Branches to choose from: the name and its address at the same path.
    pub branches: Vec<(String, String)>,
    /// The folders above: the name and its address.
    pub crumbs: Vec<(String, String)>,
}

/// The newest commit of a place.
#[derive(Clone, Debug)]
pub struct CommitLine {
    /// Its address.
    pub href: String,
    /// Its id.
    pub id: Mono,
    /// The first line of its message.
    pub title: String,
    /// Who wrote it.
    pub who: Who,
    /// When.
    pub when: When,
}

/// A file or folder.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name.
    pub name: Html,
    /// Its address.
    pub href: String,
    /// `folder`, `file` or `link`: a symbol of `static/icons.svg`.
    pub icon: &'static str,
    /// Its size, or where a link points.
    pub detail: String,
}
