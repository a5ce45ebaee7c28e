//! The queue: enqueue, claim, beat, end, recover. Every verb is one story step or part of one.

use std::time::Duration;

use crate::checks::Checks;
use crate::checks::Job;
use crate::checks::JobState;
use crate::checks::LEFT_OUT;
use crate::checks::Line;
use crate::checks::NewJob;
use crate::checks::Outcome;
use crate::checks::store;
use crate::db::Tx;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::JobId;

/// How long a runner may be silent before its job counts as lost.
pub const LEASE: Duration = Duration::from_secs(30);

/// How often a job is begun before it is given up.
const MOST_BEGINS: i64 = 3;

/// Jobs that are looked at in one turn.
const MOST: i64 = 200;

impl Checks {
    /// Stores the first execution of a job at a commit, waiting, queued, or ended at once by an outcome. None when the commit
    /// has one of this name already; one that waits for a person is started when `new` needs no person.
    pub async fn enqueue(
        &self,
        tx: &mut Tx,
        new: NewJob,
        ended: Option<&Outcome>,
        now: Timestamp,
    ) -> Result<Option<Job>> {
        let first = if new.fork { JobState::Waiting } else { JobState::Queued };
        if let Some(there) = store::newest(tx, new.repo.id, &new.sha, Some(&new.name)).await?.pop() {
            // A push left it out; the whole of a pull request may hold what it looks at.
            if there.reason == LEFT_OUT && ended.is_none_or(|ended| ended.reason != LEFT_OUT) {
                return self.insert(tx, made(new, there.attempt + 1, first, now), ended).await;
            }
            if there.state == JobState::Waiting && !new.fork {
                store::start(tx, there.id, &new.asked_by).await?;
            }
            return Ok(None);
        }
        self.insert(tx, made(new, 1, first, now), ended).await
    }

    /// Stores one more execution of a job that the clock asks for, also of one that has run at this commit before. None while
    /// the last one has not ended, or when the same strike made one.
    pub async fn enqueue_anew(
        &self,
        tx: &mut Tx,
        new: NewJob,
        ended: Option<&Outcome>,
        now: Timestamp,
    ) -> Result<Option<Job>> {
        let there = store::newest(tx, new.repo.id, &new.sha, Some(&new.name)).await?.pop();
        if there.as_ref().is_some_and(|job| !job.state.is_final()) {
            return Ok(None);
        }
        let attempt = there.map_or(1, |job| job.attempt + 1);
        self.insert(tx, made(new, attempt, JobState::Queued, now), ended).await
    }

    /// Stores one more execution of a job that has ended, on the same plan. None when the same cause made one before.
    pub(super) async fn again(
        &self,
        tx: &mut Tx,
        old: &Job,
        by: &str,
        cause: &str,
        now: Timestamp,
    ) -> Result<Option<Job>> {
        let new = NewJob { asked_by: by.to_owned(), cause: cause.to_owned(), ..old.new.clone() };
        self.insert(tx, made(new, old.attempt + 1, JobState::Queued, now), None).await
    }

    async fn insert(&self, tx: &mut Tx, mut job: Job, ended: Option<&Outcome>) -> Result<Option<Job>> {
        if let Some(Outcome { state, reason, words }) = ended {
            job.state = *state;
            job.reason = (*reason).to_owned();
            job.summary = words.clone();
            job.ended = Some(job.created);
        }
        Ok(store::insert(tx, &job).await?.then_some(job))
    }

    /// Lets jobs go whose needs have passed, and skips those whose needs have not. Says whether any changed.
    pub async fn release(&self, now: Timestamp) -> Result<bool> {
        let held = store::held(&mut *self.db.read().await?, MOST).await?;
        let mut changed = false;
        for job in held {
            let beside = store::newest(&mut *self.db.read().await?, job.new.repo.id, &job.new.sha, None).await?;
            let needs: Vec<&Job> = beside.iter().filter(|other| job.new.plan.needs.contains(&other.new.name)).collect();
            let mut tx = self.db.begin().await?;
            let left_out = |need: &Job| need.reason == LEFT_OUT;
            if let Some(bad) = needs.iter().find(|need| need.state.is_bad() && !left_out(need)) {
                let words = format!("It needs `{}`, which did not pass: {}", bad.new.name, bad.state);
                let skipped = Outcome { state: JobState::Skipped, reason: "needs", words };
                changed |= store::end_queued(&mut tx, job.id, &skipped, now).await?;
            } else if needs.iter().all(|need| need.state == JobState::Success || left_out(need)) {
                changed |= store::release(&mut tx, job.id).await?;
            }
            tx.commit().await?;
            self.announce(job.id);
        }
        Ok(changed)
    }

