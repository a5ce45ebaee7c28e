//! The workspace of a run's newest attempt, in a few words, and what can be done about it.

use crate::kit::clock::Timestamp;
use crate::runs::Attempt;
use crate::runs::Look;
use crate::web::parts::badge::Mark;
use crate::web::parts::size;
use crate::web::parts::time::When;

/// A workspace as the run's page shows it.
#[derive(Clone, Debug)]
pub struct WorkspaceBox {
    /// The number of the attempt that it belongs to.
    pub attempt: i64,
    /// How it looks.
    pub mark: Mark,
    /// What that means.
    pub says: &'static str,
    /// The bytes that it holds; empty when none is kept.
    pub size: String,
    /// How long it is kept.
    pub until: Option<When>,
    /// Said when the code moved on since.
    pub stale: bool,
    /// Whether the person may make it again from what was saved.
    pub may_recover: bool,
    /// Whether the person may throw it away.
    pub may_archive: bool,
}

impl WorkspaceBox {
    /// The workspace of an attempt, for somebody who may steer its run or not.
    pub fn of(attempt: &Attempt, look: Look, stale: bool, steers: bool, now: Timestamp) -> Self {
        let (mark, says) = match look {
            Look::InUse => (Mark::new("busy", "busy", "In use"), "An agent works in it, or is about to."),
            Look::Clean => (Mark::new("ok", "check", "Clean"), "Nothing was written to it, so none is kept."),
            Look::Dirty => (
                Mark::new("calm", "lock", "Dirty"),
                "It holds what the agent changed. An attempt that goes on works in it.",
            ),
            Look::Missing => (
                Mark::new("bad", "warn", "Missing"),
                "It should be on the disk and is not. What was saved can be laid out again.",
            ),
            Look::Taken => (Mark::new("calm", "run", "Taken over"), "A later attempt went on in it."),
            Look::Archived => (Mark::new("calm", "slash", "Archived"), "It was put away. What was saved of it stays."),
            Look::Swept => {
                (Mark::new("calm", "clock", "Swept"), "It was kept long enough. What was saved of it stays.")
            }
        };
        let kept = attempt.folder.filter(|_| look == Look::Dirty);
        Self {
            attempt: attempt.number,
            mark,
            says,
            size: kept.map(|kept| size::bytes(u64::try_from(kept.bytes).unwrap_or(0))).unwrap_or_default(),
            until: kept.map(|kept| When::new(kept.until, now)),
            stale,
            may_recover: steers && look.may_be_recovered() && attempt.saved.is_some(),
            may_archive: steers && look.may_be_archived(),
        }
    }
}
