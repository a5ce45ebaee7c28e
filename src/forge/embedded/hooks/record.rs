//! Taking what is due, and writing down what came of it.

use std::time::Duration;

use crate::forge::embedded::Embedded;
use crate::forge::embedded::hooks::Hook;
use crate::forge::embedded::hooks::HookAttempt;
use crate::forge::embedded::hooks::HookDelivery;
use crate::forge::embedded::hooks::HookDeliveryId;
use crate::forge::embedded::hooks::HookDeliveryState;
use crate::forge::embedded::hooks::delivery::next_try;
use crate::forge::embedded::store;
use crate::kit::Result;
use crate::kit::clock::Timestamp;

/// How long nobody else takes a delivery that somebody took: longer than any try lasts.
const CLAIM: Duration = Duration::from_secs(120);

/// How long the log of a hook goes back.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How many old deliveries are forgotten with each new one: more than come, so that the log shrinks.
const MOST_FORGOTTEN: i64 = 20;

impl Embedded {
    /// Of each hook the oldest delivery that is due.
    pub async fn due_hook_deliveries(&self, now: Timestamp, most: i64) -> Result<Vec<HookDelivery>> {
        store::hook_deliveries::due(&mut *self.db().read().await?, now, most).await
    }

    /// How many deliveries are still to be tried.
    pub async fn count_pending_hook_deliveries(&self) -> Result<i64> {
        store::hook_deliveries::count_pending(&mut *self.db().read().await?).await
    }

    /// Takes a delivery for one try. None when somebody else was first.
    pub async fn claim_hook_delivery(&self, delivery: &HookDelivery, now: Timestamp) -> Result<Option<Hook>> {
        let mut tx = self.db().begin().await?;
        let until = now.plus(CLAIM);
        if !store::hook_deliveries::claim(&mut tx, delivery.id, now, until).await? {
            return Ok(None);
        }
        let hook = store::hooks::by_id(&mut tx, delivery.keeper, delivery.hook).await?;
        tx.commit().await?;
        Ok(hook)
    }

    /// Writes down one try, and whether and when there is another; forgets what is older than the log goes back. `jitter` goes from 0 to 1; `refused` says that the
    /// request may not be made at all. Answers what became of the delivery; none when its hook was deleted meanwhile.
    pub async fn record_hook_attempt(
        &self,
        delivery: HookDeliveryId,
        attempt: HookAttempt,
        refused: bool,
        jitter: f64,
    ) -> Result<Option<HookDeliveryState>> {
        let mut tx = self.db().begin().await?;
        // The hook may have been deleted meanwhile, with its deliveries.
        let Some(mut known) = store::hook_deliveries::by_id(&mut tx, delivery).await? else { return Ok(None) };
        known.tries += 1;
        let attempt = HookAttempt { number: known.tries, ..attempt };
        let ended = attempt.at.plus(attempt.took);
        match attempt.status {
            Some(200..=299) => known.state = HookDeliveryState::Delivered,
            status => match next_try(status, refused, known.tries, jitter) {
                Some(wait) => known.due = ended.plus(wait),
                None => known.state = HookDeliveryState::Failed,
            },
        }
        store::hook_deliveries::insert_attempt(&mut tx, delivery, &attempt).await?;
        store::hook_deliveries::settle(&mut tx, &known).await?;
        let place = (known.keeper, known.hook);
        store::hook_deliveries::forget(&mut tx, place, ended.minus(KEPT), MOST_FORGOTTEN).await?;
        tx.commit().await?;
        Ok(Some(known.state))
    }
}
