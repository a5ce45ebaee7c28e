//! Reviews, and what they say about lines.

use serde::Serialize;

use crate::forge::embedded;
use crate::forge::embedded::LineSide;
use crate::forge::embedded::Repository;
use crate::forge::embedded::ReviewState;
use crate::forge::embedded::wire::account::User;
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

/// What a review says about one line.
#[derive(Serialize)]
pub struct PullReviewComment {
    id: i64,
    body: String,
    user: User,
    resolver: Option<User>,
    pull_request_review_id: i64,
    created_at: String,
    updated_at: String,
    path: String,
    commit_id: String,
    original_commit_id: String,
    diff_hunk: String,
    position: i64,
    original_position: i64,
    html_url: String,
    pull_request_url: String,
}

impl PullReview {
    /// A review, seen when the pull request's head is this commit; none for another entry.
    pub fn new(base: &str, repository: &Repository, entry: &embedded::Entry, head: &CommitId) -> Option<Self> {
        let embedded::Entry { id, number, kind: _, body, author, review, created, edited } = entry;
        let embedded::Review { state, sha, lines, dismissed } = review.as_ref()?;
        let url = format!("{base}/{}/pulls/{number}", repository.reference());
        Some(Self {
            id: *id,
            user: User::author(base, author),
            state: state_word(*state),
            body: body.clone(),
            commit_id: sha.to_string(),
            stale: sha != head,
            official: false,
            dismissed: dismissed.is_some(),
            comments_count: *lines,
            submitted_at: created.rfc3339(),
            updated_at: edited.unwrap_or(*created).rfc3339(),
            html_url: format!("{url}#comment-{id}"),
            pull_request_url: url,
        })
    }
}

impl PullReviewComment {
    /// What a review says about one line.
    pub fn new(base: &str, repository: &Repository, comment: &embedded::LineComment) -> Self {
        let embedded::LineComment { id, number, review, path, side, line, sha, hunk, body, author, created, edited } =
            comment;
        let url = format!("{base}/{}/pulls/{number}", repository.reference());
        Self {
            id: *id,
            body: body.clone(),
            user: User::author(base, author),
            resolver: None,
            pull_request_review_id: *review,
            created_at: created.rfc3339(),
            updated_at: edited.unwrap_or(*created).rfc3339(),
            path: path.clone(),
            commit_id: sha.to_string(),
            original_commit_id: sha.to_string(),
            diff_hunk: hunk.clone(),
            position: if *side == LineSide::New { *line } else { 0 },
            original_position: if *side == LineSide::Old { *line } else { 0 },
            html_url: format!("{url}#comment-{id}"),
            pull_request_url: url,
        }
    }
}

fn state_word(state: ReviewState) -> &'static str {
    match state {
        ReviewState::Approved => "APPROVED",
        ReviewState::ChangesRequested => "REQUEST_CHANGES",
        ReviewState::Commented => "COMMENT",
    }
}
