//! The queue: enqueue, claim, beat, move, end. Every verb is one story step or part of one.

use std::time::Duration;

use serde_json::json;

use crate::db::Tx;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::AttemptId;
use crate::model::RunId;
use crate::runs::Again;
use crate::runs::Attempt;
use crate::runs::AttemptKind;
use crate::runs::AttemptState;
use crate::runs::NewEvent;
use crate::runs::NewRun;
use crate::runs::Run;
use crate::runs::Runs;
use crate::runs::State;
use crate::runs::Verb;
use crate::runs::store;

/// How long a runner may be silent before its attempt counts as lost.
pub const LEASE: Duration = Duration::from_secs(30);

/// An attempt that a runner has.
#[derive(Clone, Debug)]
pub struct Leased {
    /// The run.
    pub run: Run,
    /// The attempt.
    pub attempt: Attempt,
    /// Who holds it.
    pub owner: String,
}

impl Runs {
    /// Stores a run with its first attempt, waiting for a runner. Poke after the commit.
    pub async fn enqueue(&self, tx: &mut Tx, dispatch: NewRun, now: Timestamp) -> Result<Run> {
        self.enqueue_with(tx, dispatch, None, now).await
    }

    /// The same for a run that begins with the work of an attempt of another one, and with a word of whoever asks.
    pub async fn enqueue_fork(
        &self,
        tx: &mut Tx,
        dispatch: NewRun,
        (begins_with, message): (Option<AttemptId>, Option<String>),
        now: Timestamp,
    ) -> Result<Run> {
        self.enqueue_with(tx, dispatch, Some((begins_with, message)), now).await
    }

    async fn enqueue_with(
        &self,
        tx: &mut Tx,
        dispatch: NewRun,
        fork: Option<(Option<AttemptId>, Option<String>)>,
        now: Timestamp,
    ) -> Result<Run> {
        let asked_by = dispatch.requester_login.clone();
        let run = Run {
            id: RunId::make(),
            dispatch,
            state: State::Queued,
            reason: None,
            summary: None,
            cancel_asked_by: None,
            tokens_in: 0,
            tokens_out: 0,
            micro_usd: 0,
            created: now,
            started: None,
            ended: None,
        };
        store::insert_run(tx, &run).await?;
        let kind = if fork.is_some() { AttemptKind::Fork } else { AttemptKind::First };
        let (begins_with, message) = fork.unwrap_or_default();
        let body = json!({ "state": "queued", "by": asked_by, "text": message, "of": run.dispatch.forked_from });
        let first = Again { kind, asked_by: &asked_by, message, begins_with, snapshots: None };
        self.add_attempt(tx, run.id, &first, now).await?;
        self.note(tx, run.id, None, now, &[NewEvent::ours("state", body)]).await?;
        Ok(run)
    }

    pub(super) async fn add_attempt(
        &self,
        tx: &mut Tx,
        run: RunId,
        again: &Again<'_>,
        now: Timestamp,
    ) -> Result<Attempt> {
        let attempt = Attempt {
            id: AttemptId::make(),
            run,
            number: store::last_attempt_number(tx, run).await? + 1,
            kind: again.kind,
            state: AttemptState::Queued,
            asked_by: again.asked_by.into(),
            fresh: again.snapshots.is_some(),
            message: again.message.clone(),
            begins_with: again.begins_with,
            saved: None,
            folder: None,
            bundle: None,
            reason: None,
            summary: None,
            created: now,
            started: None,
            ended: None,
        };
        store::insert_attempt(tx, &attempt).await?;
        Ok(attempt)
    }

    /// Takes the oldest waiting attempt for a runner, if there is one.
    pub async fn claim(&self, owner: &str, now: Timestamp) -> Result<Option<Leased>> {
        let mut tx = self.db.begin().await?;
        let Some(attempt) = store::claim(&mut tx, owner, now, now.plus(LEASE)).await? else { return Ok(None) };
        let run = self.lock(&mut tx, attempt.run).await?;
        self.change_state(&mut tx, &run, State::Starting, now).await?;
        tx.commit().await?;
        self.announce(run.id);
        Ok(Some(Leased { run: Run { state: State::Starting, ..run }, attempt, owner: owner.into() }))
    }

    /// Says that a runner still works on its attempt. Answers whether somebody asked to cancel the run; an error when
    /// the lease is gone.
    pub async fn beat(&self, leased: &Leased, now: Timestamp) -> Result<bool> {
        let mut tx = self.db.begin().await?;
        let held = store::extend_lease(&mut tx, leased.attempt.id, &leased.owner, now.plus(LEASE)).await?;
        let run = store::run(&mut tx, leased.run.id).await?;
        tx.commit().await?;
        if !held {
            return Err(Error::conflict(format!("The lease of attempt {} is gone", leased.attempt.id.short())));
        }
        Ok(run.is_some_and(|run| run.cancel_asked_by.is_some()))
    }

