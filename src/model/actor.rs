//! Who did something, as far as a forge can tell.

use serde::Deserialize;
use serde::Serialize;

use crate::model::id::AccountId;

/// Whoever stands behind an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorRef {
    /// What sort of actor.
    pub kind: ActorKind,
    /// The name that the forge shows.
    pub login: String,
    /// Our account, when the forge's actor is one of ours.
    pub account: Option<AccountId>,
}

/// What sort of actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActorKind {
    /// A person.
    Person,
    /// Our own hand on a forge: its events are dropped before anything else.
    Own,
    /// A program that is not ours, such as a CI system.
    Bot,
    /// The server itself: a schedule, a finished run.
    System,
}
