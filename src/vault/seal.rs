//! Sealing and unsealing one value.

use std::sync::Arc;
use std::sync::PoisonError;

use zeroize::Zeroizing;

use crate::db::Tx;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::secret::Secret;
use crate::vault::Slot;
use crate::vault::Vault;
use crate::vault::masters;
use crate::vault::masters::Master;
use crate::vault::masters::Masters;
use crate::vault::store::sealed as store;
use crate::vault::store::sealed::Sealed;

impl Vault {
    /// Puts a value into its slot, in the transaction of whoever owns the slot. A value that was there is gone.
    pub async fn seal(&self, tx: &mut Tx, slot: &Slot, value: &Secret<String>, now: Timestamp) -> Result<()> {
        let master = store::master_for_share(tx).await?;
        let bytes = self.master(&master)?.seal(slot, value.reveal().as_bytes())?;
        self.watch().add(value);
        store::put(tx, &Sealed { slot: slot.clone(), master, bytes }, now).await
    }

    /// The value in a slot; none when there is none.
    pub async fn unseal(&self, slot: &Slot) -> Result<Option<Secret<String>>> {
        let Some(sealed) = store::find(&mut *self.db.read().await?, slot).await? else { return Ok(None) };
        let opened = self.opened(&sealed)?;
        let text = std::str::from_utf8(&opened).map_err(|_| masters::broken(slot))?;
        Ok(Some(Secret::new(text.to_owned())))
    }

    /// Throws the value of a slot away; nothing happens when there is none.
    pub async fn forget(&self, tx: &mut Tx, slot: &Slot) -> Result<()> {
        store::delete(tx, slot).await
    }

    /// Looks for every value that is sealed now. One that does not open is told in the log, and when it is used.
    pub(super) async fn watch_all(&self) -> Result<()> {
        for sealed in store::all(&mut *self.db.read().await?).await? {
            match self.opened(&sealed).map(|bytes| String::from_utf8(bytes.to_vec())) {
                Ok(Ok(value)) => self.watch().add(&Secret::new(value)),
                Ok(Err(_)) => {}
                Err(error) => tracing::error!("{}", error.message()),
            }
        }
        Ok(())
    }

    pub(super) fn opened(&self, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>> {
        self.master(&sealed.master)?.open(&sealed.slot, &sealed.bytes)
    }

    /// The master key of this name. Another process may have made it a moment ago, so the file is read again when it is new.
    pub(super) fn master(&self, id: &str) -> Result<Arc<Master>> {
        if let Some(known) = self.masters.read().unwrap_or_else(PoisonError::into_inner).find(id) {
            return Ok(known);
        }
        let fresh = Masters::open(&self.directory)?;
        let found = fresh.find(id).ok_or_else(|| masters::lost(id));
        *self.masters.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        found
    }
}