    /// Freezes the manifest of the context bundle that this attempt is shown.
    pub async fn freeze(&self, tx: &mut Tx, attempt: AttemptId, manifest: &str) -> Result<()> {
        store::freeze(tx, attempt, manifest).await
    }

    /// Moves a run to another state that is not final.
    pub async fn change_state(&self, tx: &mut Tx, run: &Run, next: State, now: Timestamp) -> Result<()> {
        run.state.check(next)?;
        store::set_state(tx, run.id, next, now).await?;
        self.note(tx, run.id, None, now, &[NewEvent::ours("state", json!({ "state": next }))]).await
    }

    /// Ends an attempt. The run's own state is another step: effects may still wait for people.
    pub async fn end_attempt(
        &self,
        tx: &mut Tx,
        attempt: AttemptId,
        reason: &str,
        summary: &str,
        now: Timestamp,
    ) -> Result<bool> {
        store::end_attempt(tx, attempt, reason, summary, now).await
    }

    /// Ends a run: a final state, a reason code and a sentence.
    pub async fn finish(
        &self,
        tx: &mut Tx,
        run: &Run,
        state: State,
        because: (&str, &str),
        now: Timestamp,
    ) -> Result<()> {
        run.state.check(state)?;
        let (reason, summary) = because;
        store::finish(tx, run.id, state, because, now).await?;
        let body = json!({ "state": state, "reason": reason, "summary": summary });
        self.note(tx, run.id, None, now, &[NewEvent::ours("state", body)]).await
    }

    /// Asks for a run to be cancelled. A waiting run ends at once; a living one when its runner next beats.
    pub async fn ask_cancel(&self, tx: &mut Tx, run: RunId, by: &str, now: Timestamp) -> Result<Run> {
        let found = self.lock(tx, run).await?;
        Verb::Cancel.check(run, found.state)?;
        store::ask_cancel(tx, run, by).await?;
        let body = json!({ "by": by });
        self.note(tx, run, None, now, &[NewEvent::ours("cancel", body)]).await?;
        if !found.state.is_alive() {
            store::end_open_attempts(tx, run, "cancelled", now).await?;
            let summary = format!("{by} cancelled it");
            self.finish(tx, &found, State::Cancelled, ("cancelled", &summary), now).await?;
        }
        Ok(found)
    }

    /// Ends a run that waits and can never be worked on here.
    pub async fn refuse(&self, tx: &mut Tx, run: RunId, because: (&str, &str), now: Timestamp) -> Result<()> {
        let found = self.lock(tx, run).await?;
        store::end_open_attempts(tx, run, because.0, now).await?;
        self.finish(tx, &found, State::Refused, because, now).await
    }

    /// Takes the trust from a run whose agent read words of these people, for this attempt and all that follow. Noted once.
    pub async fn distrust(&self, tx: &mut Tx, run: RunId, authors: &[String], now: Timestamp) -> Result<()> {
        if !store::distrust(tx, run).await? {
            return Ok(());
        }
        let body = json!({ "why": "the agent read words that may not steer it", "authors": authors });
        self.note(tx, run, None, now, &[NewEvent::ours("distrust", body)]).await
    }

    /// Counts what the model used.
    pub async fn add_usage(&self, run: RunId, tokens_in: i64, tokens_out: i64, micro_usd: i64) -> Result<()> {
        let mut tx = self.db.begin().await?;
        store::add_usage(&mut tx, run, tokens_in, tokens_out, micro_usd).await?;
        tx.commit().await
    }

    /// Attempts whose runner has been silent for longer than its lease.
    pub async fn lost_attempts(&self, now: Timestamp) -> Result<Vec<Attempt>> {
        store::attempts_with_lease_before(&mut *self.db.read().await?, now).await
    }

    /// Attempts that this runner holds: after a restart, those that it no longer works on.
    pub async fn held_by(&self, owner: &str) -> Result<Vec<Attempt>> {
        store::attempts_held_by(&mut *self.db.read().await?, owner).await
    }

    /// The run, held until the transaction ends.
    pub async fn lock(&self, tx: &mut Tx, run: RunId) -> Result<Run> {
        store::lock_run(tx, run).await?;
        store::run(tx, run).await?.ok_or_else(|| Error::not_found(format!("run {}", run.short())))
    }
}
