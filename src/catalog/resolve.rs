//! An organisation's folder and a repository's folder together: what is in force.

use std::collections::BTreeMap;

use crate::catalog::diagnostic::Diagnostic;
use crate::catalog::diagnostic::Severity;
use crate::catalog::folder::Folder;
use crate::catalog::folder::Scope;
use crate::catalog::folder::Skill;
use crate::catalog::policy_file::PolicyFile;
use crate::catalog::rule::Rule;
use crate::catalog::stack::Stack;

/// What is in force in a repository, and what is wrong.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// By name.
    pub stacks: BTreeMap<String, Sourced<Stack>>,
    /// By name.
    pub rules: BTreeMap<String, Sourced<Rule>>,
    /// By name.
    pub skills: BTreeMap<String, Sourced<Skill>>,
    /// The repository's policy, which only tightens.
    pub policy: PolicyFile,
    /// The organisation's policy: the ceiling.
    pub ceiling: PolicyFile,
    /// What was read but is not in force, because the repository's files have errors.
    pub aside: Aside,
    /// Everything that is wrong, errors first.
    pub diagnostics: Vec<Diagnostic>,
}

/// What was read but is not in force.
#[derive(Clone, Debug, Default)]
pub struct Aside {
    /// By name.
    pub stacks: BTreeMap<String, Sourced<Stack>>,
    /// By name.
    pub rules: BTreeMap<String, Sourced<Rule>>,
}

/// A thing and the file that it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The thing.
    pub value: T,
    /// Whose file.
    pub scope: Scope,
    /// The path in its repository.
    pub path: String,
}

impl<T> std::ops::Deref for Sourced<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl Catalog {
    /// Whether any file has an error, so that the repository's own stacks and rules are not in force.
    pub fn is_broken(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// Puts an organisation's folder and a repository's folder together.
pub fn resolve(_organisation: Option<&Folder>, _repository: &Folder) -> Catalog {
    Catalog::default()
}
