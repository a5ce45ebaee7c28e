//! Three-way merges without a work tree.

use crate::git::Repository;
use crate::git::Who;
use crate::git::repository::unbuilt;
use crate::kit::Result;
use crate::model::BranchName;
use crate::model::CommitId;

/// How a pull request's commits come into its base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A merge commit with two parents.
    Merge,
    /// One commit with everything.
    Squash,
    /// Each commit again, on top of the base.
    Rebase,
}

/// A merge to be made.
#[derive(Clone, Debug)]
pub struct Merge {
    /// The branch that moves.
    pub base: BranchName,
    /// What it must be at.
    pub expected: CommitId,
    /// What is merged into it.
    pub head: CommitId,
    /// How.
    pub style: Style,
    /// Who wrote the change; not looked at when rebasing.
    pub author: Who,
    /// Who merges.
    pub committer: Who,
    /// The message; not looked at when rebasing.
    pub message: String,
}

/// What came of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// The base is at this commit now.
    Done(CommitId),
    /// Nothing moved: these paths conflict, visible.
    Conflict(Vec<String>),
}

impl Repository {
    /// Merges and moves the base. Says 409 when the base is not where it was expected.
    pub async fn merge(&self, merge: Merge) -> Result<Merged> {
        let _ = merge;
        Err(unbuilt())
    }

    /// The paths that would conflict; empty when the merge would succeed. Writes nothing.
    pub async fn conflicts(&self, base: &CommitId, head: &CommitId) -> Result<Vec<String>> {
        let _ = (base, head);
        Err(unbuilt())
    }
}
