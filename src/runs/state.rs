//! The states of a run, and what may follow what.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;

use crate::kit::Error;
use crate::kit::Result;

/// Where a run stands. The last five are final and carry a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waits for a runner.
    Queued,
    /// A runner has it and prepares context, workspace and sandbox.
    Starting,
    /// The agent works.
    Running,
    /// The agent asked a question and waits for the answer.
    NeedsInput,
    /// The agent is done; people decide on what it proposed.
    AwaitingApproval,
    /// Decided effects are being written back.
    Applying,
    /// Everything that was to happen happened.
    Succeeded,
    /// It could not be done.
    Failed,
    /// A person ended it.
    Cancelled,
    /// It was never allowed to start.
    Refused,
    /// Its runner disappeared.
    Lost,
}

impl State {
    /// All states, in the order of a run's life.
    pub const ALL: [Self; 11] = [
        Self::Queued,
        Self::Starting,
        Self::Running,
        Self::NeedsInput,
        Self::AwaitingApproval,
        Self::Applying,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
        Self::Refused,
        Self::Lost,
    ];

    /// The word in the API, pages and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::NeedsInput => "needs_input",
            Self::AwaitingApproval => "awaiting_approval",
            Self::Applying => "applying",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Refused => "refused",
            Self::Lost => "lost",
        }
    }

    /// Whether nothing follows, except a retry.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled | Self::Refused | Self::Lost)
    }

    /// Whether an attempt is leased and its agent may be alive.
    pub fn is_alive(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::NeedsInput)
    }

    /// What may follow.
    pub fn may_become(self, next: Self) -> bool {
        match self {
            Self::Queued => matches!(next, Self::Starting | Self::Cancelled | Self::Refused | Self::Failed),
            Self::Starting | Self::Running | Self::NeedsInput => next != self && next != Self::Refused,
            Self::AwaitingApproval => {
                matches!(next, Self::Applying | Self::Succeeded | Self::Failed | Self::Cancelled | Self::Queued)
            }
            Self::Applying => {
                matches!(next, Self::AwaitingApproval | Self::Succeeded | Self::Failed | Self::Cancelled)
            }
            Self::Succeeded | Self::Failed | Self::Cancelled | Self::Refused | Self::Lost => next == Self::Queued,
        }
    }

    /// The same as [`State::may_become`], as an error for the reader.
    pub fn check(self, next: Self) -> Result<()> {
        if self.may_become(next) {
            return Ok(());
        }
        Err(Error::conflict(format!("A run that is `{self}` cannot become `{next}`")))
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for State {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or_else(|| {
            let words: Vec<&str> = Self::ALL.iter().map(|state| state.as_str()).collect();
            Error::invalid(format!("`{}` is not a state of a run", crate::kit::text::visible_line(text, 40)))
                .hint(format!("states are {}", words.join(", ")))
                .field("state")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_retry_leaves_a_final_state() {
        for from in State::ALL.into_iter().filter(|state| state.is_final()) {
            let next: Vec<State> = State::ALL.into_iter().filter(|next| from.may_become(*next)).collect();
            assert_eq!(next, [State::Queued], "{from}");
        }
    }

    #[test]
    fn no_state_follows_itself() {
        for state in State::ALL {
            assert!(!state.may_become(state), "{state}");
        }
    }
}
