//! The queue: enqueue, claim, beat, move, end. Every verb is one story step or part of one.

use std::time::Duration;

use serde_json::json;

use crate::db::Tx;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::AttemptId;
use crate::model::RunId;
use crate::runs::Attempt;
use crate::runs::AttemptKind;
use crate::runs::AttemptState;
use crate::runs::NewEvent;
use crate::runs::NewRun;
use crate::runs::Run;
use crate::runs::Runs;
use crate::runs::State;
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
        self.add_attempt(tx, run.id, AttemptKind::First, &asked_by, now).await?;
        let body = json!({ "state": "queued", "by": asked_by });
        self.note(tx, run.id, None, now, &[NewEvent::ours("state", body)]).await?;
        Ok(run)
    }

    async fn add_attempt(
        &self,
        tx: &mut Tx,
        run: RunId,
        kind: AttemptKind,
        asked_by: &str,
        now: Timestamp,
    ) -> Result<Attempt> {
        let attempt = Attempt {
            id: AttemptId::make(),
            run,
            number: store::last_attempt_number(tx, run).await? + 1,
            kind,
            state: AttemptState::Queued,
            asked_by: asked_by.into(),
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

    /// Adds an attempt on the same snapshots to a run that has ended.
    pub async fn retry(&self, tx: &mut Tx, run: RunId, asked_by: &str, now: Timestamp) -> Result<Attempt> {
        let found = self.lock(tx, run).await?;
        if !found.state.is_final() {
            return Err(Error::conflict(format!("Cannot retry run {}: it is still `{}`", run.short(), found.state))
                .hint("cancel it first, or wait until it has ended"));
        }
        if found.state == State::Refused {
            return Err(Error::conflict(format!("Cannot retry run {}: it was refused", run.short()))
                .hint("mend what it was refused for, then ask for a new run"));
        }
        let attempt = self.add_attempt(tx, run, AttemptKind::Retry, asked_by, now).await?;
        store::reopen(tx, run).await?;
        let body = json!({ "state": "queued", "by": asked_by, "attempt": attempt.number });
        self.note(tx, run, Some(attempt.id), now, &[NewEvent::ours("state", body)]).await?;
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
        if found.state.is_final() {
            return Err(Error::conflict(format!("Cannot cancel run {}: it is already `{}`", run.short(), found.state)));
        }
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

    /// Ends an attempt whose runner disappeared, and puts another one in the queue, at most `most` in all. Answers
    /// whether there is another one; if not, the run ends as `lost`.
    pub async fn recover(&self, tx: &mut Tx, attempt: &Attempt, most: i64, now: Timestamp) -> Result<bool> {
        let run = self.lock(tx, attempt.run).await?;
        let summary = "its runner disappeared";
        if !self.end_attempt(tx, attempt.id, "lost", summary, now).await? || run.state.is_final() {
            return Ok(false);
        }
        if run.cancel_asked_by.is_some() {
            self.finish(tx, &run, State::Cancelled, ("cancelled", "it was cancelled while its runner was away"), now)
                .await?;
            return Ok(false);
        }
        if attempt.number >= most {
            let summary = format!("its runner disappeared {most} times");
            self.finish(tx, &run, State::Lost, ("lost", &summary), now).await?;
            return Ok(false);
        }
        self.add_attempt(tx, run.id, AttemptKind::Retry, "forgehand", now).await?;
        store::set_state(tx, run.id, State::Queued, now).await?;
        let body = json!({ "state": "queued", "why": summary });
        self.note(tx, run.id, Some(attempt.id), now, &[NewEvent::ours("state", body)]).await?;
        Ok(true)
    }

    /// The run, held until the transaction ends.
    pub async fn lock(&self, tx: &mut Tx, run: RunId) -> Result<Run> {
        store::lock_run(tx, run).await?;
        store::run(tx, run).await?.ok_or_else(|| Error::not_found(format!("run {}", run.short())))
    }
}
