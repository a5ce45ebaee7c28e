//! Milestones.

use serde::Serialize;

use crate::forge::embedded;
use crate::kit::clock::Timestamp;

/// A milestone.
#[derive(Serialize)]
pub struct Milestone {
    id: i64,
    title: String,
    description: String,
    state: &'static str,
    open_issues: i64,
    closed_issues: i64,
    created_at: String,
    updated_at: String,
    closed_at: Option<String>,
    due_on: Option<String>,
}

impl Milestone {
    /// A milestone.
    pub fn new(milestone: &embedded::Milestone) -> Self {
        let embedded::Milestone {
            id,
            title,
            description,
            state,
            due,
            open_issues,
            closed_issues,
            created,
            updated,
            closed,
        } = milestone;
        Self {
            id: *id,
            title: title.clone(),
            description: description.clone(),
            state: state.as_str(),
            open_issues: *open_issues,
            closed_issues: *closed_issues,
            created_at: created.rfc3339(),
            updated_at: updated.rfc3339(),
            closed_at: closed.map(Timestamp::rfc3339),
            due_on: due.map(Timestamp::rfc3339),
        }
    }
}
