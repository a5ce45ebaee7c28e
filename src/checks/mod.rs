//! Checks of the forge itself: jobs of `.agents/checks.yaml`, run in the sandbox that agents get, told as commit statuses.
//!
//! Who is who: a [`Job`] is one execution of one job at one commit; a rerun is another one, with the next attempt number and
//! the same frozen plan. [`JobState`] says where it stands. A [`StepRow`] is one step as it ran, a [`Batch`] some lines of the
//! log. [`due`] says which jobs an event asks for, and [`signature`] what two failures for the same reason have in common; both
//! are pure. [`Keeper`] turns what a job writes into lines, and bounds them.
//!
//! The queue is the table of jobs. A lease has an end; a runner that does not beat loses it, and the job is begun again, or
//! ends as `error` with the reason `lost`. A job that needs others is held until they have passed, and skipped when one has not.
//! What is to be said on the commit is a flag in the row, set with each change: whoever says it takes the flag back.
//!
//! Deliberately does not know statuses, workspaces or who may do what: `engine` runs jobs, posts statuses and asks for rights.
//!
//! To add a verb: a method on [`Checks`] in a file of its own, with its SQL in `store.rs`. To let a signature hold over one
//! more thing that differs from run to run: a line in `signature.rs`, and one in its table of tests.

mod job;

mod due;

mod log;

mod signature;

mod outcome;

mod queue;

mod steer;

mod keep;

mod reading;

mod store;

pub use due::Asked;
pub use due::due;
pub use job::Job;
pub use job::JobState;
pub use job::NewJob;
pub use job::StepRow;
pub use keep::Kept;
pub use log::Batch;
pub use log::Keeper;
pub use log::Line;
pub use outcome::LEFT_OUT;
pub use outcome::Outcome;
pub use outcome::after_step;
pub use queue::LEASE;
pub use reading::Filter;
pub use signature::signature;
pub use signature::telling;
pub use steer::Older;

use tokio::sync::broadcast;

use crate::db::Db;
use crate::model::JobId;

/// The handle of this room.
#[derive(Clone)]
pub struct Checks {
    db: Db,
    /// Wakes live readers; what is new they read from the store.
    news: broadcast::Sender<JobId>,
}

impl Checks {
    /// Over this database.
    pub fn new(db: Db) -> Self {
        let (news, _) = broadcast::channel(1024);
        Self { db, news }
    }

    /// Wakes live readers of a job.
    pub fn announce(&self, job: JobId) {
        // No reader is no error.
        let _ = self.news.send(job);
    }

    /// Says which jobs have news. A reader that lags re-reads from the store.
    pub fn news(&self) -> broadcast::Receiver<JobId> {
        self.news.subscribe()
    }
}
