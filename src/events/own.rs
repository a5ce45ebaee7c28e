//! Deliveries of our own: what the embedded forge, a person's button or a schedule hands over in its own transaction.

use crate::db::Tx;
use crate::events::DeliveryState;
use crate::events::Events;
use crate::events::Received;
use crate::events::SourceName;
use crate::events::StoredEvent;
use crate::events::payload;
use crate::events::store;
use crate::kit::Result;
use crate::kit::digest::Digest;
use crate::kit::error::Context as _;
use crate::model::DeliveryId;
use crate::model::Event;
use crate::model::EventId;

/// One thing that happened inside, in the shape of a delivery, so that people find it where they look for webhooks.
#[derive(Clone, Debug)]
pub struct OwnDelivery {
    /// Names it for ever: accepting the same id again does nothing.
    pub id: String,
    /// The word for what happened: `issues`, `push`, `manual`, ….
    pub name: String,
    /// What it means.
    pub event: Event,
    /// What is shown as the delivery's body.
    pub payload: serde_json::Value,
}

impl Events {
    /// Stores a delivery of our own and its event, in the transaction of whoever hands it over.
    ///
    /// None when the same id was accepted before: then nothing is written.
    pub async fn accept_own(&self, tx: &mut Tx, own: OwnDelivery) -> Result<Option<EventId>> {
        let body = serde_json::to_vec_pretty(&own.payload).context("Cannot write a payload as JSON")?;
        let received = Received {
            id: DeliveryId::make(),
            source: SourceName::own(),
            remote_id: own.id,
            name: own.name,
            at: self.clock.now(),
            digest: Digest::plain(&body),
            state: DeliveryState::Routed,
            outcome: None,
            repo: Some(own.event.repo.id),
            original: None,
            size: body.len() as u64,
        };
        if store::deliveries::is_known(tx, &received.source, &received.remote_id).await? {
            return Ok(None);
        }
        if !store::deliveries::insert_own(tx, &received, &payload::pack(&body)).await? {
            return Ok(None);
        }
        let event = StoredEvent::new(received.id, own.event, received.at);
        store::inbox::insert(tx, &event).await?;
        Ok(Some(event.id))
    }
}
