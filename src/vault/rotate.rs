//! Another master key: everything is sealed anew, in small steps, while the server runs.
//!
//! ```text
//!   the new key stands in the file, after the old one      both open
//!   the database names the new key                         from here nothing is sealed with the old one
//!   rows are sealed anew, a hundred a transaction          both open
//!   no row names the old key: it leaves the file           only the new one opens
//! ```
//!
//! Whoever breaks off between two lines leaves what the next call goes on with. Whoever seals holds the row that names the
//! key until their transaction ends, so a value cannot slip in under the old key after the second line.

use std::fs::File;

use rustix::fs::FlockOperation;
use rustix::fs::flock;

use crate::db::Tx;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::error::Context as _;
use crate::vault::Vault;
use crate::vault::masters::Masters;
use crate::vault::store::sealed as store;
use crate::vault::store::sealed::Sealed;

/// What a rotation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The name of the key that sealed until now.
    pub before: String,
    /// The name of the key that seals from now on.
    pub after: String,
    /// Values that were sealed anew.
    pub values: u64,
    /// Whether a rotation that somebody broke off was brought to its end.
    pub went_on: bool,
}

/// Rows of one transaction.
const BATCH: i64 = 100;

impl Vault {
    /// Seals everything anew with a new master key, or brings a rotation that broke off to its end.
    ///
    /// `settle` says what belongs into the transaction that names the new key, such as an audit entry.
    pub async fn rotate(
        &self,
        now: Timestamp,
        settle: impl AsyncFnOnce(&mut Tx, &Rotated) -> Result<()>,
    ) -> Result<Rotated> {
        let _alone = self.alone()?;
        let masters = Masters::open(&self.directory)?;
        let went_on = masters.is_rotating();
        let masters = if went_on { masters } else { masters.with_another() };
        masters.write(&self.directory)?;
        let after = masters.newest().id().to_owned();

        let mut tx = self.db.begin().await?;
        let before = store::master_for_update(&mut tx).await?;
        let mut rotated = Rotated { before, after, values: 0, went_on };
        if rotated.before != rotated.after {
            store::set_master(&mut tx, &rotated.after).await?;
            settle(&mut tx, &rotated).await?;
        }
        tx.commit().await?;

        while let anew @ 1.. = self.seal_batch(&rotated.after, now).await? {
            rotated.values += anew;
        }
        masters.newest_alone().write(&self.directory)?;
        Ok(rotated)
    }

    /// Seals some rows anew that another key sealed; says how many there were.
    async fn seal_batch(&self, after: &str, now: Timestamp) -> Result<u64> {
        let master = self.master(after)?;
        let mut tx = self.db.begin().await?;
        let rows = store::sealed_by_others(&mut tx, after, BATCH).await?;
        for row in &rows {
            let bytes = master.seal(&row.slot, &self.opened(row)?)?;
            store::put(&mut tx, &Sealed { slot: row.slot.clone(), master: after.to_owned(), bytes }, now).await?;
        }
        tx.commit().await?;
        Ok(rows.len() as u64)
    }

    /// Keeps other rotations out until it is dropped.
    fn alone(&self) -> Result<File> {
        let directory = File::open(&*self.directory).context("Cannot open the directory of keys")?;
        flock(&directory, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| Error::conflict("Another rotation of the master key is under way").hint("wait for its end"))?;
        Ok(directory)
    }
}
