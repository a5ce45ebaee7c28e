//! What an event gives to templates.

use crate::catalog::template::Values;
use crate::model::Event;

/// The values of an event, for templates. `handle` is the one that a mention rule listens to.
pub fn values(_event: &Event, _handle: Option<&str>) -> Values {
    Values::default()
}

/// An event of a kind as `on:` names it, to try rules with.
pub fn sample(_kind: &str) -> Option<Event> {
    None
}
