//! Events that wait for the rules, and how each is settled once.

use std::str::FromStr;
use std::time::Duration;

use crate::db::Connection;
use crate::db::Tx;
use crate::events::Events;
use crate::events::store;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::DeliveryId;
use crate::model::Event;
use crate::model::EventId;

/// The longest time between two tries to decide an event.
const MOST_PATIENCE: Duration = Duration::from_secs(600);

/// An event with where it came from and how far it got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Our id.
    pub id: EventId,
    /// The delivery that it is the meaning of.
    pub delivery: DeliveryId,
    /// What happened.
    pub event: Event,
    /// How far it got.
    pub state: EventState,
    /// Why it was ignored, what the rules came to, or why it still waits.
    pub reason: Option<String>,
    /// When it was stored.
    pub received: Timestamp,
    /// How often it could not be decided, for a reason of ours.
    pub tries: i64,
}

/// How far an event got. It moves once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventState {
    /// Waits for the rules.
    Received,
    /// Dropped before any rule, such as an event of our own hand.
    Ignored,
    /// Every rule said what it had to say.
    Decided,
}

impl Events {
    /// Events that wait for the rules and are due, oldest first.
    pub async fn pending(&self, limit: u32) -> Result<Vec<StoredEvent>> {
        store::inbox::pending(&mut *self.db.read().await?, self.clock.now(), limit).await
    }

    /// How many events wait for the rules.
    pub async fn count_pending(&self) -> Result<i64> {
        store::inbox::count_pending(&mut *self.db.read().await?).await
    }

    /// One event.
    pub async fn event(&self, id: EventId) -> Result<Option<StoredEvent>> {
        store::inbox::by_id(&mut *self.db.read().await?, id).await
    }

    /// The same inside a transaction.
    pub async fn event_in(&self, connection: &mut Connection, id: EventId) -> Result<Option<StoredEvent>> {
        store::inbox::by_id(connection, id).await
    }

    /// The events of a delivery: none or one, for all sources so far.
    pub async fn of_delivery(&self, delivery: DeliveryId) -> Result<Vec<StoredEvent>> {
        store::inbox::of_delivery(&mut *self.db.read().await?, delivery).await
    }

    /// The events of several deliveries.
    pub async fn of_deliveries(&self, deliveries: &[DeliveryId]) -> Result<Vec<StoredEvent>> {
        store::inbox::by_ids(&mut *self.db.read().await?, deliveries, &[]).await
    }

    /// Several events, for those who list executions.
    pub async fn events(&self, ids: &[EventId]) -> Result<Vec<StoredEvent>> {
        store::inbox::by_ids(&mut *self.db.read().await?, &[], ids).await
    }

    /// Settles an event, in the transaction that stores what was decided. False when somebody settled it before: then
    /// the caller rolls back, because everything it decided was decided already.
    pub async fn settle(&self, tx: &mut Tx, id: EventId, state: EventState, reason: &str) -> Result<bool> {
        store::inbox::settle(tx, id, state, reason, self.clock.now()).await
    }

    /// Says what the rules came to, in the transaction that settled the event.
    pub async fn explain(&self, tx: &mut Tx, id: EventId, reason: &str) -> Result<()> {
        store::inbox::explain(tx, id, reason).await
    }

    /// Leaves an event for later, with what stood in the way: each time for twice as long, at most ten minutes.
    pub async fn postpone(&self, tx: &mut Tx, stored: &StoredEvent, reason: &str) -> Result<()> {
        let patience = Duration::from_secs(1 << stored.tries.clamp(0, 10)).min(MOST_PATIENCE);
        store::inbox::postpone(tx, stored.id, reason, self.clock.now().plus(patience)).await
    }
}

impl StoredEvent {
    /// An event that waits.
    pub(super) fn new(delivery: DeliveryId, event: Event, received: Timestamp) -> Self {
        Self { id: EventId::make(), delivery, event, state: EventState::Received, reason: None, received, tries: 0 }
    }
}

impl EventState {
    /// The word in the database, on pages and in APIs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Ignored => "ignored",
            Self::Decided => "decided",
        }
    }
}

impl FromStr for EventState {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = [Self::Received, Self::Ignored, Self::Decided].into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| Error::invalid(format!("`{text}` is not a state of an event")))
    }
}
