//! One row of a list of approvals.

use crate::web::parts::badge::Mark;
use crate::web::parts::time::When;

/// A request to decide, in a list.
#[derive(Clone, Debug)]
pub struct ApprovalRow {
    /// The address of the approval.
    pub href: String,
    /// Its state.
    pub mark: Mark,
    /// Whether it can still be decided.
    pub open: bool,
    /// `Open a pull request and comment`.
    pub title: String,
    /// `owner/name`.
    pub repo: String,
    /// The issue or pull request: its address and its words.
    pub source: Option<(String, String)>,
    /// Which stack asks.
    pub stack: String,
    /// The address of the run.
    pub run_href: String,
    /// When it was asked.
    pub when: When,
    /// When it expires.
    pub expires: When,
    /// Who was asked: `anyone who may write, but not ada`.
    pub asked: String,
}