    /// Takes the oldest job that may run, if there is one.
    pub async fn claim(&self, owner: &str, now: Timestamp) -> Result<Option<Job>> {
        let mut tx = self.db.begin().await?;
        let claimed = store::claim(&mut tx, owner, now, now.plus(LEASE)).await?;
        tx.commit().await?;
        claimed.iter().for_each(|job| self.announce(job.id));
        Ok(claimed)
    }

    /// Says that a runner still works on a job. Answers who asked for it to be cancelled; an error when the lease is gone.
    pub async fn beat(&self, job: JobId, owner: &str, now: Timestamp) -> Result<Option<String>> {
        let mut tx = self.db.begin().await?;
        let held = store::extend_lease(&mut tx, job, owner, now.plus(LEASE)).await?;
        let found = store::job(&mut tx, job).await?;
        tx.commit().await?;
        if !held {
            return Err(Error::conflict(format!("The lease of check {} is gone", job.short())));
        }
        Ok(found.and_then(|job| job.cancel_asked_by))
    }

    /// Notes that a step begins.
    pub async fn begin_step(&self, job: JobId, number: i64, name: &str, first_line: i64, now: Timestamp) -> Result<()> {
        let mut tx = self.db.begin().await?;
        store::insert_step(&mut tx, job, (number, name, first_line), now).await?;
        tx.commit().await?;
        self.announce(job);
        Ok(())
    }

    /// Notes how a step ended.
    pub async fn end_step(&self, job: JobId, number: i64, state: &str, ending: &str, now: Timestamp) -> Result<()> {
        let mut tx = self.db.begin().await?;
        store::end_step(&mut tx, job, number, (state, ending), now).await?;
        tx.commit().await?;
        self.announce(job);
        Ok(())
    }

    /// Keeps lines of the log.
    pub async fn write(&self, job: JobId, lines: &[Line]) -> Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        self.write_in(&mut tx, job, lines).await?;
        tx.commit().await?;
        self.announce(job);
        Ok(())
    }

    /// Keeps lines of the log, within a story step.
    pub async fn write_in(&self, tx: &mut Tx, job: JobId, lines: &[Line]) -> Result<()> {
        // A batch is of one step and has no gap.
        for batch in lines.chunk_by(|one, next| one.step == next.step && one.number + 1 == next.number) {
            store::insert_batch(tx, job, batch).await?;
        }
        Ok(())
    }

    /// Ends a job that this runner has. False when its lease was lost, and somebody else has given it up already.
    pub async fn end(
        &self,
        tx: &mut Tx,
        (job, owner): (JobId, &str),
        outcome: &Outcome,
        signature: &str,
        now: Timestamp,
    ) -> Result<bool> {
        store::end_running(tx, (job, owner), outcome, signature, now).await
    }

    /// Jobs whose runner has been silent for longer than its lease.
    pub async fn lost(&self, now: Timestamp) -> Result<Vec<Job>> {
        store::with_lease_before(&mut *self.db.read().await?, now).await
    }

    /// Jobs that this runner holds: after a restart, those that it no longer works on.
    pub async fn held_by(&self, owner: &str) -> Result<Vec<Job>> {
        store::held_by(&mut *self.db.read().await?, owner).await
    }

    /// Puts a job whose runner disappeared back into the queue, or ends it when that happened too often. Says whether it is
    /// begun again.
    pub async fn recover(&self, tx: &mut Tx, job: &Job, now: Timestamp) -> Result<bool> {
        store::lose_steps(tx, job.id, now).await?;
        if let Some(by) = &job.cancel_asked_by {
            store::give_up(tx, job.id, &Outcome::cancelled(by), now).await?;
            return Ok(false);
        }
        if job.begins >= MOST_BEGINS {
            let outcome = Outcome::error("lost", format!("Its runner disappeared {MOST_BEGINS} times"));
            store::give_up(tx, job.id, &outcome, now).await?;
            return Ok(false);
        }
        store::put_back(tx, job.id).await
    }

    /// Jobs whose state has still to be said on their commit.
    pub async fn untold(&self) -> Result<Vec<Job>> {
        store::untold(&mut *self.db.read().await?, MOST).await
    }

    /// Notes that this state was said. One that came meanwhile is still to be said.
    pub async fn told(&self, job: &Job) -> Result<()> {
        let mut tx = self.db.begin().await?;
        store::told(&mut tx, job.id, job.state).await?;
        tx.commit().await
    }
}

/// A job that nothing has happened to.
fn made(new: NewJob, attempt: i64, state: JobState, now: Timestamp) -> Job {
    let held = !new.plan.needs.is_empty();
    Job {
        id: JobId::make(),
        new,
        attempt,
        state,
        held,
        reason: String::new(),
        summary: String::new(),
        signature: String::new(),
        cancel_asked_by: None,
        begins: 0,
        log_lines: 0,
        log_bytes: 0,
        log_gone: false,
        created: now,
        started: None,
        ended: None,
    }
}
