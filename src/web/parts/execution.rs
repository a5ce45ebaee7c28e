//! What one rule decided about one event, and why.

use crate::web::parts::badge::Mark;
use crate::web::parts::time::When;

/// A decision of a rule, in a list.
#[derive(Clone, Debug)]
pub struct ExecutionRow {
    /// Which rule.
    pub rule: String,
    /// What it decided.
    pub mark: Mark,
    /// Why, in a sentence.
    pub reason: String,
    /// The address of the run that came of it.
    pub run_href: Option<String>,
    /// The event in words: `comment by ada on #12`.
    pub event: String,
    /// The address of the delivery, when there is one.
    pub delivery_href: Option<String>,
    /// When.
    pub when: When,
}
