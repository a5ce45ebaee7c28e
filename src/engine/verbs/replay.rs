//! A person puts a delivery through the rules again.

use serde_json::json;

use crate::access::Action;
use crate::access::Cx;
use crate::engine::Engine;
use crate::forge::embedded::Place;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::DeliveryId;

impl Engine {
    /// Replays a delivery of a repository. Dedupe keys hold: what was answered is not answered again within its window.
    pub async fn replay(&self, cx: &Cx, place: &Place, delivery: DeliveryId) -> Result<DeliveryId> {
        cx.authorize(Action::ReplayDelivery, &place.standing)?;
        let found = self.events.delivery(delivery).await?;
        if found.is_none_or(|found| found.received.repo != Some(place.repository.id)) {
            return Err(Error::not_found("delivery with this id"));
        }
        let mut step = self.step(cx).await?;
        let (copy, _) = self.events.replay(&mut step, delivery).await?;
        let subject = format!("delivery {delivery}");
        step.finish(
            "delivery.replay",
            subject,
            json!({ "repo": place.repository.reference().to_string(), "as": copy }),
        )
        .await?;
        Ok(copy)
    }
}
