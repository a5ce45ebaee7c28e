//! What the adapters for agents that others wrote share: what they are started with, and how they are told.

use std::path::Path;
use std::time::Instant;

use crate::agents::inside::gateway::Gateway;
use crate::agents::inside::workspace::Workspace;
use crate::gateway::Brief;
use crate::kit::Error;

/// What an agent that others wrote is started with.
pub(super) struct Others<'a> {
    pub(super) brief: &'a Brief,
    pub(super) gateway: &'a Gateway,
    pub(super) workspace: &'a Workspace,
    /// Its home, which we may write settings into.
    pub(super) home: &'a Path,
    /// Its program and arguments.
    pub(super) command: &'a [String],
    /// The mode that the stack names, in the agent's own words.
    pub(super) mode: Option<&'a str>,
    /// When its time is up. The sandbox ends it a little later.
    pub(super) until: Instant,
}

/// An error with the next step, as one text.
pub(super) fn with_hints(error: &Error) -> String {
    let hints = error.hints().iter().map(|hint| format!("\nhint: {hint}"));
    format!("{}{}", error.message(), hints.collect::<String>())
}
