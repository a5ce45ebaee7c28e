//! Pull requests and the files that they change.

use serde::Serialize;

use crate::forge::embedded;
use crate::forge::embedded::wire::account::User;
use crate::forge::embedded::wire::contents::escape;
use crate::forge::embedded::wire::label::Label;
use crate::forge::embedded::wire::milestone::Milestone;
use crate::forge::embedded::wire::number_of;
use crate::forge::embedded::wire::repository::Repository;
use crate::git;
use crate::kit::clock::Timestamp;
use crate::model::BranchName;
use crate::model::CommitId;

/// A pull request.
#[derive(Serialize)]
pub struct PullRequest {
    id: i64,
    url: String,
    number: i64,
    user: User,
    title: String,
    body: String,
    labels: Vec<Label>,
    milestone: Option<Milestone>,
    assignee: Option<User>,
    assignees: Vec<User>,
    requested_reviewers: Vec<User>,
    state: &'static str,
    draft: bool,
    is_locked: bool,
    comments: i64,
    html_url: String,
    diff_url: String,
    patch_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mergeable: Option<bool>,
    merged: bool,
    merged_at: Option<String>,
    merge_commit_sha: Option<String>,
    merged_by: Option<User>,
    base: BranchInfo,
    head: BranchInfo,
    #[serde(skip_serializing_if = "Option::is_none")]
    merge_base: Option<String>,
    due_date: Option<String>,
    created_at: String,
    updated_at: String,
    closed_at: Option<String>,
    allow_maintainer_edit: bool,
    pin_order: i64,
}

#[derive(Serialize)]
struct BranchInfo {
    label: String,
    r#ref: String,
    sha: String,
    repo_id: i64,
    repo: Option<Repository>,
}

/// A file that a pull request changes.
#[derive(Serialize)]
pub struct ChangedFile {
    filename: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_filename: Option<String>,
    status: &'static str,
    additions: u64,
    deletions: u64,
    changes: u64,
    html_url: String,
    contents_url: String,
    raw_url: String,
}

/// What is worked out for one pull request, and left out of lists.
#[derive(Default)]
pub struct WorkedOut {
    /// Whether nothing stands in the way of a merge.
    pub mergeable: Option<bool>,
    /// Where its changes start from.
    pub merge_base: Option<CommitId>,
    /// Whose review is asked for: people alone.
    pub reviewers: Vec<embedded::Reviewer>,
}

impl PullRequest {
    /// A pull request of a repository; none for an issue.
    pub fn new(
        base: &str,
        repository: &embedded::Repository,
        issue: &embedded::Issue,
        worked_out: WorkedOut,
    ) -> Option<Self> {
        let pull = issue.pull.as_ref()?;
        let (number, assignees) = (issue.number, &issue.assignees);
        let full_name = repository.reference();
        let html_url = format!("{base}/{full_name}/pulls/{number}");
        let assigned: Vec<User> = assignees.iter().map(|one| User::author(base, one)).collect();
        let here = |branch: &BranchName, sha: &CommitId| BranchInfo {
            label: branch.to_string(),
            r#ref: branch.to_string(),
            sha: sha.to_string(),
            repo_id: number_of(&repository.id),
            repo: Some(Repository::new(base, repository, None)),
        };
        let mut head = here(&pull.head_branch, &pull.head_sha);
        if pull.fork {
            head.repo_id = number_of(&pull.head_repo);
            head.repo = None;
        }
        let WorkedOut { mergeable, merge_base, reviewers } = worked_out;
        let person = |one: &embedded::Reviewer| match (one.who, one.name.parse()) {
            (embedded::Asked::Person(id), Ok(login)) => Some(User::named(base, &id, &login)),
            _ => None,
        };
        Some(Self {
            id: issue.id,
            url: format!("{base}/api/v1/repos/{full_name}/pulls/{number}"),
            number,
            user: User::author(base, &issue.author),
            title: issue.title.clone(),
            body: issue.body.clone(),
            labels: issue.labels.iter().map(|label| Label::new(base, repository, label)).collect(),
            milestone: issue.milestone.as_ref().map(Milestone::new),
            assignee: assignees.first().map(|one| User::author(base, one)),
            assignees: assigned,
            requested_reviewers: reviewers.iter().filter_map(person).collect(),
            state: issue.state.as_str(),
            draft: pull.draft,
            is_locked: false,
            comments: issue.comments,
            diff_url: format!("{html_url}.diff"),
            patch_url: format!("{html_url}.patch"),
            html_url,
            mergeable,
            merged: pull.merged.is_some(),
            merged_at: pull.merged.as_ref().map(|merged| merged.at.rfc3339()),
            merge_commit_sha: pull.merged.as_ref().map(|merged| merged.sha.to_string()),
            merged_by: pull.merged.as_ref().map(|merged| User::named(base, &merged.account, &merged.by)),
            base: here(&pull.base_branch, &pull.base_sha),
            head,
            merge_base: merge_base.map(|sha| sha.to_string()),
            due_date: None,
            created_at: issue.created.rfc3339(),
            updated_at: issue.updated.rfc3339(),
            closed_at: issue.closed.map(Timestamp::rfc3339),
            allow_maintainer_edit: false,
            pin_order: 0,
        })
    }
}

impl ChangedFile {
    /// A file of a difference whose new side is this commit.
    pub fn new(base: &str, repository: &embedded::Repository, head: &CommitId, file: &git::diff::FileDiff) -> Self {
        let full_name = repository.reference();
        let path = escape(&file.path);
        Self {
            filename: file.path.clone(),
            previous_filename: (file.status == git::diff::Status::Renamed).then(|| file.old_path.clone()),
            status: match file.status {
                git::diff::Status::Added => "added",
                git::diff::Status::Deleted => "deleted",
                git::diff::Status::Modified => "changed",
                git::diff::Status::Renamed => "renamed",
            },
            additions: file.additions,
            deletions: file.deletions,
            changes: file.additions + file.deletions,
            html_url: format!("{base}/{full_name}/src/{head}/{path}"),
            contents_url: format!("{base}/api/v1/repos/{full_name}/contents/{path}?ref={head}"),
            raw_url: format!("{base}/api/v1/repos/{full_name}/raw/{path}?ref={head}"),
        }
    }
}
