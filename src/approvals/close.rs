//! Effects that are closed without a decision: stale, expired, withdrawn.

use crate::approvals::Approvals;
use crate::approvals::AskedState;
use crate::approvals::store;
use crate::db::Tx;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::EffectId;
use crate::model::RunId;

impl Approvals {
    /// Closes an open effect whose target moved. Answers whether it was still open.
    pub async fn turn_stale(&self, tx: &mut Tx, effect: EffectId, why: &str, now: Timestamp) -> Result<bool> {
        let closed = store::close_asked(tx, effect, AskedState::Stale, "forgehand", why, now).await?;
        self.close_request_of(tx, effect, now).await?;
        Ok(closed)
    }

    /// Closes open effects that nobody decided on in time, and names them with their runs.
    pub async fn expire(&self, tx: &mut Tx, now: Timestamp) -> Result<Vec<(EffectId, RunId)>> {
        let late = store::late(tx, now).await?;
        for (effect, _) in &late {
            store::close_asked(tx, *effect, AskedState::Expired, "forgehand", "nobody decided in time", now).await?;
            self.close_request_of(tx, *effect, now).await?;
        }
        Ok(late)
    }

    /// Closes what a cancelled run still asks about.
    pub async fn withdraw(&self, tx: &mut Tx, run: RunId, why: &str, now: Timestamp) -> Result<()> {
        for effect in store::open_effects_of_run(tx, run).await? {
            store::close_asked(tx, effect, AskedState::Withdrawn, "forgehand", why, now).await?;
            self.close_request_of(tx, effect, now).await?;
        }
        Ok(())
    }

    async fn close_request_of(&self, tx: &mut Tx, effect: EffectId, now: Timestamp) -> Result<()> {
        match store::approval_of(tx, effect).await? {
            Some(approval) => store::close_if_done(tx, approval, now).await,
            None => Ok(()),
        }
    }
}
