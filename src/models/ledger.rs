//! What calls of models cost: set aside before a call is made, settled after it, added up by day.
//!
//! A limit of a day holds for all runs of a repository, or of its owner, together: whoever sets something aside holds the rows of
//! the day until its worst case stands there. A call on a key that a run brought itself is written down, and counts for no limit.

use crate::db::Tx;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::AttemptId;
use crate::model::CallId;
use crate::model::RepoRef;
use crate::model::RunId;
use crate::models::Models;
use crate::models::Price;
use crate::models::Tokens;
use crate::models::store::ledger as store;

/// Who makes calls, and who pays for them.
#[derive(Clone, Debug)]
pub struct Payer {
    /// The run.
    pub run: RunId,
    /// The attempt.
    pub attempt: AttemptId,
    /// The lane of a subagent.
    pub lane: Option<String>,
    /// The repository.
    pub repo: RepoRef,
    /// The stack of the run.
    pub stack: String,
    /// The model profile.
    pub profile: String,
    /// The model's own name.
    pub model: String,
    /// The run brought its own key.
    pub own_key: bool,
    /// What a day may cost.
    pub most: DayLimits,
}

/// What a day may cost, in micro-dollars; none is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayLimits {
    /// All runs of the repository.
    pub repository: Option<u64>,
    /// All runs of all repositories of its owner.
    pub owner: Option<u64>,
}

/// A call that is to be made.
#[derive(Clone, Copy, Debug)]
pub struct Planned {
    /// Tokens that it is thought to read.
    pub read: u64,
    /// Tokens that it may write.
    pub write: u64,
    /// What they cost.
    pub price: Option<Price>,
}

/// A call whose worst case is set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aside {
    /// It.
    pub call: CallId,
    /// Tokens that it may write: perhaps fewer than were planned.
    pub write: u64,
}

/// What a call used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Tokens.
    pub tokens: Tokens,
    /// Micro-dollars.
    pub micro_usd: u64,
    /// The provider did not tell all of them.
    pub estimated: bool,
}

/// Whose day is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    /// The repository's.
    Repository,
    /// Its owner's.
    Owner,
}

/// A day that has no room for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Over {
    /// Whose.
    pub day: Day,
    /// Micro-dollars that were spent and are set aside.
    pub taken: u64,
    /// Micro-dollars that it may cost.
    pub most: u64,
}

impl Models {
    /// Sets the worst case of a call aside, if the day has room for it. It may get fewer tokens to write than it wanted.
    pub async fn set_aside(
        &self,
        payer: &Payer,
        planned: Planned,
        now: Timestamp,
    ) -> Result<std::result::Result<Aside, Over>> {
        let mut tx = self.db.begin().await?;
        let day = day_of(now);
        let mut write = planned.write;
        let days = days(payer);
        if !payer.own_key {
            for (whose, scope, most) in &days {
                let counted = store::hold(&mut tx, scope, day).await?;
                let taken = counted.spent.saturating_add(counted.reserved);
                let (Some(most), Some(price)) = (*most, planned.price) else { continue };
                match price.affordable(most.saturating_sub(taken), planned.read, write) {
                    Some(affordable) => write = affordable,
                    None => return Ok(Err(Over { day: *whose, taken, most })),
                }
            }
        }
        let worst = planned.price.map_or(0, |price| price.worst(planned.read, write));
        let call = CallId::make();
        store::insert(&mut tx, payer, (call, day, now), (planned.read, write, worst)).await?;
        if !payer.own_key {
            for (_, scope, _) in &days {
                store::add(&mut tx, (scope, day), 0, signed(worst)).await?;
            }
        }
        tx.commit().await?;
        Ok(Ok(Aside { call, write }))
    }

    /// Books what a call used. A call that was settled before stays as it is.
    pub async fn settle(&self, call: CallId, used: Used) -> Result<()> {
        let mut tx = self.db.begin().await?;
        self.book(&mut tx, call, Some(used)).await?;
        tx.commit().await
    }

    /// Books the worst case of every call of these attempts that nobody settled: they are over, and nobody knows better.
    pub async fn settle_left(&self, attempt: AttemptId) -> Result<()> {
        let mut tx = self.db.begin().await?;
        for call in store::open_of(&mut tx, attempt).await? {
            self.book(&mut tx, call, None).await?;
        }
        tx.commit().await
    }

    /// Attempts that have calls which nobody settled yet.
    pub async fn unsettled(&self) -> Result<Vec<AttemptId>> {
        store::unsettled(&mut *self.db.read().await?).await
    }

    /// Micro-dollars that the repository and its owner have spent and set aside today.
    pub async fn taken_today(&self, tx: &mut Tx, repo: &RepoRef, now: Timestamp) -> Result<(u64, u64)> {
        let day = day_of(now);
        let of_repo = store::counted(tx, &repository_scope(repo), day).await?;
        let of_owner = store::counted(tx, &owner_scope(repo), day).await?;
        Ok((of_repo.spent.saturating_add(of_repo.reserved), of_owner.spent.saturating_add(of_owner.reserved)))
    }

    async fn book(&self, tx: &mut Tx, call: CallId, used: Option<Used>) -> Result<()> {
        let Some(open) = store::close(tx, call, used).await? else { return Ok(()) };
        if open.own_key {
            return Ok(());
        }
        let cost = used.map_or(open.worst, |used| used.micro_usd);
        for scope in [&open.owner_scope, &open.repository_scope] {
            store::add(tx, (scope, open.day), signed(cost), -signed(open.worst)).await?;
        }
        Ok(())
    }
}

/// The days that a call is paid from, in the order in which everybody holds them.
fn days(payer: &Payer) -> [(Day, String, Option<u64>); 2] {
    [
        (Day::Owner, owner_scope(&payer.repo), payer.most.owner),
        (Day::Repository, repository_scope(&payer.repo), payer.most.repository),
    ]
}

pub(super) fn owner_scope(repo: &RepoRef) -> String {
    format!("owner/{}", repo.owner)
}

pub(super) fn repository_scope(repo: &RepoRef) -> String {
    format!("repository/{}", repo.id)
}

/// The number of a day in UTC.
pub fn day_of(at: Timestamp) -> i64 {
    at.seconds().div_euclid(86_400)
}

fn signed(micro: u64) -> i64 {
    i64::try_from(micro).unwrap_or(i64::MAX)
}
