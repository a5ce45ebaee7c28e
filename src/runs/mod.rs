//! Runs: one task given to one stack for one source object, and everything that is told about it.
//!
//! Who is who: a [`Run`] is the task with its frozen snapshots; an [`Attempt`] is one execution of it, leased by a
//! runner; a [`TranscriptEvent`] is one line of what happened, numbered without a gap, so that a reader can resume.
//! [`State`] is a pure state machine: what may follow what is decided there and nowhere else;
//! [`Verb`] is what people may do to a run in each state.
//!
//! The queue is the table of attempts. A lease has an end; a runner that does not beat loses it, and the attempt ends as
//! `lost`. Nothing stays `running` forever.
//!
//! Deliberately does not know agents, sandboxes, proposals or forges: `engine` tells it what became of an attempt.
//!
//! To add a verb: a method on [`Runs`] in a file of its own, with its SQL in `store.rs`.

mod run;

mod state;

mod transcript;

mod queue;

mod again;

mod verb;

mod folders;

mod lists;

mod store;

pub use again::Loss;
pub use folders::Folder;
pub use folders::FolderState;
pub use folders::Look;
pub use lists::Filter;
pub use queue::LEASE;
pub use queue::Leased;
pub use run::Again;
pub use run::Attempt;
pub use run::AttemptKind;
pub use run::AttemptState;
pub use run::NewRun;
pub use run::Run;
pub use run::Saved;
pub use run::Snapshots;
pub use run::Source;
pub use state::State;
pub use transcript::NewEvent;
pub use transcript::Origin;
pub use transcript::TranscriptEvent;
pub use verb::Becomes;
pub use verb::Verb;

use tokio::sync::broadcast;

use crate::db::Db;
use crate::model::RunId;

/// The handle of this room.
#[derive(Clone)]
pub struct Runs {
    db: Db,
    /// Wakes live readers; what is new they read from the store.
    news: broadcast::Sender<RunId>,
}

impl Runs {
    /// Over this database.
    pub fn new(db: Db) -> Self {
        let (news, _) = broadcast::channel(1024);
        Self { db, news }
    }
}
