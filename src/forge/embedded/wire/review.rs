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
    extra_lines_count: i64,
    html_url: String,
    pull_request_url: String,
}

impl PullReview {
    /// A review, seen when the pull request's head is this commit; none for another entry.
    /// `official` holds when it counts for a protected branch.
    pub fn new(
        base: &str,
        repository: &Repository,
        entry: &embedded::Entry,
        (head, official): (&CommitId, bool),
    ) -> Option<Self> {
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
            official,
            dismissed: dismissed.is_some(),
            comments_count: *lines,
            submitted_at: created.rfc3339(),
            updated_at: edited.unwrap_or(*created).rfc3339(),
            html_url: format!("{url}#comment-{id}"),
            pull_request_url: url,
        })
    }
}

impl PullReview {
    /// A review that only its author sees, because it is not sent yet.
    pub fn pending(base: &str, repository: &Repository, draft: &embedded::Draft, head: &CommitId) -> Self {
        let embedded::Draft { id, number, author, sha, body, created, lines } = draft;
        let url = format!("{base}/{}/pulls/{number}", repository.reference());
        Self {
            id: *id,
            user: User::author(base, author),
            state: "PENDING",
            body: body.clone(),
            commit_id: sha.to_string(),
            stale: sha != head,
            official: false,
            dismissed: false,
            comments_count: i64::try_from(lines.len()).unwrap_or(i64::MAX),
            submitted_at: created.rfc3339(),
            updated_at: created.rfc3339(),
            html_url: format!("{url}/files"),
            pull_request_url: url,
        }
    }
}

impl PullReviewComment {
    /// What a review says about one line.
    pub fn new(base: &str, repository: &Repository, comment: &embedded::LineComment) -> Self {
        let embedded::LineComment { id, number, review, thread: _, lines, sha, hunk, body, author, .. } = comment;
        let embedded::LineComment { created, edited, resolved, pending: _, .. } = comment;
        let embedded::Lines { path, side, first, last } = lines;
        let url = format!("{base}/{}/pulls/{number}", repository.reference());
        Self {
            id: *id,
            body: body.clone(),
            user: User::author(base, author),
            resolver: resolved.as_ref().map(|resolution| User::author(base, &resolution.by)),
            pull_request_review_id: *review,
            created_at: created.rfc3339(),
            updated_at: edited.unwrap_or(*created).rfc3339(),
            path: path.clone(),
            commit_id: sha.to_string(),
            original_commit_id: sha.to_string(),
            diff_hunk: hunk.clone(),
            position: if *side == LineSide::New { *first } else { 0 },
            original_position: if *side == LineSide::Old { *first } else { 0 },
            extra_lines_count: last - first,
            html_url: format!("{url}#line-{id}"),
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
