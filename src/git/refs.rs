//! Branches, tags and other refs: reading them, and moving one by compare-and-set.

use crate::git::Branch;
use crate::git::Expected;
use crate::git::Repository;
use crate::git::object::Tag;
use crate::git::repository::unbuilt;
use crate::kit::Result;
use crate::model::BranchName;
use crate::model::CommitId;

impl Repository {
    /// The commit that this names: a branch, a tag, a full `refs/heads/…` or `refs/tags/…`, `HEAD`, or an id of at least
    /// seven digits. Not an expression: `~`, `^` and `@{…}` name nothing.
    pub async fn resolve(&self, name: &str) -> Result<Option<CommitId>> {
        let _ = name;
        Err(unbuilt())
    }

    /// The commit at the tip of this branch.
    pub async fn branch(&self, name: &BranchName) -> Result<Option<CommitId>> {
        let _ = name;
        Err(unbuilt())
    }

    /// The commit at this full ref, such as `refs/forgehand/proposals/…`.
    pub async fn find_ref(&self, name: &str) -> Result<Option<CommitId>> {
        let _ = name;
        Err(unbuilt())
    }

    /// The default branch: where `HEAD` points to. It need not exist yet.
    pub async fn head_branch(&self) -> Result<BranchName> {
        Err(unbuilt())
    }

    /// Makes another branch the default.
    pub async fn set_head_branch(&self, name: &BranchName) -> Result<()> {
        let _ = name;
        Err(unbuilt())
    }

    /// All branches, sorted by name. Those whose names no page could address are left out.
    pub async fn branches(&self) -> Result<Vec<Branch>> {
        Err(unbuilt())
    }

    /// All tags that stand for commits, sorted by name.
    pub async fn tags(&self) -> Result<Vec<Tag>> {
        Err(unbuilt())
    }

    /// Every branch and tag with its commit, by full name: what the forge compares with what it last saw.
    pub async fn all_refs(&self) -> Result<Vec<(String, CommitId)>> {
        Err(unbuilt())
    }

    /// Moves, makes or deletes (`new` is none) one full ref if it is as expected; says 409 if not.
    pub async fn update_ref(&self, name: &str, expected: &Expected, new: Option<&CommitId>) -> Result<()> {
        let _ = (name, expected, new);
        Err(unbuilt())
    }
}
