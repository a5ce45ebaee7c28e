//! What webhooks carry.

use serde::Serialize;

use crate::forge::embedded;
use crate::forge::embedded::wire::account::User;
use crate::forge::embedded::wire::comment::Comment;
use crate::forge::embedded::wire::commit::PayloadCommit;
use crate::forge::embedded::wire::issue::Issue;
use crate::forge::embedded::wire::pull::PullRequest;
use crate::forge::embedded::wire::repository::Repository;

/// What every payload says.
#[derive(Serialize)]
pub struct Where {
    /// The repository.
    pub repository: Repository,
    /// Who did it.
    pub sender: User,
}

/// A branch moved.
#[derive(Serialize)]
pub struct Push {
    /// The branch, as `refs/heads/…`.
    pub r#ref: String,
    /// Where it was; zeros for a new one.
    pub before: String,
    /// Where it is.
    pub after: String,
    /// Where a person sees the difference.
    pub compare_url: String,
    /// What came, newest first.
    pub commits: Vec<PayloadCommit>,
    /// How many came.
    pub total_commits: usize,
    /// The newest.
    pub head_commit: Option<PayloadCommit>,
    /// Who pushed.
    pub pusher: User,
    /// What every payload says.
    #[serde(flatten)]
    pub place: Where,
}

/// A branch came to be.
#[derive(Serialize)]
pub struct Create {
    /// Where it is.
    pub sha: String,
    /// Its name.
    pub r#ref: String,
    /// `branch`.
    pub ref_type: &'static str,
    /// What every payload says.
    #[serde(flatten)]
    pub place: Where,
}

/// A branch was deleted.
#[derive(Serialize)]
pub struct Delete {
    /// Its name.
    pub r#ref: String,
    /// `branch`.
    pub ref_type: &'static str,
    /// `user`.
    pub pusher_type: &'static str,
    /// What every payload says.
    #[serde(flatten)]
    pub place: Where,
}

/// Something happened to an issue.
#[derive(Serialize)]
pub struct IssueChanged {
    /// What.
    pub action: &'static str,
    /// Its number.
    pub number: i64,
    /// What it was before an edit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
    /// The issue, as it is then.
    pub issue: Issue,
    /// What every payload says.
    #[serde(flatten)]
    pub place: Where,
    /// Not used here.
    pub commit_id: &'static str,
}

/// Something happened to a pull request.
#[derive(Serialize)]
pub struct PullChanged {
    /// What.
    pub action: &'static str,
    /// Its number.
    pub number: i64,
    /// What it was before an edit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
    /// The pull request, as it is then.
    pub pull_request: Option<PullRequest>,
    /// Nobody is asked for a review here.
    pub requested_reviewer: Option<User>,
    /// What every payload says.
    #[serde(flatten)]
    pub place: Where,
    /// The head, when it is about commits.
    pub commit_id: String,
    /// The review, when it is about one.
    pub review: Option<ReviewSaid>,
}

/// What a review says.
#[derive(Serialize)]
pub struct ReviewSaid {
    /// Which judgement.
    pub r#type: &'static str,
    /// What it says as a whole.
    pub content: String,
}

/// Somebody commented, or changed what they said.
#[derive(Serialize)]
pub struct CommentChanged {
    /// `created` or `edited`.
    pub action: &'static str,
    /// The issue; a pull request is one too.
    pub issue: Issue,
    /// The pull request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<PullRequest>,
    /// The comment.
    pub comment: Comment,
    /// What it was before an edit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
    /// What every payload says.
    #[serde(flatten)]
    pub place: Where,
    /// Whether it is on a pull request.
    pub is_pull: bool,
}

/// What texts said before an edit.
#[derive(Serialize, Clone, Default)]
pub struct Changes {
    /// The title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<From>,
    /// The opening text, or the comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<From>,
}

/// What one text said.
#[derive(Serialize, Clone)]
pub struct From {
    /// The text.
    pub from: String,
}

/// A check of a commit said how it went.
#[derive(Serialize)]
pub struct StatusPosted {
    /// The commit.
    pub commit: PayloadCommit,
    context: String,
    created_at: String,
    updated_at: String,
    description: String,
    id: i64,
    sha: String,
    state: &'static str,
    target_url: String,
    #[serde(flatten)]
    place: Where,
}

impl StatusPosted {
    /// A status of this commit.
    pub fn new(commit: PayloadCommit, status: &embedded::Status, place: Where) -> Self {
        let embedded::Status { id, sha, context, state, description, target_url, creator: _, created, signature: _ } =
            status;
        Self {
            commit,
            context: context.clone(),
            created_at: created.rfc3339(),
            updated_at: created.rfc3339(),
            description: description.clone(),
            id: *id,
            sha: sha.to_string(),
            state: state.as_str(),
            target_url: target_url.clone(),
            place,
        }
    }
}
