//! `policy.yaml`: what a repository forbids beyond its stacks, and what an organisation forbids for all repositories.
//!
//! The doc comments here are the descriptions in the JSON Schema that editors show.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::catalog::period::Period;
use crate::catalog::stack::Network;
use crate::catalog::writeback::ByEffect;
use crate::catalog::writeback::EffectKey;
use crate::catalog::writeback::Writeback;
use crate::model::EffectKind;
use crate::model::Role;
use crate::model::Verdict;

/// What is forbidden and asked. The tightest of stack, repository and organisation counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyFile {
    /// Verdicts by kind of effect, and by path: `push: ask`, `"push:.github/**": deny`.
    pub writeback: Writeback,
    /// Who decides about a kind of effect.
    pub approvers: ByEffect<ApproverRule>,
    /// How requests to people work.
    pub approval: ApprovalRule,
    /// How much may run.
    pub limits: Limits,
    /// What may happen with pull requests from forks.
    pub forks: ForkPolicy,
    /// Which hosts runs may reach at most.
    pub egress: EgressPolicy,
    /// Names of the model profiles that runs may use at most. Without this key, stacks decide alone; an empty list lets no model
    /// be used.
    pub models: Option<Vec<String>>,
}

/// Which hosts runs may reach at most. A host of a stack's `sandbox.allow`, and of its MCP servers, has to be named here too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EgressPolicy {
    /// Hosts: `docs.example`, `*.docs.example`, `docs.example:8443`. Without this key, stacks decide alone; an empty list
    /// closes every host.
    pub allow: Option<Vec<String>>,
}

/// Who decides about a kind of effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ApproverRule {
    /// The least role in the repository.
    pub role: Role,
    /// The team that they are in.
    pub team: Option<String>,
    /// How many people.
    #[schemars(range(min = 1, max = 10))]
    pub count: u32,
}

/// How requests to people work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ApprovalRule {
    /// How long a request waits; 7 days when no file says it.
    pub expires: Option<Period>,
    /// Whether the person who asked for the run may decide alone; never when no file says it.
    #[serde(rename = "self")]
    pub self_approval: Option<SelfApproval>,
}

/// Whether the person who asked for the run may decide alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SelfApproval {
    /// They may.
    Allow,
    /// Somebody else decides.
    Deny,
}

/// How much may run. A limit that no file sets is not a limit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Runs that start within an hour, for each repository.
    #[schemars(range(min = 1, max = 100000))]
    pub runs_per_hour: Option<u32>,
    /// Runs at one time, for each repository; one more waits.
    #[schemars(range(min = 1, max = 10000))]
    pub concurrent: Option<u32>,
    /// US dollars a day, for each repository.
    #[schemars(range(min = 0.01, max = 1000000.0))]
    pub usd_per_day: Option<f64>,
    /// US dollars a day, for all repositories of the organisation together.
    #[schemars(range(min = 0.01, max = 1000000.0))]
    pub organisation_usd_per_day: Option<f64>,
}

/// What may happen with pull requests from forks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ForkPolicy {
    /// Whether a run may start; the tightest of rule and policy counts.
    pub run: ForkRun,
    /// What such a run may reach.
    pub network: Network,
}

/// Whether a run may start for a pull request from a fork.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ForkRun {
    /// A person decides about each head.
    #[default]
    Ask,
    /// Never.
    Deny,
}

impl Default for ApproverRule {
    fn default() -> Self {
        Self { role: Role::Write, team: None, count: 1 }
    }
}

impl PolicyFile {
    /// Denies everything: stands in for a policy that cannot be read.
    pub fn closed() -> Self {
        let denied = EffectKind::ALL.map(|kind| (EffectKey::of(kind), Verdict::Deny));
        Self { writeback: ByEffect(denied.into_iter().collect()), ..Self::default() }
    }
}
