//! Commit statuses: what a CI system says of a commit. The newest of each context counts.

use crate::forge::embedded::issue::Author;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::CommitId;
use crate::model::event;

/// What somebody said of a commit under one context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Its id among everything in the repository.
    pub id: i64,
    /// The commit.
    pub sha: CommitId,
    /// The name of the check.
    pub context: String,
    /// How it went.
    pub state: StatusState,
    /// A few words, or the end of a log.
    pub description: String,
    /// Where it tells more; empty or an address.
    pub target_url: String,
    /// What two failures for the same reason have in common; empty for checks that are not the forge's own.
    pub signature: String,
    /// Who said so.
    pub creator: Author,
    /// When.
    pub created: Timestamp,
}

/// A status to post.
#[derive(Clone, Debug)]
pub struct NewStatus {
    /// The name of the check; `default` when nobody says.
    pub context: String,
    /// How it went.
    pub state: StatusState,
    /// A few words, or the end of a log.
    pub description: String,
    /// Where it tells more; empty or an address.
    pub target_url: String,
}

/// How a check went. The order is how much it weighs when many are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatusState {
    /// Good.
    Success,
    /// Not done.
    Pending,
    /// Bad.
    Failure,
    /// It could not be checked.
    Error,
}

impl StatusState {
    /// The word in answers, events and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Pending => "pending",
            Self::Failure => "failure",
            Self::Error => "error",
        }
    }

    /// What many together say: the heaviest; pending when there is none.
    pub fn combined(statuses: &[Status]) -> Self {
        statuses.iter().map(|status| status.state).max().unwrap_or(Self::Pending)
    }
}

impl std::str::FromStr for StatusState {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "success" => Ok(Self::Success),
            "pending" => Ok(Self::Pending),
            "failure" => Ok(Self::Failure),
            "error" => Ok(Self::Error),
            _ => Err(Error::invalid("A status is `pending`, `success`, `failure` or `error`").field("state")),
        }
    }
}

impl Status {
    /// As an event shows a check.
    pub fn as_event(&self) -> event::Check {
        event::Check {
            name: self.context.clone(),
            sha: self.sha.clone(),
            conclusion: self.state.as_str().into(),
            description: self.description.clone(),
            url: self.target_url.clone(),
            signature: self.signature.clone(),
        }
    }
}
