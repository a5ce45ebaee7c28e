//! Asks every rule about one event.

use std::time::Duration;

use crate::catalog::Catalog;
use crate::catalog::Scope;
use crate::catalog::rule::OnConflict;
use crate::model::Event;
use crate::model::Role;

/// What is known about the actor of the event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Their role in the repository; none when they have none.
    pub actor_role: Option<Role>,
    /// Names of teams of the organisation that they are in.
    pub actor_teams: Vec<String>,
    /// Whether they are a member of the organisation, or the person who owns the repository.
    pub member: bool,
}

/// What one rule decided about one event.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The rule's name; `manual` when a person started a stack that no rule with `manual` speaks of.
    pub rule: String,
    /// The rule's file; empty for `manual`.
    pub path: String,
    /// Whose rule it is.
    pub scope: Scope,
    /// What it decided, and why.
    pub outcome: Outcome,
}

/// What one rule decided, and why. Reasons are sentences without a period.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The event is for this rule.
    Fires(Firing),
    /// The event is not for this rule.
    Skips {
        /// Why.
        reason: String,
    },
    /// The event is for this rule, but it may not dispatch.
    Refuses {
        /// Why.
        reason: String,
    },
}

/// What a rule asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Firing {
    /// The stack.
    pub stack: String,
    /// What the run is called.
    pub task: String,
    /// The rendered prompt.
    pub prompt: String,
    /// Events with the same key within the window are answered once.
    pub dedupe_key: Option<String>,
    /// How long an answer counts.
    pub window: Duration,
    /// How many runs with the same key there may be.
    pub concurrency: Option<Slot>,
    /// Whether a fork or somebody who is not a member had a hand in the event: such a run's effects always ask.
    pub untrusted: bool,
    /// Why it fires, and what a reader should know, such as names that the event does not have.
    pub reason: String,
}

/// A place among the runs with the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The rendered key.
    pub key: String,
    /// Runs at one time.
    pub max: u32,
    /// What happens to one more.
    pub on_conflict: OnConflict,
}

/// Asks every rule about one event; one decision for each, in the order of their names.
pub fn decide(_event: &Event, _catalog: &Catalog, _facts: &Facts) -> Vec<Decision> {
    Vec::new()
}
