//! Settings that are read and checked but change nothing yet. Each is a warning, so that nobody relies on it.
//!
//! When a setting starts to work, its line here goes away.

use crate::catalog::policy_file::PolicyFile;
use crate::catalog::rule::Rule;
use crate::catalog::stack::AgentKind;
use crate::catalog::stack::MemoryScope;
use crate::catalog::stack::Network;
use crate::catalog::stack::Stack;
use crate::catalog::stack::ToolGroup;

/// The path of a key, and what does not happen yet.
pub type NotYet = (Vec<&'static str>, &'static str);

/// Keys of a stack.
pub fn stack(stack: &Stack) -> Vec<NotYet> {
    let tool = |wanted: ToolGroup| stack.tools.contains(&wanted);
    let told = [
        (
            matches!(stack.agent, AgentKind::Acp | AgentKind::Cli),
            vec!["agent"],
            "agents other than `builtin` and `scripted` cannot run yet, so a run of this stack is refused",
        ),
        (tool(ToolGroup::Memory), vec!["tools"], "the tools `memory` are not there yet; the agent works without them"),
        (tool(ToolGroup::Web), vec!["tools"], "the tools `web` are not there yet; the agent works without them"),
        (!stack.mcp.is_empty(), vec!["mcp"], "MCP servers are not reached yet; the agent works without them"),
        (
            stack.sandbox.network != Network::None || !stack.sandbox.allow.is_empty(),
            vec!["sandbox"],
            "the sandbox reaches no hosts yet; the agent works without network",
        ),
        (
            stack.memory != MemoryScope::default(),
            vec!["memory"],
            "there is no company brain yet; the agent works without it",
        ),
        (
            !stack.secrets.is_empty(),
            vec!["secrets"],
            "secrets cannot be granted yet, so a run of this stack is refused",
        ),
    ];
    told.into_iter().filter(|(set, ..)| *set).map(|(_, path, says)| (path, says)).collect()
}

/// Keys of a rule.
pub fn rule(rule: &Rule) -> Vec<NotYet> {
    let scheduled = rule.on.schedule.is_some();
    let told = [(scheduled, vec!["on", "schedule"], "the clock starts no runs yet; the rule's other events work")];
    told.into_iter().filter(|(set, ..)| *set).map(|(_, path, says)| (path, says)).collect()
}

/// Keys of a policy.
pub fn policy(policy: &PolicyFile) -> Vec<NotYet> {
    let money = policy.limits.usd_per_day.is_some();
    let told = [
        (
            money,
            vec!["limits", "usd_per_day"],
            "money a day is not counted yet; `runs_per_hour` limits what can be spent",
        ),
        (policy.forks.network != Network::None, vec!["forks", "network"], "no run reaches a network yet"),
    ];
    told.into_iter().filter(|(set, ..)| *set).map(|(_, path, says)| (path, says)).collect()
}
