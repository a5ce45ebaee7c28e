//! Milestones: what belongs together, and by when.

use crate::forge::embedded::issue::State;
use crate::kit::clock::Timestamp;

/// A milestone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Milestone {
    /// Its id among everything in the repository.
    pub id: i64,
    /// Its title.
    pub title: String,
    /// A few words about it.
    pub description: String,
    /// Whether it is still ahead.
    pub state: State,
    /// By when.
    pub due: Option<Timestamp>,
    /// How many of its issues are open.
    pub open_issues: i64,
    /// How many of its issues are closed.
    pub closed_issues: i64,
    /// When it was created.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// When it was closed, if it is.
    pub closed: Option<Timestamp>,
}

/// What a milestone is to be; none leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct MilestoneChange {
    /// Its title.
    pub title: Option<String>,
    /// A few words about it.
    pub description: Option<String>,
    /// Whether it is still ahead.
    pub state: Option<State>,
    /// By when.
    pub due: Option<Timestamp>,
}
