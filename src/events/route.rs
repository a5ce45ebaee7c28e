//! What a delivery from outside means: in the background, because the forge waits for its answer and we need not.

use serde::Deserialize;

use crate::events::Delivery;
use crate::events::DeliveryState;
use crate::events::Events;
use crate::events::store;
use crate::kit::Result;
use crate::kit::text;

/// The one part of a payload that every forge has in common.
#[derive(Deserialize)]
struct Payload {
    repository: Option<Repository>,
}

#[derive(Deserialize)]
struct Repository {
    full_name: String,
}

impl Events {
    /// Works out what stored deliveries from outside mean, oldest first, and answers how many it did. Called on a period.
    ///
    /// No repository here is attached to another forge yet, so none becomes an event: each says so.
    pub async fn route(&self, limit: u32) -> Result<usize> {
        let deliveries = store::deliveries::to_route(&mut *self.db.read().await?, limit).await?;
        if deliveries.is_empty() {
            return Ok(0);
        }
        let mut tx = self.db.begin().await?;
        for delivery in &deliveries {
            let (state, outcome) = meaning(delivery);
            store::deliveries::set_outcome(&mut tx, delivery.received.id, state, &outcome).await?;
        }
        tx.commit().await?;
        Ok(deliveries.len())
    }
}

fn meaning(delivery: &Delivery) -> (DeliveryState, String) {
    let source = &delivery.received.source;
    let Ok(payload) = serde_json::from_slice::<Payload>(&delivery.body) else {
        return (DeliveryState::Unreadable, format!("its body is not JSON as `{source}` sends it"));
    };
    match payload.repository {
        Some(repository) => {
            let name = text::visible_line(&repository.full_name, 200);
            (DeliveryState::Unattached, format!("no repository here is attached to `{name}` at `{source}`"))
        }
        None => (DeliveryState::Unattached, format!("it names no repository of `{source}`")),
    }
}
