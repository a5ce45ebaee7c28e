//! What waits for the person, what runs, what failed, and their repositories.

use askama::Template;

use crate::web::frame::Frame;
use crate::web::parts::approval::ApprovalRow;
use crate::web::parts::run::RunRow;
use crate::web::parts::time::When;

/// `/`
#[derive(Template)]
#[template(path = "pages/dashboard.html")]
pub struct Dashboard {
    /// What surrounds the page.
    pub frame: Frame,
    /// Approvals that this person may decide, oldest first.
    pub waiting: Vec<ApprovalRow>,
    /// Runs that live.
    pub running: Vec<RunRow>,
    /// Runs that ended badly, newest first.
    pub failed: Vec<RunRow>,
    /// Repositories that the person sees.
    pub repositories: Vec<RepositoryRow>,
    /// What stops agents from running on this machine; empty when nothing does.
    pub trouble: Vec<String>,
}

/// A repository in a list.
#[derive(Clone, Debug)]
pub struct RepositoryRow {
    /// `owner/name`.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether only members see it.
    pub private: bool,
    /// Open issues.
    pub issues: u64,
    /// Open pull requests.
    pub pulls: u64,
    /// When it last changed.
    pub when: When,
}
