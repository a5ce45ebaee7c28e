//! What makes an issue a pull request: two branches, and how they came together.

use crate::git;
use crate::kit::clock::Timestamp;
use crate::model::AccountId;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::OwnerName;
use crate::model::RepoId;

/// What makes an issue a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pull {
    /// The branch that is to change.
    pub base_branch: BranchName,
    /// Where that branch was last seen before the merge.
    pub base_sha: CommitId,
    /// The repository with the changes.
    pub head_repo: RepoId,
    /// The branch with the changes.
    pub head_branch: BranchName,
    /// Where that branch was last seen.
    pub head_sha: CommitId,
    /// Whether the changes lie in another repository: the untrusted tier.
    pub fork: bool,
    /// Whether its author says that it is not ready.
    pub draft: bool,
    /// How it was merged, if it was.
    pub merged: Option<Merged>,
}

/// How a pull request was merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// When.
    pub at: Timestamp,
    /// By whose account.
    pub account: AccountId,
    /// Their name when they did.
    pub by: OwnerName,
    /// The commit that the base branch then pointed to.
    pub sha: CommitId,
}

/// A pull request to open.
#[derive(Clone, Debug)]
pub struct PullRequest {
    /// Its title.
    pub title: String,
    /// Its opening text, Markdown.
    pub body: String,
    /// The branch that is to change.
    pub base: BranchName,
    /// The repository with the changes: the same, or a fork of it.
    pub head_repo: RepoId,
    /// The branch with the changes.
    pub head: BranchName,
    /// Whether its author says that it is not ready.
    pub draft: bool,
    /// Names of labels that the repository knows.
    pub labels: Vec<String>,
}

/// A merge as somebody asks for it.
#[derive(Clone, Debug)]
pub struct Merge {
    /// How.
    pub style: git::Style,
    /// The commit message; none for one made of number and title.
    pub message: Option<String>,
    /// The head that they looked at; the merge is refused when it moved.
    pub expected_head: Option<CommitId>,
    /// Whether to delete the head branch afterwards.
    pub delete_branch: bool,
}
