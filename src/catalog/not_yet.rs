//! Settings that are read and checked but change nothing yet. Each is a warning, so that nobody relies on it.
//!
//! When a setting starts to work, its line here goes away.

use crate::catalog::stack::Stack;

/// The path of a key, and what does not happen yet.
pub type NotYet = (Vec<&'static str>, &'static str);

/// Keys of a stack.
pub fn stack(stack: &Stack) -> Vec<NotYet> {
    let told = [(!stack.mcp.is_empty(), vec!["mcp"], "`mcp` has no effect yet: the agent works without these servers")];
    told.into_iter().filter(|(set, ..)| *set).map(|(_, path, says)| (path, says)).collect()
}
