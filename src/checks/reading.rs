//! Reading jobs: one, its steps and log, and lists by repository, commit, state or signature.

use crate::checks::Batch;
use crate::checks::Checks;
use crate::checks::Job;
use crate::checks::JobState;
use crate::checks::StepRow;
use crate::checks::store;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::CommitId;
use crate::model::JobId;
use crate::model::RepoId;

/// Which jobs a list shows. All fields narrow.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only this commit.
    pub sha: Option<CommitId>,
    /// Only this pull request.
    pub pull: Option<i64>,
    /// Only these states; empty for all.
    pub states: Vec<JobState>,
    /// Only failures with this signature.
    pub signature: Option<String>,
    /// Only jobs that are older than this one: the cursor.
    pub before: Option<JobId>,
    /// At most this many rows; 0 means 30.
    pub limit: i64,
}

impl Checks {
    /// One job of a repository.
    pub async fn job(&self, repo: RepoId, id: JobId) -> Result<Job> {
        let found = store::job(&mut *self.db.read().await?, id).await?;
        found.filter(|job| job.new.repo.id == repo).ok_or_else(|| Error::not_found(format!("check {}", id.short())))
    }

    /// Jobs of a repository, newest first.
    pub async fn list(&self, repo: RepoId, filter: &Filter) -> Result<Vec<Job>> {
        store::list(&mut *self.db.read().await?, repo, filter).await
    }

    /// The newest execution of each job at a commit, by name.
    pub async fn at(&self, repo: RepoId, sha: &CommitId) -> Result<Vec<Job>> {
        store::newest(&mut *self.db.read().await?, repo, sha, None).await
    }

    /// The newest execution of one job at a commit.
    pub async fn newest(&self, repo: RepoId, sha: &CommitId, name: &str) -> Result<Option<Job>> {
        Ok(store::newest(&mut *self.db.read().await?, repo, sha, Some(name)).await?.pop())
    }

    /// How many wait for their turn, or have something to be said on their commit.
    pub async fn count_waiting(&self) -> Result<i64> {
        store::count_waiting(&mut *self.db.read().await?).await
    }

    /// Every execution of the same job at the same commit, newest first.
    pub async fn attempts(&self, job: &Job) -> Result<Vec<Job>> {
        store::attempts(&mut *self.db.read().await?, job).await
    }

    /// The steps as they ran, first one first.
    pub async fn steps(&self, job: JobId) -> Result<Vec<StepRow>> {
        store::steps(&mut *self.db.read().await?, job).await
    }

    /// Lines of the log after a sequence number, at most so many batches.
    pub async fn log(&self, job: JobId, after: i64, most: i64) -> Result<Vec<Batch>> {
        store::batches(&mut *self.db.read().await?, job, after, most).await
    }

    /// The end of the log, at most so many bytes, in whole lines.
    pub async fn log_end(&self, job: JobId, most: usize) -> Result<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut bytes = 0;
        'all: for batch in store::last_batches(&mut *self.db.read().await?, job, 500).await? {
            for line in batch.lines.into_iter().rev() {
                bytes += line.len() + 1;
                if bytes > most {
                    break 'all;
                }
                lines.push(line);
            }
        }
        lines.reverse();
        Ok(lines.join("\n"))
    }
}
