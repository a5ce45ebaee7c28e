//! What people do to a job: start it, cancel it, run it again.

use crate::checks::Checks;
use crate::checks::Job;
use crate::checks::JobState;
use crate::checks::Outcome;
use crate::checks::outcome::NEWER;
use crate::checks::store;
use crate::db::Tx;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::RepoId;

/// Which jobs check an older head of the same branch or pull request.
pub struct Older<'a> {
    /// Where.
    pub repo: RepoId,
    /// The newer head.
    pub sha: &'a CommitId,
    /// The branch, unless it lies in a fork.
    pub branch: Option<&'a BranchName>,
    /// The pull request.
    pub pull: Option<i64>,
}

impl Checks {
    /// Starts a job that waits for a person.
    pub async fn start(&self, tx: &mut Tx, job: &Job, by: &str) -> Result<()> {
        if !store::start(tx, job.id, by).await? {
            return Err(Error::conflict(format!("The check `{}` waits for nobody: it is {}", job.new.name, job.state)));
        }
        Ok(())
    }

    /// Ends a job that waits at once; a running one when its runner next beats.
    pub async fn cancel(&self, tx: &mut Tx, job: &Job, by: &str, now: Timestamp) -> Result<()> {
        if store::end_queued(tx, job.id, &Outcome::cancelled(by), now).await?
            || store::ask_cancel(tx, job.id, by).await?
        {
            return Ok(());
        }
        Err(Error::conflict(format!("Cannot cancel the check `{}`: it has ended as {}", job.new.name, job.state)))
    }

    /// Cancels what still checks an older head: what waits ends at once, what runs when its runner next beats. Gives those
    /// jobs.
    pub async fn supersede(&self, tx: &mut Tx, older: &Older<'_>, now: Timestamp) -> Result<Vec<Job>> {
        let jobs = store::unended_of_older(tx, older).await?;
        for job in &jobs {
            if !store::end_queued(tx, job.id, &Outcome::cancelled(NEWER), now).await? {
                store::ask_cancel(tx, job.id, NEWER).await?;
            }
        }
        Ok(jobs)
    }

    /// Runs a job again that has ended, on the same plan, and those that were skipped because of it. The same cause does it
    /// once: then the answer is empty.
    pub async fn rerun(&self, tx: &mut Tx, job: &Job, by: &str, cause: &str, now: Timestamp) -> Result<Vec<Job>> {
        let beside = store::newest(tx, job.new.repo.id, &job.new.sha, None).await?;
        let newest = beside.iter().find(|other| other.new.name == job.new.name).unwrap_or(job);
        if newest.new.cause == cause {
            return Ok(Vec::new());
        }
        if !newest.state.is_final() {
            return Err(Error::conflict(format!("The check `{}` has not ended: it is {}", job.new.name, newest.state))
                .hint("cancel it first, or wait until it has ended"));
        }
        if newest.new.plan.run.steps().is_empty() || newest.reason == "denied" {
            return Err(Error::conflict(format!("The check `{}` runs nothing: {}", job.new.name, newest.summary))
                .hint("push a commit that mends it"));
        }
        let mut again: Vec<&Job> = vec![newest];
        // Whatever was skipped because of one of these waits for it again.
        while let Some(next) = beside.iter().find(|other| {
            let skipped = other.state == JobState::Skipped && other.reason == "needs";
            let taken = |name: &String| again.iter().any(|one| one.new.name == *name);
            skipped && !taken(&other.new.name) && other.new.plan.needs.iter().any(taken)
        }) {
            again.push(next);
        }
        let mut made = Vec::new();
        for old in again {
            made.extend(self.again(tx, old, by, cause, now).await?);
        }
        Ok(made)
    }
}
