//! One row of a list of runs.

use crate::web::parts::badge::Mark;
use crate::web::parts::person::Who;
use crate::web::parts::time::When;

/// A run in a list.
#[derive(Clone, Debug)]
pub struct RunRow {
    /// The address of the run.
    pub href: String,
    /// Its short id.
    pub id: String,
    /// Its state.
    pub mark: Mark,
    /// What it was asked to do: `repair · fix the flaky test`.
    pub title: String,
    /// Which stack runs it.
    pub stack: String,
    /// `owner/name`.
    pub repo: String,
    /// The issue, pull request, branch or check: its address and its words.
    pub source: Option<(String, String)>,
    /// Which rule, or that a person dispatched it by hand.
    pub cause: String,
    /// Who stands behind it.
    pub who: Who,
    /// When it was queued.
    pub when: When,
    /// How long it took, or takes so far.
    pub took: String,
    /// Why it ended; empty while it lives.
    pub reason: String,
}
