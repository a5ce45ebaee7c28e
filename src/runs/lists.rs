//! Reading runs: one, its attempts, and lists by repository, state, stack or number.

use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::AttemptId;
use crate::model::RepoId;
use crate::model::RunId;
use crate::runs::Attempt;
use crate::runs::Run;
use crate::runs::Runs;
use crate::runs::State;
use crate::runs::store;

/// Which runs a list shows. All fields narrow.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only these repositories; none for all.
    pub repos: Option<Vec<RepoId>>,
    /// Only this issue or pull request.
    pub number: Option<i64>,
    /// Only these states; empty for all.
    pub states: Vec<State>,
    /// Only this stack.
    pub stack: Option<String>,
    /// Only runs that are older than this one: the cursor.
    pub before: Option<RunId>,
    /// At most this many rows; 0 means 30.
    pub limit: i64,
}

impl Runs {
    /// One run.
    pub async fn run(&self, id: RunId) -> Result<Run> {
        let found = store::run(&mut *self.db.read().await?, id).await?;
        found.ok_or_else(|| Error::not_found(format!("run {}", id.short())))
    }

    /// How many attempts wait for a runner.
    pub async fn count_queued(&self) -> Result<i64> {
        store::count_queued(&mut *self.db.read().await?).await
    }

    /// Its attempts, first one first.
    pub async fn attempts(&self, run: RunId) -> Result<Vec<Attempt>> {
        store::attempts(&mut *self.db.read().await?, run).await
    }

    /// One attempt.
    pub async fn attempt(&self, id: AttemptId) -> Result<Attempt> {
        let found = store::attempt(&mut *self.db.read().await?, id).await?;
        found.ok_or_else(|| Error::not_found(format!("attempt {}", id.short())))
    }

    /// Runs, newest first.
    pub async fn list(&self, filter: &Filter) -> Result<Vec<Run>> {
        store::list(&mut *self.db.read().await?, filter).await
    }

    /// How many runs with this concurrency key have not ended, by whether they have started.
    pub async fn open_with_key(&self, tx: &mut crate::db::Tx, repo: RepoId, key: &str) -> Result<Vec<Run>> {
        store::open_with_key(tx, repo, key).await
    }

    /// How many runs of a repository were dispatched since then, and how many have not ended.
    pub async fn load(&self, tx: &mut crate::db::Tx, repo: RepoId, since: Timestamp) -> Result<(i64, i64)> {
        store::load(tx, repo, since).await
    }

    /// Runs that are in a state, oldest first.
    pub async fn in_state(&self, state: State, most: i64) -> Result<Vec<Run>> {
        store::in_state(&mut *self.db.read().await?, state, most).await
    }
}
