//! Labels.

use serde::Serialize;

use crate::forge::embedded;
use crate::forge::embedded::Repository;

/// A label.
#[derive(Serialize)]
pub struct Label {
    id: i64,
    name: String,
    exclusive: bool,
    is_archived: bool,
    color: String,
    description: String,
    url: String,
}

impl Label {
    /// A label of a repository.
    pub fn new(base: &str, repository: &Repository, label: &embedded::Label) -> Self {
        let embedded::Label { id, name, color, description } = label;
        Self {
            id: *id,
            name: name.clone(),
            exclusive: false,
            is_archived: false,
            color: color.clone(),
            description: description.clone(),
            url: format!("{base}/api/v1/repos/{}/labels/{id}", repository.reference()),
        }
    }
}
