//! Sealed values: what the server must be able to say again, and nobody may read.
//!
//! Who is who: a [`Slot`] says whose value it is, such as the secret of a webhook or the key of a model. [`Vault::seal`] puts a
//! value there in the transaction of whoever owns the slot, [`Vault::unseal`] says it again, [`Vault::forget`] throws it away.
//! [`Vault::rotate`] seals everything anew with another master key. A [`Named`] secret is one that people keep for their
//! stacks; a [`Grant`] lets a stack use one, for the addresses that it sent it to when it was granted. A [`Watch`] finds parts of
//! all these values in what agents say. A [`Pin`] is what an MCP server said of its tools when people agreed to it.
//!
//! A value is sealed with XChaCha20-Poly1305 under a key that is derived, by HKDF, from the master key and the slot; slot and
//! name of the master key are authenticated with it, so that a row that is copied to another place opens nothing. Master
//! keys lie in `keys/vault.keys`, outside the database: whoever has one of the two reads nothing.
//!
//! Does not know HTTP, stacks as files, or who may grant: `engine` asks that first. All rooms after this one keep their secrets here, and
//! nothing of them in tables of their own: only so can `rotate` find every value.

mod slot;

mod seal;

mod rotate;

mod masters;

mod secret;

mod pin;

mod keep;

mod watch;

mod windows;

mod store;

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::RwLock;

use crate::db::Db;
use crate::kit::Result;

pub use pin::Pin;
pub use pin::PinOf;
pub use pin::Seen;
pub use pin::digest as pin_digest;
pub use rotate::Rotated;
pub use secret::Consumer;
pub use secret::Grant;
pub use secret::Granted;
pub use secret::Keeper;
pub use secret::Named;
pub use secret::SecretName;
pub use secret::Standing;
pub use slot::Slot;
pub use watch::Watch;

/// The handle of the room. Cloning is cheap.
#[derive(Clone)]
pub struct Vault {
    db: Db,
    directory: Arc<PathBuf>,
    masters: Arc<RwLock<masters::Masters>>,
    watch: Watch,
}

impl Vault {
    /// Over this database, with the master keys in `keys/` of this data directory. Makes the first key when there is none.
    pub async fn open(db: Db, data: &Path) -> Result<Self> {
        let directory = data.join("keys");
        let masters = masters::Masters::open(&directory)?;
        let mut tx = db.begin().await?;
        let current = store::sealed::settle_master(&mut tx, masters.newest().id()).await?;
        tx.commit().await?;
        masters.find(&current).ok_or_else(|| masters::lost(&current))?;
        let masters = Arc::new(RwLock::new(masters));
        let vault = Self { db, directory: Arc::new(directory), masters, watch: Watch::new() };
        vault.watch_all().await?;
        Ok(vault)
    }

    /// What looks for sealed values in words.
    pub fn watch(&self) -> &Watch {
        &self.watch
    }
}

#[cfg(test)]
mod tests;
