//! What the ending of a step means for its job.

use crate::catalog::period::Period;
use crate::checks::job::JobState;
use crate::sandbox::Ending;

/// The code of a job whose paths left it out. It holds nobody back, and its commit is told that all is well.
pub const LEFT_OUT: &str = "paths";

/// Who cancels jobs of an older head.
pub(super) const NEWER: &str = "a newer push";

/// How a job ended, or a step that ends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The state of the job.
    pub state: JobState,
    /// A code.
    pub reason: &'static str,
    /// In words, such as `exited with 1`.
    pub words: String,
}

impl Outcome {
    /// It passed.
    pub fn passed() -> Self {
        Self { state: JobState::Success, reason: "passed", words: "passed".into() }
    }

    /// No changed path is one of its.
    pub fn left_out() -> Self {
        let words = "Skipped: no changed path is one of its `paths`".to_owned();
        Self { state: JobState::Skipped, reason: LEFT_OUT, words }
    }

    /// Somebody ended it, or a newer head did.
    pub fn cancelled(by: &str) -> Self {
        let (reason, words) = match by {
            NEWER => ("superseded", "A newer push took its place".to_owned()),
            by => ("cancelled", format!("{by} cancelled it")),
        };
        Self { state: JobState::Cancelled, reason, words }
    }

    /// It could not be run.
    pub fn error(reason: &'static str, words: impl Into<String>) -> Self {
        Self { state: JobState::Error, reason, words: words.into() }
    }
}

/// What follows from the end of a step: none when the next step may begin.
pub fn after_step(ending: Ending, timeout: Period) -> Option<Outcome> {
    let failed = |reason, words: String| Some(Outcome { state: JobState::Failure, reason, words });
    match ending {
        Ending::Exited(0) => None,
        Ending::Exited(code) => failed("exit", format!("exited with {code}")),
        Ending::Signalled(signal) => failed("signal", format!("was killed by signal {signal}")),
        Ending::Deadline => failed("timeout", format!("was ended after its {timeout}")),
        Ending::MemoryExceeded => failed("memory", "used more memory than a check may".into()),
        Ending::DiskExceeded => failed("disk", "wrote more than a check may".into()),
        Ending::Cancelled => {
            Some(Outcome { state: JobState::Cancelled, reason: "cancelled", words: "was cancelled".into() })
        }
    }
}
