//! Takes what the embedded forge says happened, and makes it a delivery with an event.

use crate::engine::Engine;
use crate::events::OwnDelivery;
use crate::kit::Result;

/// How many are taken in one turn.
const MOST: u32 = 100;

pub(super) async fn step(engine: &Engine) -> Result<bool> {
    let waiting = engine.forge.outbox(MOST).await?;
    if waiting.is_empty() {
        return Ok(false);
    }
    // One transaction for the whole turn: a durable commit costs more than all the rows in it.
    let mut tx = engine.db.begin().await?;
    for outgoing in waiting {
        if !engine.forge.take(&mut tx, outgoing.id).await? {
            continue;
        }
        let own = OwnDelivery {
            id: outgoing.id.to_string(),
            name: outgoing.event.what.name().to_owned(),
            payload: serde_json::from_str(&outgoing.payload).unwrap_or(serde_json::Value::Null),
            event: outgoing.event,
        };
        engine.events.accept_own(&mut tx, own).await?;
    }
    tx.commit().await?;
    Ok(true)
}
