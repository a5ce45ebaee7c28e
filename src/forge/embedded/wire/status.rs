//! Commit statuses, one by one and combined.

use serde::Serialize;

use crate::forge::embedded;
use crate::forge::embedded::wire::account::User;
use crate::forge::embedded::wire::repository::Repository;
use crate::model::CommitId;

/// A commit status.
#[derive(Serialize)]
pub struct CommitStatus {
    id: i64,
    status: &'static str,
    target_url: String,
    description: String,
    url: String,
    context: String,
    creator: User,
    created_at: String,
    updated_at: String,
}

/// All of a commit's checks together.
#[derive(Serialize)]
pub struct CombinedStatus {
    state: &'static str,
    sha: String,
    total_count: usize,
    statuses: Vec<CommitStatus>,
    repository: Repository,
    commit_url: String,
    url: String,
}

impl CommitStatus {
    /// A status in a repository.
    pub fn new(base: &str, repository: &embedded::Repository, status: &embedded::Status) -> Self {
        let embedded::Status { id, sha, context, state, description, target_url, signature: _, creator, created } =
            status;
        Self {
            id: *id,
            status: state.as_str(),
            target_url: target_url.clone(),
            description: description.clone(),
            url: format!("{base}/api/v1/repos/{}/statuses/{sha}", repository.reference()),
            context: context.clone(),
            creator: User::author(base, creator),
            created_at: created.rfc3339(),
            updated_at: created.rfc3339(),
        }
    }
}

impl CombinedStatus {
    /// The newest status of each context, and what they say together.
    pub fn new(base: &str, place: &embedded::Place, sha: &CommitId, statuses: &[embedded::Status]) -> Self {
        let repository = &place.repository;
        let api = format!("{base}/api/v1/repos/{}", repository.reference());
        Self {
            state: embedded::StatusState::combined(statuses).as_str(),
            sha: sha.to_string(),
            total_count: statuses.len(),
            statuses: statuses.iter().map(|status| CommitStatus::new(base, repository, status)).collect(),
            repository: Repository::new(base, repository, Some(&place.standing)),
            commit_url: format!("{api}/git/commits/{sha}"),
            url: format!("{api}/commits/{sha}/status"),
        }
    }
}
