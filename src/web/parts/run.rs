//! One row of a list of runs.

use crate::kit::clock::Timestamp;
use crate::runs;
use crate::web::parts::badge::Mark;
use crate::web::parts::person::Who;
use crate::web::parts::time;
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

impl RunRow {
    /// A run as seen from now.
    pub fn of(run: &runs::Run, now: Timestamp) -> Self {
        let dispatch = &run.dispatch;
        Self {
            href: format!("/runs/{}", run.id),
            id: run.id.short(),
            mark: Mark::run(run.state.as_str()),
            title: title(run),
            stack: dispatch.stack.clone(),
            repo: dispatch.repo.to_string(),
            source: source(run),
            cause: cause(run),
            who: Who::person(&dispatch.requester_login),
            when: When::new(run.created, now),
            took: run.started.map(|from| time::took(from, run.ended.unwrap_or(now))).unwrap_or_default(),
            reason: run.summary.clone().filter(|_| run.state.is_final()).unwrap_or_default(),
        }
    }
}

/// What a run is called on every page.
pub fn title(run: &runs::Run) -> String {
    let dispatch = &run.dispatch;
    let task = if dispatch.task.is_empty() { &dispatch.stack } else { &dispatch.task };
    if dispatch.source.label.is_empty() { task.clone() } else { format!("{task} · {}", dispatch.source.label) }
}

/// Where a run came from: an address and its words.
pub fn source(run: &runs::Run) -> Option<(String, String)> {
    let source = &run.dispatch.source;
    (!source.page.is_empty()).then(|| (source.page.clone(), source.label.clone()))
}

/// Which rule, or who by hand.
pub fn cause(run: &runs::Run) -> String {
    match &run.dispatch.rule {
        Some(rule) => format!("rule {rule}"),
        None => format!("by hand, {}", run.dispatch.requester_login),
    }
}
