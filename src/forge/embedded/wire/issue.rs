//! Issues; a pull request is one too.

use serde::Serialize;

use crate::forge::embedded;
use crate::forge::embedded::Repository;
use crate::forge::embedded::wire::account::User;
use crate::forge::embedded::wire::label::Label;
use crate::forge::embedded::wire::milestone::Milestone;
use crate::forge::embedded::wire::repository::RepositoryMeta;
use crate::kit::clock::Timestamp;

/// An issue.
#[derive(Serialize)]
pub struct Issue {
    id: i64,
    url: String,
    html_url: String,
    number: i64,
    user: User,
    original_author: &'static str,
    original_author_id: i64,
    title: String,
    body: String,
    r#ref: &'static str,
    assets: [(); 0],
    labels: Vec<Label>,
    milestone: Option<Milestone>,
    assignee: Option<User>,
    assignees: Vec<User>,
    state: &'static str,
    is_locked: bool,
    comments: i64,
    created_at: String,
    updated_at: String,
    closed_at: Option<String>,
    due_date: Option<String>,
    pull_request: Option<PullRequestMeta>,
    repository: RepositoryMeta,
    pin_order: i64,
}

#[derive(Serialize)]
struct PullRequestMeta {
    merged: bool,
    merged_at: Option<String>,
    draft: bool,
    html_url: String,
}

impl Issue {
    /// An issue of a repository.
    pub fn new(base: &str, repository: &Repository, issue: &embedded::Issue) -> Self {
        let embedded::Issue {
            number,
            id,
            title,
            body,
            author,
            state,
            labels,
            assignees,
            milestone,
            comments,
            pull,
            created,
            updated,
            closed,
        } = issue;
        let full_name = repository.reference();
        let kind = if pull.is_some() { "pulls" } else { "issues" };
        let html_url = format!("{base}/{full_name}/{kind}/{number}");
        let assignees: Vec<User> = assignees.iter().map(|one| User::author(base, one)).collect();
        Self {
            id: *id,
            url: format!("{base}/api/v1/repos/{full_name}/issues/{number}"),
            number: *number,
            user: User::author(base, author),
            original_author: "",
            original_author_id: 0,
            title: title.clone(),
            body: body.clone(),
            r#ref: "",
            assets: [],
            labels: labels.iter().map(|label| Label::new(base, repository, label)).collect(),
            milestone: milestone.as_ref().map(Milestone::new),
            assignee: issue.assignees.first().map(|one| User::author(base, one)),
            assignees,
            state: state.as_str(),
            is_locked: false,
            comments: *comments,
            created_at: created.rfc3339(),
            updated_at: updated.rfc3339(),
            closed_at: closed.map(Timestamp::rfc3339),
            due_date: None,
            pull_request: pull.as_ref().map(|pull| PullRequestMeta {
                merged: pull.merged.is_some(),
                merged_at: pull.merged.as_ref().map(|merged| merged.at.rfc3339()),
                draft: pull.draft,
                html_url: html_url.clone(),
            }),
            html_url,
            repository: RepositoryMeta::new(repository),
            pin_order: 0,
        }
    }
}
