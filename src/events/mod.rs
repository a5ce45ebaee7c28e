//! The durable inbox: what came in, what it meant, and what each rule decided about it.
//!
//! Who is who: a [`Delivery`] is one webhook as received, or what our own forge handed over. A [`StoredEvent`] is what a
//! delivery means, in our words; it waits as `received` until it is settled once, as ignored or decided. An
//! [`Execution`] is what one rule decided about one event, with its reason: the answer to "why did nothing happen".
//!
//! An acknowledged delivery is durable. Deliveries from outside come in bursts, so [`intake`] commits many of them in one
//! transaction, and answers each one only after that commit. The same id again with the same bytes is known; the same id
//! with other bytes is quarantined; the same bytes under another id are one event.
//!
//! A [`Strike`] is when the clock strikes next for the rules of a repository; each becomes one event.
//!
//! Does not know what to do with an event, nor rules, nor runs beyond their ids: the engine takes what is pending, asks
//! `triggers`, and settles. Does not know signatures: the door verifies, and hands over only what is genuine.
//!
//! To add a source of events, make an [`OwnDelivery`] in its transaction and call [`Events::accept_own`].

pub mod delivery;

pub mod intake;

pub mod own;

pub mod route;

pub mod refusal;

pub mod inbox;

pub mod strike;

pub mod execution;

mod payload;

mod store;

use crate::db::Db;
use crate::kit::clock::Clock;

pub use delivery::Accepted;
pub use delivery::Delivery;
pub use delivery::DeliveryState;
pub use delivery::RawDelivery;
pub use delivery::Received;
pub use delivery::SourceName;
pub use execution::Decision;
pub use execution::Execution;
pub use execution::Filter;
pub use execution::NewExecution;
pub use inbox::EventState;
pub use inbox::StoredEvent;
pub use own::OwnDelivery;
pub use refusal::Refusal;
pub use strike::Strike;

/// The handle of the room. Cloning is cheap; all clones share one intake.
#[derive(Clone)]
pub struct Events {
    db: Db,
    clock: Clock,
    intake: intake::Intake,
    refusals: refusal::Refusals,
}

impl Events {
    /// Over this database. Starts the writer of the intake, so it is called inside the runtime.
    pub fn new(db: Db, clock: &Clock) -> Self {
        Self {
            intake: intake::Intake::new(db.clone(), clock),
            db,
            clock: clock.clone(),
            refusals: refusal::Refusals::default(),
        }
    }
}

#[cfg(test)]
mod tests;
