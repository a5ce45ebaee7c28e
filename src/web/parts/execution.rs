//! What one rule decided about one event, and why.

use crate::events;
use crate::kit::clock::Timestamp;
use crate::model;
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

impl ExecutionRow {
    /// A decision as seen from now; `event` says what it was about, when the page knows.
    pub fn of(execution: &events::Execution, event: Option<&events::StoredEvent>, now: Timestamp) -> Self {
        let what = &execution.what;
        Self {
            rule: what.rule.clone(),
            mark: Mark::execution(what.decision.as_str()),
            reason: what.reason.clone(),
            run_href: what.run.map(|run| format!("/runs/{run}")),
            event: event.map(|stored| words(&stored.event)).unwrap_or_default(),
            delivery_href: event.map(|stored| format!("/{}/hooks/{}", stored.event.repo, stored.delivery)),
            when: When::new(execution.at, now),
        }
    }
}

/// An event in a few words: `comment by ada on #12`.
pub fn words(event: &model::Event) -> String {
    let who = &event.actor.login;
    let on = event.what.number().map(|number| format!(" on #{number}")).unwrap_or_default();
    match &event.what {
        model::What::Issue { action, .. } => format!("issue {action} by {who}{on}"),
        model::What::PullRequest { action, .. } => format!("pull request {action} by {who}{on}"),
        model::What::Comment { comment, .. } => match &comment.lines {
            Some(lines) => format!("comment by {who}{on} about {lines}"),
            None => format!("comment by {who}{on}"),
        },
        model::What::Label { label, .. } => format!("label {label} by {who}{on}"),
        model::What::Push { branch, .. } => format!("push to {branch} by {who}"),
        model::What::Check { check, .. } => {
            format!("check {} {} on {}", check.name, check.conclusion, check.sha.short())
        }
        model::What::Schedule { cron, timezone, .. } => format!("the clock struck for {cron} in {timezone}"),
        model::What::Manual { stack, .. } => format!("{stack} dispatched by {who}{on}"),
    }
}
