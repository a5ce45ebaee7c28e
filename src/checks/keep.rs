//! How long jobs and their logs stay.

use crate::checks::Batch;
use crate::checks::Checks;
use crate::checks::Job;
use crate::checks::store;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::clock::Timestamp;

/// Since when what has ended stays; none for what stays for ever.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kept {
    /// Logs.
    pub logs: Option<Timestamp>,
    /// Jobs with all that belongs to them.
    pub jobs: Option<Timestamp>,
}

/// Jobs of one turn.
const MOST: i64 = 100;

/// More batches than a log has.
const MOST_BATCHES: i64 = 100_000;

impl Checks {
    /// Throws away what ended before; the row of a job whose log goes says so. Says whether there was anything.
    pub async fn sweep(&self, kept: Kept) -> Result<bool> {
        // Asked of a reader first: most turns find nothing, and need no turn of the writer.
        let (logs, jobs) = {
            let mut connection = self.db.read().await?;
            let logs = match kept.logs {
                Some(before) => store::with_log_before(&mut connection, before, MOST).await?,
                None => Vec::new(),
            };
            let jobs = match kept.jobs {
                Some(before) => store::ended_before(&mut connection, before, MOST).await?,
                None => Vec::new(),
            };
            (logs, jobs)
        };
        if logs.is_empty() && jobs.is_empty() {
            return Ok(false);
        }
        let mut tx = self.db.begin().await?;
        for job in logs {
            store::forget_log(&mut tx, job).await?;
        }
        for job in jobs {
            store::forget(&mut tx, job).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// The whole log of a job, unless it was thrown away.
    pub async fn whole_log(&self, job: &Job) -> Result<Vec<Batch>> {
        if job.log_gone {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("The log of the check `{}` was thrown away", job.new.name),
            )
            .hint("run the check again; `check_log_days` says how long logs stay"));
        }
        self.log(job.id, 0, MOST_BATCHES).await
    }
}
