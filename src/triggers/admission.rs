//! Weighs a firing against what runs already.

use serde::Serialize;

use crate::catalog::policy_file::Limits;
use crate::kit::clock::Timestamp;
use crate::model::RunId;
use crate::triggers::decide::Firing;

/// What runs already, as far as it matters for one firing.
#[derive(Clone, Debug, Default)]
pub struct Load {
    /// The newest dispatch by the same rule with the same dedupe key, within the window.
    pub answered: Option<Answered>,
    /// Unfinished runs with the same concurrency key (running, waiting for a person, or queued), oldest first.
    pub holders: Vec<RunId>,
    /// Runs of the repository that were dispatched within the last hour.
    pub runs_last_hour: u32,
    /// Runs of the repository that are being executed now.
    pub concurrent: u32,
    /// US dollars that the repository's runs spent today; none when nobody counts.
    pub usd_today: Option<f64>,
    /// The tightest limits of repository and organisation.
    pub limits: Limits,
}

/// An earlier answer to an event with the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The run that answers.
    pub run: RunId,
    /// When it was dispatched.
    pub at: Timestamp,
}

/// What happens to a firing, with all that led to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Admission {
    /// What happens.
    pub outcome: Outcome,
    /// A word for programs: `ADMITTED`, `DEDUPED`, `CONCURRENCY_KEY`, `RUNS_PER_HOUR`, `CONCURRENT`, `USD_PER_DAY`.
    pub reason_code: &'static str,
    /// A sentence for people.
    pub summary: String,
    /// What was counted, and the thresholds.
    pub indicators: Vec<Indicator>,
}

/// What happens to a firing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// A run starts as soon as a runner takes it.
    Dispatch,
    /// Another run answers for it.
    Coalesce {
        /// That run.
        into: RunId,
    },
    /// A run is made and waits for its turn.
    Queue,
    /// No run.
    Reject,
}

/// One number that was looked at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Indicator {
    /// What was counted.
    pub name: &'static str,
    /// How much there is.
    pub value: f64,
    /// How much there may be; none when there is no limit.
    pub threshold: Option<f64>,
}

/// Weighs a firing against what runs already.
pub fn admit(_firing: &Firing, _load: &Load) -> Admission {
    Admission {
        outcome: Outcome::Dispatch,
        reason_code: "ADMITTED",
        summary: "nothing stands in its way".into(),
        indicators: Vec::new(),
    }
}
