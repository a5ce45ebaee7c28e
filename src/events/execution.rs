//! Trigger executions: what one rule decided about one event, and why.

use std::str::FromStr;

use crate::db::Connection;
use crate::db::Tx;
use crate::events::Events;
use crate::events::store;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::model::CommitId;
use crate::model::EventId;
use crate::model::ExecutionId;
use crate::model::RepoId;
use crate::model::RunId;

/// What one rule decided about one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// Our id.
    pub id: ExecutionId,
    /// When.
    pub at: Timestamp,
    /// What was decided, about what and why.
    pub what: NewExecution,
}

/// What one rule decided, before it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewExecution {
    /// About which event.
    pub event: EventId,
    /// In which repository.
    pub repo: RepoId,
    /// Which rule; for a dispatch by hand, the word `manual`.
    pub rule: String,
    /// What.
    pub decision: Decision,
    /// Why, in a sentence.
    pub reason: String,
    /// The stack that it is for.
    pub stack: Option<String>,
    /// The run that it made, or joined when it was coalesced.
    pub run: Option<RunId>,
    /// The issue or pull request that it is about.
    pub number: Option<i64>,
    /// The commit that the rule was read at.
    pub config: Option<CommitId>,
    /// Its dedupe key, written out.
    pub dedupe_key: Option<String>,
    /// Its concurrency key, written out.
    pub concurrency_key: Option<String>,
    /// For a queued one: what the run is to be made of. Opaque here.
    pub firing: Option<serde_json::Value>,
}

/// What a rule decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A run was made.
    Dispatched,
    /// It is part of a run that exists.
    Coalesced,
    /// A run is made when another one ends.
    Queued,
    /// Somebody or something may not.
    Refused,
    /// The rule does not apply.
    Skipped,
}

/// Which executions to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this repository.
    pub repo: Option<RepoId>,
    /// Of this rule.
    pub rule: Option<String>,
    /// With this decision.
    pub decision: Option<Decision>,
    /// About this event.
    pub event: Option<EventId>,
}

impl Events {
    /// Stores what a rule decided. A rule decides about an event once: a second time is a conflict.
    pub async fn record(&self, tx: &mut Tx, execution: NewExecution) -> Result<ExecutionId> {
        let execution = Execution { id: ExecutionId::make(), at: self.clock.now(), what: execution };
        store::executions::insert(tx, &execution).await?;
        Ok(execution.id)
    }

    /// One execution.
    pub async fn execution(&self, id: ExecutionId) -> Result<Option<Execution>> {
        store::executions::by_id(&mut *self.db.read().await?, id).await
    }

    /// Executions that match, newest first.
    pub async fn executions(&self, filter: &Filter, paging: Paging) -> Result<Page<Execution>> {
        store::executions::list(&mut *self.db.read().await?, filter, paging).await
    }

    /// What was decided last in a repository, newest first, without counting all.
    pub async fn newest_executions(&self, repo: RepoId, most: i64) -> Result<Vec<Execution>> {
        store::executions::newest_of_repo(&mut *self.db.read().await?, repo, most).await
    }

    /// What was decided about one issue or pull request, newest first.
    pub async fn for_number(&self, repo: RepoId, number: i64, most: i64) -> Result<Vec<Execution>> {
        store::executions::for_number(&mut *self.db.read().await?, repo, number, most).await
    }

    /// The execution that made a run.
    pub async fn of_run(&self, run: RunId) -> Result<Vec<Execution>> {
        store::executions::of_run(&mut *self.db.read().await?, run).await
    }

    /// The newest execution of this rule with this dedupe key, since this moment, that made a run. One that waits for
    /// its turn answers nothing yet: when its turn comes it looks here too.
    pub async fn by_dedupe_key(
        &self,
        connection: &mut Connection,
        (repo, rule): (RepoId, &str),
        key: &str,
        since: Timestamp,
    ) -> Result<Option<Execution>> {
        store::executions::by_dedupe_key(connection, repo, rule, key, since).await
    }

    /// Runs that this rule made with this concurrency key, newest first, at most 200. Which of them still run is for
    /// the caller to ask.
    pub async fn runs_with_key(
        &self,
        connection: &mut Connection,
        (repo, rule): (RepoId, &str),
        key: &str,
    ) -> Result<Vec<RunId>> {
        store::executions::runs_with_key(connection, repo, rule, key).await
    }

    /// Queued executions, oldest first.
    pub async fn waiting(&self, connection: &mut Connection, limit: u32) -> Result<Vec<Execution>> {
        store::executions::waiting(connection, limit).await
    }

    /// How many executions wait for their turn.
    pub async fn count_waiting(&self) -> Result<i64> {
        store::executions::count_waiting(&mut *self.db.read().await?).await
    }

    /// Turns a queued execution into another decision: dispatched with its run, or refused. False when it no longer
    /// waits.
    pub async fn resolve(
        &self,
        tx: &mut Tx,
        id: ExecutionId,
        (decision, run): (Decision, Option<RunId>),
        reason: &str,
    ) -> Result<bool> {
        store::executions::resolve(tx, id, decision, run, reason).await
    }
}

impl Decision {
    /// All decisions.
    pub const ALL: [Self; 5] = [Self::Dispatched, Self::Coalesced, Self::Queued, Self::Refused, Self::Skipped];

    /// The word in the database, on pages and in APIs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dispatched => "dispatched",
            Self::Coalesced => "coalesced",
            Self::Queued => "queued",
            Self::Refused => "refused",
            Self::Skipped => "skipped",
        }
    }
}

impl FromStr for Decision {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|decision| decision.as_str() == text);
        found.ok_or_else(|| {
            Error::invalid("This is not a decision")
                .hint("decisions are `dispatched`, `coalesced`, `queued`, `refused` and `skipped`")
                .field("decision")
        })
    }
}
