//! The row of one effect that is to be written.

use std::str::FromStr;
use std::time::Duration;

use crate::approvals::Approved;
use crate::db::Db;
use crate::db::Tx;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::EffectId;
use crate::model::EffectKind;
use crate::model::RunId;
use crate::proposals::Proposed;
use crate::writeback::Outcome;
use crate::writeback::store;

/// How often a write is tried before it counts as failed.
const MOST_TRIES: i64 = 8;

/// One effect that is to be written, or was.
#[derive(Clone, Debug)]
pub struct WriteBack {
    /// The effect.
    pub effect: EffectId,
    /// The run that proposed it.
    pub run: RunId,
    /// What kind it is.
    pub kind: EffectKind,
    /// Where it stands.
    pub state: WriteBackState,
    /// Names of the people who approved; empty when policy allowed it.
    pub approved_by: Vec<String>,
    /// How often it was tried.
    pub tries: i64,
    /// What the forge calls it.
    pub result_id: Option<String>,
    /// Where it can be seen.
    pub result_url: Option<String>,
    /// What went wrong last, or why it is stale.
    pub problem: Option<String>,
    /// When it was decided.
    pub created: Timestamp,
    /// When it was written, or given up.
    pub ended: Option<Timestamp>,
}

/// Where a write-back stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteBackState {
    /// To be written.
    Pending,
    /// Written.
    Applied,
    /// Its target moved before it could be written.
    Stale,
    /// Given up.
    Failed,
}

/// The handle of the rows.
#[derive(Clone)]
pub struct WriteBacks {
    db: Db,
}

impl WriteBackState {
    /// The word in the API, pages and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Applied => "applied",
            Self::Stale => "stale",
            Self::Failed => "failed",
        }
    }
}

impl FromStr for WriteBackState {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = [Self::Pending, Self::Applied, Self::Stale, Self::Failed].into_iter().find(|s| s.as_str() == text);
        found.ok_or_else(|| Error::internal(format!("`{text}` is not a state of a write-back")))
    }
}

impl WriteBacks {
    /// Over this database.
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Notes that an effect is to be written. Belongs into the transaction of the decision.
    pub async fn enqueue(&self, tx: &mut Tx, approved: &Approved<Proposed>, now: Timestamp) -> Result<()> {
        store::insert(tx, approved, now).await
    }

    /// What is to be written now, oldest first.
    pub async fn due(&self, now: Timestamp) -> Result<Vec<WriteBack>> {
        store::due(&mut *self.db.read().await?, now).await
    }

    /// How many are still to be written, now or later.
    pub async fn count_pending(&self) -> Result<i64> {
        store::count_pending(&mut *self.db.read().await?).await
    }

    /// Everything of a run.
    pub async fn of_run(&self, run: RunId) -> Result<Vec<WriteBack>> {
        store::of_run(&mut *self.db.read().await?, run).await
    }

    /// Records what came of a try. Answers the state that follows: a failure that may pass is tried again, later each
    /// time, until it has been tried often enough.
    pub async fn record(
        &self,
        tx: &mut Tx,
        row: &WriteBack,
        outcome: &Outcome,
        now: Timestamp,
    ) -> Result<WriteBackState> {
        let tries = row.tries + 1;
        let state = match outcome {
            Outcome::Applied(_) => WriteBackState::Applied,
            Outcome::Stale(_) => WriteBackState::Stale,
            Outcome::Failed(_) => WriteBackState::Failed,
            Outcome::Later(_) if tries >= MOST_TRIES => WriteBackState::Failed,
            Outcome::Later(_) => WriteBackState::Pending,
        };
        let wait = Duration::from_secs(1 << tries.clamp(0, 9));
        store::record(tx, row.effect, (state, tries, now.plus(wait)), outcome, now).await?;
        Ok(state)
    }
}
