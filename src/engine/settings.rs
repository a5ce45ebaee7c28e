//! What an administrator decides about the engine.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::git::FetchBounds;

/// What an administrator decides about the engine.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where everything is kept.
    pub data: PathBuf,
    /// How people reach the server, without a slash at the end.
    pub base_url: String,
    /// What an import or a look of a mirror may cost.
    pub import: FetchBounds,
    /// How many attempts this process works on at one time.
    pub runners: usize,
    /// What becomes of a run whose server stopped or disappeared.
    pub after_stop: AfterStop,
    /// How long the workspace of an attempt is kept after its end; not at all when this is zero.
    pub keep_workspaces: Duration,
    /// The most bytes of workspaces that are kept.
    pub keep_bytes: u64,
    /// How often the work of an agent is saved while it works.
    pub checkpoint_every: Duration,
    /// How many jobs of checks this process works on at one time.
    pub checkers: usize,
    /// How long logs of checks stay after their end; none for ever.
    pub keep_check_logs: Option<Duration>,
    /// How long checks stay after their end; none for ever.
    pub keep_checks: Option<Duration>,
    /// Names this process among all that share the database; the same after a restart.
    pub runner_name: String,
}

/// What becomes of a run whose server stopped or disappeared while its agent worked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AfterStop {
    /// It goes on from what was saved, where its agent can; otherwise it is begun again.
    #[default]
    Resume,
    /// It is begun again.
    Retry,
    /// It ends, and a person begins it again.
    Wait,
}

impl FromStr for AfterStop {
    type Err = crate::kit::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "resume" => Ok(Self::Resume),
            "retry" => Ok(Self::Retry),
            "wait" => Ok(Self::Wait),
            _ => Err(crate::kit::Error::invalid("This is not `resume`, `retry` or `wait`")),
        }
    }
}
