//! What was decided and written, by whom: a chain of signed entries that shows where somebody changed it afterwards.
//!
//! Who is who: an [`Entry`] is what a verb wants written down; [`Audit::append`] puts it into the verb's own transaction,
//! so that the deed and its entry are durable together or not at all. A [`Recorded`] entry has its sequence, the hash of
//! the entry before and a signature. The [`Head`] is the signed end of the chain. A [`Checkpoint`] is a head that was
//! written down outside the database; [`Audit::verify`] compares all of them and names the first bad entry.
//!
//! What each part catches: the hash, an edited, swapped or inserted entry; the gapless sequence, a deleted one; the
//! signature of each entry, a rewritten and re-hashed tail; the head, a cut tail; the checkpoints, a cut tail whose old
//! head was put back. Somebody who holds the signing key and every checkpoint is not caught.
//!
//! Does not know what entries mean: actions are words like `approval.approve`, subjects and details are the caller's.

mod entry;

mod append;

mod verify;

mod checkpoint;

mod keys;

mod store;

use std::path::Path;
use std::sync::Arc;

use crate::db::Db;
use crate::kit::Result;
use crate::kit::page::Page;
use crate::kit::page::Paging;

pub use checkpoint::Checkpoint;
pub use entry::Entry;
pub use entry::Head;
pub use entry::Recorded;
pub use store::Filter;
pub use verify::Verification;

/// The handle of the room. Cloning is cheap.
#[derive(Clone)]
pub struct Audit {
    db: Db,
    keys: Arc<keys::Keys>,
    checkpoints: Arc<checkpoint::File>,
}

impl Audit {
    /// Over this database, with the signing key in `keys/` of this data directory and the checkpoints in `audit/`.
    /// Makes the key when there is none; its file is readable by the server's user alone.
    pub fn open(db: Db, data: &Path) -> Result<Self> {
        Ok(Self {
            db,
            keys: Arc::new(keys::Keys::open(&data.join("keys"))?),
            checkpoints: Arc::new(checkpoint::File::at(data.join("audit").join("checkpoints"))),
        })
    }

    /// Entries that match, newest first.
    pub async fn list(&self, filter: &Filter, paging: Paging) -> Result<Page<Recorded>> {
        store::list(&mut *self.db.read().await?, filter, paging).await
    }

    /// The signed end of the chain; none while it is empty.
    pub async fn head(&self) -> Result<Option<Head>> {
        let head = store::head(&mut *self.db.read().await?).await?;
        Ok(Some(head).filter(|head| head.sequence > 0))
    }
}
