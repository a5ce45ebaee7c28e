//! How often runs were shown the entries of a brain.

use std::collections::BTreeSet;

use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::memory::Memory;
use crate::memory::store;
use crate::model::OwnerName;

/// Entries that a list of what is used most looks at.
const MOST: i64 = 500;

/// How often an entry was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// Its id, or its path when it has none.
    pub name: String,
    /// How often a run was shown it before it began.
    pub shown: i64,
    /// How often an agent asked for it.
    pub asked: i64,
    /// When it was used last.
    pub last: Timestamp,
}

impl Memory {
    /// Counts entries that an agent asked for, each once.
    pub async fn count_asked(&self, organisation: &OwnerName, names: &BTreeSet<String>, now: Timestamp) -> Result<()> {
        let mut tx = self.db.begin().await?;
        for name in names {
            store::count_use(&mut tx, organisation, name, (0, 1), now).await?;
        }
        tx.commit().await
    }

    /// What was used most, the most first; entries that are gone from the brain are among it.
    pub async fn most_used(&self, organisation: &OwnerName) -> Result<Vec<Use>> {
        store::most_used(&mut *self.db.read().await?, organisation, MOST).await
    }
}
