//! What a hook keeps to itself: its secret, and the header that lets it in. Both lie in the vault.

use crate::db::Db;
use crate::db::Tx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::store;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::secret::Secret;
use crate::vault::Keeper;
use crate::vault::Slot;
use crate::vault::Vault;

/// What a hook keeps to itself.
#[derive(Clone, Debug, Default)]
pub struct HookSecrets {
    /// What deliveries are signed with.
    pub secret: Option<Secret<String>>,
    /// The value of `Authorization`.
    pub authorization: Option<Secret<String>>,
}

/// A hook among all others.
pub(super) type At = (Keeper, i64);

fn secret((keeper, id): At) -> Slot {
    Slot::of("webhook-secret", format!("{keeper}/{id}"))
}

fn authorization((keeper, id): At) -> Slot {
    Slot::of("webhook-authorization", format!("{keeper}/{id}"))
}

impl Embedded {
    /// Keeps what changes of a hook's secrets; an empty one is forgotten.
    pub(super) async fn keep_hook_secrets(
        &self,
        tx: &mut Tx,
        at: At,
        changed: &HookSecrets,
        now: Timestamp,
    ) -> Result<()> {
        let vault = &self.rooms().vault;
        for (slot, value) in [(secret(at), &changed.secret), (authorization(at), &changed.authorization)] {
            match value {
                Some(value) if value.reveal().is_empty() => vault.forget(tx, &slot).await?,
                Some(value) => vault.seal(tx, &slot, value, now).await?,
                None => {}
            }
        }
        Ok(())
    }

    pub(super) async fn forget_hook_secrets(&self, tx: &mut Tx, at: At) -> Result<()> {
        let vault = &self.rooms().vault;
        vault.forget(tx, &secret(at)).await?;
        vault.forget(tx, &authorization(at)).await
    }

    /// What a hook keeps to itself, for a delivery.
    pub async fn hook_secrets(&self, keeper: Keeper, id: i64) -> Result<HookSecrets> {
        let (at, vault) = ((keeper, id), &self.rooms().vault);
        Ok(HookSecrets {
            secret: vault.unseal(&secret(at)).await?,
            authorization: vault.unseal(&authorization(at)).await?,
        })
    }
}

/// Seals secrets that lie in the database as they were typed, and leaves nothing of them there.
pub(in crate::forge::embedded) async fn seal_old(db: &Db, vault: &Vault, now: Timestamp) -> Result<usize> {
    let mut sealed = 0;
    loop {
        let mut tx = db.begin().await?;
        let Some((at, value)) = store::hooks::one_clear(&mut tx).await? else { return Ok(sealed) };
        vault.seal(&mut tx, &secret(at), &value, now).await?;
        if !store::hooks::cleared(&mut tx, at).await? {
            return Err(Error::internal("A hook whose secret was just read is gone"));
        }
        tx.commit().await?;
        sealed += 1;
    }
}
