//! Repositories, issues and pull requests by a few words.

use askama::Template;

use crate::web::frame::Frame;
use crate::web::pages::dashboard::RepositoryRow;
use crate::web::pages::issues::IssueRow;

/// `/search`
#[derive(Template)]
#[template(path = "pages/search.html")]
pub struct Search {
    /// What surrounds the page.
    pub frame: Frame,
    /// Repositories whose name holds the words.
    pub repositories: Vec<RepositoryRow>,
    /// Issues and pull requests whose title holds the words.
    pub issues: Vec<IssueRow>,
}
