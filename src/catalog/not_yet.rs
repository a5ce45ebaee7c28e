//! Settings that are read and checked but change nothing yet. Each is a warning, so that nobody relies on it.
//!
//! When a setting starts to work, its line here goes away.

use crate::catalog::policy_file::PolicyFile;
use crate::catalog::stack::Network;
use crate::catalog::stack::Stack;
use crate::catalog::stack::ToolGroup;

/// The path of a key, and what does not happen yet.
pub type NotYet = (Vec<&'static str>, &'static str);

/// Keys of a stack.
pub fn stack(stack: &Stack) -> Vec<NotYet> {
    let hosts = stack.sandbox.network != Network::None || !stack.sandbox.allow.is_empty();
    let tool = |wanted: ToolGroup| stack.tools.contains(&wanted);
    let told = [
        (tool(ToolGroup::Web), vec!["tools"], "`web` has no effect yet: the agent works without these tools"),
        (!stack.mcp.is_empty(), vec!["mcp"], "`mcp` has no effect yet: the agent works without these servers"),
        (hosts, vec!["sandbox"], "`network` and `allow` have no effect yet: the agent works without network"),
        (
            !stack.secrets.is_empty(),
            vec!["secrets"],
            "secrets cannot be granted yet, so a run of this stack is refused",
        ),
    ];
    told.into_iter().filter(|(set, ..)| *set).map(|(_, path, says)| (path, says)).collect()
}

/// Keys of a policy.
pub fn policy(policy: &PolicyFile) -> Vec<NotYet> {
    let reaches = policy.forks.network != Network::None;
    let says = "`network` has no effect yet: no run reaches a network";
    if reaches { vec![(vec!["forks", "network"], says)] } else { Vec::new() }
}
