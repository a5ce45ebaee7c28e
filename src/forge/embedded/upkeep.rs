//! When the Git directories of repositories are looked after: a while after somebody pushed, one at a time.

use std::time::Duration;

use crate::forge::embedded::Embedded;
use crate::forge::embedded::store;
use crate::git;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::RepoId;

/// Who pushes once often pushes again soon.
pub(super) const AFTER_A_PUSH: Duration = Duration::from_secs(5);
/// Upkeep that was begun and not finished, because it failed or the server ended, is tried again after this long.
const AGAIN: Duration = Duration::from_secs(2 * 3600);

/// A repository whose turn it is.
#[derive(Debug)]
pub struct UpkeepTurn {
    repo: RepoId,
    /// Until when nobody else takes it, unless somebody pushes meanwhile.
    until: Timestamp,
}

impl Embedded {
    /// Takes the repository that waits longest for its upkeep; none when none waits.
    pub async fn claim_upkeep(&self, now: Timestamp) -> Result<Option<UpkeepTurn>> {
        let Some((repo, due)) = store::repositories::upkeep_due(&mut *self.db().read().await?, now).await? else {
            return Ok(None);
        };
        let until = now.plus(AGAIN);
        let mut tx = self.db().begin().await?;
        let claimed = store::repositories::move_upkeep(&mut tx, repo, due, Some(until)).await?;
        tx.commit().await?;
        Ok(claimed.then_some(UpkeepTurn { repo, until }))
    }

    /// Does what is due there. Its next turn comes when somebody pushes again, or has pushed meanwhile.
    pub async fn look_after(&self, turn: UpkeepTurn) -> Result<git::Upkeep> {
        let repository = store::repositories::by_id(&mut *self.db().read().await?, turn.repo).await?;
        let did = match &repository {
            Some(repository) => self.git(repository).look_after().await?,
            None => git::Upkeep::Nothing,
        };
        if let Some(repository) = repository.filter(|_| did != git::Upkeep::Nothing) {
            tracing::info!(repo = %repository.reference(), upkeep = ?did, "packed `{}`", repository.reference());
        }
        let mut tx = self.db().begin().await?;
        store::repositories::move_upkeep(&mut tx, turn.repo, turn.until, None).await?;
        tx.commit().await?;
        Ok(did)
    }
}
