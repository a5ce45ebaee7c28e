//! What the rest of the product asks any forge about the present. Nothing here authorises: the one who asks is the server.

use async_trait::async_trait;

use crate::kit::Result;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::RepoRef;
use crate::model::Role;
use crate::model::event;

/// Answers about the present, for events, context and the check of an effect's expected state.
#[async_trait]
pub trait Reader: Send + Sync {
    /// The repository's default branch: the only branch that configures anything.
    async fn default_branch(&self, repo: &RepoRef) -> Result<BranchName>;

    /// The commit that a branch points to; none when there is no such branch.
    async fn branch_head(&self, repo: &RepoRef, branch: &BranchName) -> Result<Option<CommitId>>;

    /// The issue with this number; none when there is none, or when it is a pull request.
    async fn issue(&self, repo: &RepoRef, number: i64) -> Result<Option<event::Issue>>;

    /// The pull request with this number, with base and head as they are now.
    async fn pull(&self, repo: &RepoRef, number: i64) -> Result<Option<event::Pull>>;

    /// The open pull request from this branch of the same repository.
    async fn pull_of_branch(&self, repo: &RepoRef, head: &BranchName) -> Result<Option<event::Pull>>;

    /// Comments and reviews of an issue or pull request, oldest first, the newest `most` of them.
    async fn conversation(&self, repo: &RepoRef, number: i64, most: u32) -> Result<Vec<event::Comment>>;

    /// The newest result of every check of a commit.
    async fn checks(&self, repo: &RepoRef, sha: &CommitId) -> Result<Vec<event::Check>>;

    /// What the person with this name may do in the repository; none for strangers.
    async fn role(&self, repo: &RepoRef, login: &str) -> Result<Option<Role>>;
}
