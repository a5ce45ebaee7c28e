//! Reviews.

use serde::Serialize;

use crate::api::v1::wire::account::User;
use crate::forge::embedded;
use crate::forge::embedded::Repository;
use crate::forge::embedded::ReviewState;
use crate::model::CommitId;

/// A review of a pull request.
#[derive(Serialize)]
pub struct PullReview {
    id: i64,
    user: User,
    state: &'static str,
    body: String,
    commit_id: String,
    stale: bool,
    official: bool,
    dismissed: bool,
    comments_count: i64,
    submitted_at: String,
    updated_at: String,
    html_url: String,
    pull_request_url: String,
}

impl PullReview {
    /// A review, seen when the pull request's head is this commit; none for another entry.
    pub fn new(base: &str, repository: &Repository, entry: &embedded::Entry, head: &CommitId) -> Option<Self> {
        let embedded::Entry { id, number, kind: _, body, author, review, created, edited } = entry;
        let review = review.as_ref()?;
        let url = format!("{base}/{}/pulls/{number}", repository.reference());
        Some(Self {
            id: *id,
            user: User::author(base, author),
            state: match review.state {
                ReviewState::Approved => "APPROVED",
                ReviewState::ChangesRequested => "REQUEST_CHANGES",
                ReviewState::Commented => "COMMENT",
            },
            body: body.clone(),
            commit_id: review.sha.to_string(),
            stale: review.sha != *head,
            official: false,
            dismissed: false,
            comments_count: 0,
            submitted_at: created.rfc3339(),
            updated_at: edited.unwrap_or(*created).rfc3339(),
            html_url: format!("{url}#comment-{id}"),
            pull_request_url: url,
        })
    }
}
