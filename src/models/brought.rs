//! A key that a person brings for one run: sealed while the run lasts, thrown away when it has ended.

use crate::db::Tx;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::secret::Secret;
use crate::model::EventId;
use crate::model::RunId;
use crate::models::Models;
use crate::models::kept::check_key;
use crate::models::store::brought as store;
use crate::vault::Slot;

/// A key that is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brought {
    /// The event that asked for the run.
    pub event: EventId,
    /// The run; none while none was made.
    pub run: Option<RunId>,
    /// When it was brought.
    pub at: Timestamp,
}

impl Models {
    /// Seals a key for the run that this event will make.
    pub async fn bring_key(
        &self,
        tx: &mut Tx,
        event: EventId,
        key: &Secret<String>,
        (by, now): (&str, Timestamp),
    ) -> Result<()> {
        check_key(key)?;
        self.vault.seal(tx, &slot(event), key, now).await?;
        store::put(tx, event, by, now).await
    }

    /// The event made this run, whose stack names this profile: its key, if it brought one, is for them alone.
    pub async fn key_is_for(&self, tx: &mut Tx, event: EventId, run: RunId, profile: &str) -> Result<()> {
        store::claim(tx, event, run, profile).await
    }

    /// Whether the run is paid by whoever asked for it.
    pub async fn is_brought(&self, run: RunId) -> Result<bool> {
        Ok(store::of_run(&mut *self.db.read().await?, run).await?.is_some())
    }

    /// Keys that are still there.
    pub async fn brought(&self) -> Result<Vec<Brought>> {
        store::there(&mut *self.db.read().await?).await
    }

    /// Throws a key away.
    pub async fn forget_brought(&self, event: EventId, now: Timestamp) -> Result<()> {
        let mut tx = self.db.begin().await?;
        self.vault.forget(&mut tx, &slot(event)).await?;
        store::gone(&mut tx, event, now).await?;
        tx.commit().await
    }

    /// The key that a run brought for this profile; none when it brought none. An error when it is gone.
    pub(super) async fn brought_for(&self, run: RunId, profile: &str) -> Result<Option<Secret<String>>> {
        let found = store::of_run(&mut *self.db.read().await?, run).await?;
        let Some((event, name)) = found.filter(|(_, name)| name == profile) else { return Ok(None) };
        self.vault.unseal(&slot(event)).await?.map(Some).ok_or_else(|| {
            Error::invalid(format!("The key that this run brought for the model profile `{name}` is gone"))
                .code("KEY_GONE")
                .hint("a key is kept until its run has ended; ask for a new run and bring the key again")
        })
    }
}

fn slot(event: EventId) -> Slot {
    Slot::of("run-key", event)
}
