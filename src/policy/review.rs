//! The permission review at dispatch: what a stack needs against what it was granted. Names only, never a value.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::catalog::PolicyFile;
use crate::catalog::Stack;

/// What a review looks at.
#[derive(Clone, Debug)]
pub struct ReviewInput<'a> {
    /// The stack's name.
    pub stack_name: &'a str,
    /// The stack.
    pub stack: &'a Stack,
    /// The repository's policy.
    pub repository: &'a PolicyFile,
    /// The organisation's policy.
    pub organisation: &'a PolicyFile,
    /// Whether the run works on a pull request from a fork.
    pub fork: bool,
    /// Names of secrets that are granted to this stack.
    pub granted_secrets: &'a BTreeSet<String>,
    /// Names of model profiles that an administrator set up.
    pub models: &'a BTreeSet<String>,
    /// Why this machine cannot run a sandbox; none when it can.
    pub sandbox_missing: Option<&'a str>,
}

/// The answer of a review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Review {
    /// Whether the stack may run.
    pub allowed: bool,
    /// What is missing.
    pub missing: Vec<Missing>,
    /// Sentences for people, one for each thing that was looked at.
    pub reasons: Vec<String>,
}

/// One thing that is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// `secret`, `model`, `sandbox`, `network`, `agent`, `fork`.
    pub kind: &'static str,
    /// Which one.
    pub name: String,
    /// What to do.
    pub hint: String,
}

/// Reviews what a stack needs.
pub fn review(_input: &ReviewInput<'_>) -> Review {
    Review { allowed: false, missing: Vec::new(), reasons: Vec::new() }
}
