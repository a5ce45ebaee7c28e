//! How far an attempt may branch out into subagents, and what a subagent may do: never more than who called it. Pure, but for the
//! counting.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;

use crate::catalog::Stack;
use crate::catalog::stack::Autonomy;
use crate::catalog::stack::Budget;
use crate::catalog::stack::Network;
use crate::catalog::stack::SandboxLimits;
use crate::gateway::Purse;
use crate::kit::Error;
use crate::kit::Result;

/// Subagents of subagents: the agent of the run calls some, and these call others, which call none.
const DEEPEST: usize = 2;

/// Subagents at one time, of one agent.
const AT_ONCE: usize = 3;

/// Subagents of a whole attempt.
const IN_ALL: usize = 12;

/// The subagents of one agent. All agents of an attempt count together.
#[derive(Debug)]
pub(super) struct Family {
    depth: usize,
    lane: Option<String>,
    made: Arc<AtomicUsize>,
    at_once: Arc<Semaphore>,
    purse: OnceLock<Purse>,
}

/// The place of one subagent among the others; free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    /// What its words are marked by: `reviewer 1`.
    pub(super) lane: String,
    depth: usize,
    made: Arc<AtomicUsize>,
    _permit: OwnedSemaphorePermit,
}

impl Default for Family {
    fn default() -> Self {
        Self {
            depth: 0,
            lane: None,
            made: Arc::default(),
            at_once: Arc::new(Semaphore::new(AT_ONCE)),
            purse: OnceLock::new(),
        }
    }
}

impl Family {
    /// The lane of the agent itself, when it is a subagent.
    pub(super) fn lane(&self) -> Option<&str> {
        self.lane.as_deref()
    }

    /// Says what subagents are paid from.
    pub(super) fn lend_from(&self, purse: Purse) {
        // Said once, when the door is opened.
        let _ = self.purse.set(purse);
    }

    pub(super) fn purse(&self) -> Option<&Purse> {
        self.purse.get()
    }

    /// A place for one more.
    pub(super) fn enter(&self, name: &str) -> Result<Place> {
        let refused = |why: String, hint: &str| Err(Error::invalid(why).code("SUBAGENT_LIMIT").hint(hint));
        if self.depth >= DEEPEST {
            let why = format!("Cannot call the subagent `{name}`: subagents lie {DEEPEST} deep already");
            return refused(why, "do this part yourself");
        }
        let Ok(permit) = Arc::clone(&self.at_once).try_acquire_owned() else {
            let why = format!("Cannot call the subagent `{name}`: {AT_ONCE} work for you already");
            return refused(why, "wait until one of them has answered");
        };
        let before =
            self.made.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |made| (made < IN_ALL).then_some(made + 1));
        let Ok(before) = before else {
            let why = format!("Cannot call the subagent `{name}`: this attempt had {IN_ALL} already");
            return refused(why, "do the rest yourself");
        };
        let lane = format!("{name} {}", before + 1);
        Ok(Place { lane, depth: self.depth + 1, made: Arc::clone(&self.made), _permit: permit })
    }
}

impl Place {
    /// The subagent's own family.
    pub(super) fn family(&self) -> Family {
        let (lane, made) = (Some(self.lane.clone()), Arc::clone(&self.made));
        Family { depth: self.depth, lane, made, ..Family::default() }
    }
}

/// A stack as a subagent of another: of everything the lesser.
pub(super) fn narrowed(parent: &Stack, child: &Stack) -> Stack {
    let groups: BTreeSet<_> = parent.tools.iter().copied().collect();
    let both = parent.sandbox.network == Network::Allow && child.sandbox.network == Network::Allow;
    let allow = child.sandbox.allow.iter().filter(|host| parent.sandbox.allow.contains(host)).cloned();
    let (one, other) = (&parent.sandbox, &child.sandbox);
    Stack {
        // It answers; what comes of its answer is its caller's to propose.
        autonomy: Autonomy::Read,
        tools: child.tools.iter().copied().filter(|group| groups.contains(group)).collect(),
        mcp: child
            .mcp
            .iter()
            .filter(|(name, server)| parent.mcp.get(*name) == Some(server))
            .map(|(name, server)| (name.clone(), server.clone()))
            .collect(),
        secrets: child.secrets.iter().filter(|secret| parent.secrets.contains(secret)).cloned().collect(),
        sandbox: SandboxLimits {
            network: if both { Network::Allow } else { Network::None },
            allow: if both { allow.collect() } else { Vec::new() },
            memory: if one.memory.bytes() < other.memory.bytes() { one.memory } else { other.memory },
            disk: if one.disk.bytes() < other.disk.bytes() { one.disk } else { other.disk },
            processes: one.processes.min(other.processes),
        },
        budget: Budget {
            minutes: parent.budget.minutes.min(child.budget.minutes),
            steps: parent.budget.steps.min(child.budget.steps),
            tokens: parent.budget.tokens.min(child.budget.tokens),
            usd: parent.budget.usd.min(child.budget.usd),
        },
        ..child.clone()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_subagent_is_never_more_than_who_called_it() {
        let stack = |value| serde_json::from_value::<Stack>(value).unwrap();
        let parent = stack(json!({"agent": "builtin", "tools": ["source"], "autonomy": "propose",
            "sandbox": {"memory": "1GiB", "processes": 10}, "budget": {"steps": 5, "minutes": 60}, "secrets": ["A"]}));
        let child = stack(
            json!({"agent": "builtin", "tools": ["source", "web"], "autonomy": "act", "secrets": ["A", "B"],
            "sandbox": {"memory": "8GiB", "network": "allow", "allow": ["x.example"]}, "budget": {"steps": 50, "minutes": 1}}),
        );
        let narrow = narrowed(&parent, &child);
        assert_eq!(narrow.autonomy, Autonomy::Read);
        assert_eq!((narrow.tools, narrow.secrets), (parent.tools, vec!["A".to_owned()]));
        assert_eq!((narrow.sandbox.network, narrow.sandbox.processes), (Network::None, 10));
        assert_eq!(narrow.sandbox.memory.bytes(), 1 << 30);
        assert_eq!((narrow.budget.steps, narrow.budget.minutes), (5, 1));
    }

    #[test]
    fn a_family_is_bounded_in_depth_in_width_and_in_all() {
        let family = Family::default();
        let told = |family: &Family| family.enter("reviewer").unwrap_err().message().to_owned();
        let places: Vec<Place> = (0..AT_ONCE).map(|_| family.enter("reviewer").unwrap()).collect();
        assert_eq!(places[2].lane, "reviewer 3");
        assert_eq!(told(&family), "Cannot call the subagent `reviewer`: 3 work for you already");
        let below = places[0].family();
        let deepest = below.enter("reviewer").unwrap().family();
        assert_eq!(told(&deepest), "Cannot call the subagent `reviewer`: subagents lie 2 deep already");
        drop(places);
        let rest = (0..IN_ALL).take_while(|_| family.enter("reviewer").is_ok()).count();
        assert_eq!(rest, IN_ALL - AT_ONCE - 1);
        assert_eq!(told(&family), "Cannot call the subagent `reviewer`: this attempt had 12 already");
    }
}
