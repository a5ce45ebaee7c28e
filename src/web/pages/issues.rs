//! The issues of a repository.

use askama::Template;

use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::parts::badge::Mark;
use crate::web::parts::pager::Pager;
use crate::web::parts::time::When;

/// `/{owner}/{repo}/issues`
#[derive(Template)]
#[template(path = "pages/issues.html")]
pub struct Issues {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// `open` or `closed`.
    pub state: &'static str,
    /// The words that were searched for.
    pub query: String,
    /// How many are open.
    pub open: u64,
    /// How many are closed.
    pub closed: u64,
    /// The rows.
    pub issues: Vec<IssueRow>,
    /// Links to other pages.
    pub pager: Pager,
}

/// An issue or a pull request in a list.
#[derive(Clone, Debug)]
pub struct IssueRow {
    /// Its address.
    pub href: String,
    /// Its number.
    pub number: i64,
    /// Its title.
    pub title: String,
    /// Its state.
    pub mark: Mark,
    /// Its labels.
    pub labels: Vec<Label>,
    /// Who opened it.
    pub author: String,
    /// When it was opened.
    pub when: When,
    /// How many comments it has.
    pub comments: u64,
    /// What its checks say; pull requests only.
    pub checks: Option<Mark>,
    /// Its branches: `fix/greeting → main`; pull requests only.
    pub branches: String,
}

/// A label.
#[derive(Clone, Debug)]
pub struct Label {
    /// Its name.
    pub name: String,
    /// Which of the stylesheet's colours, as a class.
    pub tone: &'static str,
}

impl Label {
    /// A label; its colour comes from its name, so that it is the same everywhere.
    pub fn new(name: &str) -> Self {
        const TONES: [&str; 8] = ["h1", "h2", "h3", "h4", "h5", "h6", "h7", "h8"];
        let digest = crate::kit::digest::Digest::plain(name.as_bytes());
        Self { name: name.to_owned(), tone: TONES[usize::from(digest.bytes()[0]) % TONES.len()] }
    }
}
