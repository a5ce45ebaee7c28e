//! The verdict on one effect.

use std::time::Duration;

use serde::Serialize;

use crate::catalog::PolicyFile;
use crate::catalog::Stack;
use crate::model::Effect;
use crate::model::Role;
use crate::model::Verdict;

/// One effect and everything that its verdict depends on.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The effect.
    pub effect: &'a Effect,
    /// The stack's name, for the reason.
    pub stack_name: &'a str,
    /// The stack whose agent proposed it, as frozen with the run.
    pub stack: &'a Stack,
    /// The repository's policy.
    pub repository: &'a PolicyFile,
    /// The organisation's policy.
    pub organisation: &'a PolicyFile,
    /// Whether the run was shown text of people who are not members, or works on a fork.
    pub untrusted: bool,
}

/// A verdict and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// The verdict.
    pub verdict: Verdict,
    /// The file and key that said so, as a sentence without a period.
    pub because: String,
    /// Who decides, when it asks.
    pub approvers: Approvers,
    /// How long the request waits.
    pub expires: Duration,
    /// Whether the person who asked for the run may decide alone.
    pub self_allowed: bool,
}

/// Who decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Approvers {
    /// The least role in the repository.
    pub role: Role,
    /// Teams; a decider is in every one of them.
    pub teams: Vec<String>,
    /// How many people.
    pub count: u32,
}

/// Gives an effect its verdict.
pub fn judge(_case: Case<'_>) -> Judged {
    Judged {
        verdict: Verdict::Deny,
        because: "no file speaks of it".into(),
        approvers: Approvers { role: Role::Write, teams: Vec::new(), count: 1 },
        expires: Duration::from_secs(7 * 86_400),
        self_allowed: false,
    }
}
