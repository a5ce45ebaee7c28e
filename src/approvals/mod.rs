//! Approvals: people decide on effects, byte for byte, and only here is an [`Approved`] effect made.
//!
//! Who is who: an [`Approval`] asks people about what one run proposed; it holds one [`Asked`] effect for each. A
//! [`Decision`] is what one person said about one digest. [`judge`] is the pure part: may this person say this now?
//! [`Approved`] is the proof that the executor takes; nothing else can make one.
//!
//! What holds here: an approval names digests, never "whatever the run proposes". The person who asked cannot approve
//! alone. No machine decides. Of two deciders one wins, and the other is told who was first. A decided, stale or expired
//! effect answers with a conflict.
//!
//! Deliberately does not know how it is shown, nor how a decided effect is written.

mod approval;

mod approved;

pub mod judge;

mod request;

mod decide;

mod close;

mod store;

pub use approval::Approval;
pub use approval::Asked;
pub use approval::AskedState;
pub use approval::Decision;
pub use approval::Filter;
pub use approval::Given;
pub use approved::Approved;
pub use decide::Decided;
pub use judge::Decider;
pub use request::Subject;

use crate::db::Db;

/// The handle of this room.
#[derive(Clone)]
pub struct Approvals {
    db: Db,
}

impl Approvals {
    /// Over this database.
    pub fn new(db: Db) -> Self {
        Self { db }
    }
}
