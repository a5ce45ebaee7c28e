//! When the clock strikes next for a repository's rules. Each strike becomes one event, however many servers look.

use crate::db::Tx;
use crate::events::Events;
use crate::events::store;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::CommitId;
use crate::model::RepoId;

/// A cron line that rules of a repository name, and when it strikes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strike {
    /// Whose rules.
    pub repo: RepoId,
    /// The line, as the rules write it.
    pub cron: String,
    /// The time zone that it is read in.
    pub timezone: String,
    /// When it strikes next.
    pub next_at: Timestamp,
    /// The tip of the default branch when it struck last, or when the line was first seen.
    pub seen: Option<CommitId>,
}

impl Events {
    /// Lines that strike now or should have, the longest overdue first.
    pub async fn due_strikes(&self, limit: u32) -> Result<Vec<Strike>> {
        store::strikes::due(&mut *self.db.read().await?, self.clock.now(), limit).await
    }

    /// The lines of a repository.
    pub async fn strikes_of(&self, repo: RepoId) -> Result<Vec<Strike>> {
        store::strikes::of_repo(&mut *self.db.read().await?, repo).await
    }

    /// Writes a line down; one that is known keeps its time.
    pub async fn add_strike(&self, tx: &mut Tx, strike: &Strike) -> Result<()> {
        store::strikes::insert(tx, strike).await
    }

    /// Forgets a line that no rule names any more.
    pub async fn forget_strike(&self, tx: &mut Tx, strike: &Strike) -> Result<()> {
        store::strikes::delete(tx, strike).await
    }

    /// Moves a line on to its next moment, in the transaction that stores the event. False when another server was
    /// faster: then the caller rolls back.
    pub async fn move_strike(
        &self,
        tx: &mut Tx,
        strike: &Strike,
        next_at: Timestamp,
        seen: Option<&CommitId>,
    ) -> Result<bool> {
        store::strikes::move_on(tx, strike, next_at, seen).await
    }
}
