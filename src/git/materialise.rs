//! A commit as files on disk, for the lower directory of a sandbox.

use std::path::PathBuf;

use crate::git::Repository;
use crate::git::repository::unbuilt;
use crate::kit::Result;
use crate::model::BranchName;
use crate::model::CommitId;

/// Where a commit is to be written and how its `.git` is to look to the agent.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The directory; it is made and must not exist.
    pub directory: PathBuf,
    /// The branch that `HEAD` is on; none for a detached `HEAD`.
    pub branch: Option<BranchName>,
    /// Where the objects of the repository will lie when `git` runs in the workspace.
    pub alternates: PathBuf,
    /// The address of `origin`.
    pub origin: String,
    /// `user.name` and `user.email`.
    pub user: (String, String),
}

impl Repository {
    /// Writes the files of a commit and a `.git` whose index knows them. Runs no filter and follows no link; a tree with
    /// `.git`, `..` or the like in it is refused.
    pub async fn materialise(&self, commit: &CommitId, workspace: Workspace) -> Result<()> {
        let _ = (commit, workspace);
        Err(unbuilt())
    }
}
