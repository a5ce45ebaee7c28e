//! Comments.

use serde::Serialize;

use crate::forge::embedded;
use crate::forge::embedded::Repository;
use crate::forge::embedded::wire::account::User;

/// A comment.
#[derive(Serialize)]
pub struct Comment {
    id: i64,
    html_url: String,
    pull_request_url: String,
    issue_url: String,
    user: User,
    original_author: &'static str,
    original_author_id: i64,
    body: String,
    assets: [(); 0],
    created_at: String,
    updated_at: String,
}

impl Comment {
    /// A comment in a repository.
    pub fn new(base: &str, repository: &Repository, entry: &embedded::Entry) -> Self {
        let embedded::Entry { id, number, kind: _, body, author, review: _, created, edited } = entry;
        let issue_url = format!("{base}/{}/issues/{number}", repository.reference());
        Self {
            id: *id,
            html_url: format!("{issue_url}#comment-{id}"),
            pull_request_url: String::new(),
            issue_url,
            user: User::author(base, author),
            original_author: "",
            original_author_id: 0,
            body: body.clone(),
            assets: [],
            created_at: created.rfc3339(),
            updated_at: edited.unwrap_or(*created).rfc3339(),
        }
    }
}
