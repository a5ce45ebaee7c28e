//! A job: one execution of a script at a commit, and where it stands.

use std::fmt;
use std::str::FromStr;

use crate::catalog::checks_file::CheckJob;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::JobId;
use crate::model::RepoRef;

/// A job to be run.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Where.
    pub repo: RepoRef,
    /// The commit that it checks.
    pub sha: CommitId,
    /// Its name, which is the name of the check.
    pub name: String,
    /// What it runs, as the file said it at the commit.
    pub plan: CheckJob,
    /// `push`, `pull_request` or `schedule`.
    pub trigger: String,
    /// The branch that it was made for.
    pub branch: Option<BranchName>,
    /// The pull request that it was made for.
    pub pull: Option<i64>,
    /// Whether the head lies in a fork: tighter limits, and a person starts it.
    pub fork: bool,
    /// Who asked for it, for people.
    pub asked_by: String,
    /// What asked for it: the same cause makes no second job.
    pub cause: String,
}

/// One execution of a job.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What it was made from.
    pub new: NewJob,
    /// Counted from 1 for each commit and name.
    pub attempt: i64,
    /// Where it stands.
    pub state: JobState,
    /// Whether it waits for the jobs that it needs.
    pub held: bool,
    /// A code, once it has ended: `passed`, `exit`, `timeout`, `lost`, ….
    pub reason: String,
    /// How it ended, or what it waits for, in a sentence.
    pub summary: String,
    /// What two failures for the same reason have in common; empty unless it failed.
    pub signature: String,
    /// Who asked for it to be cancelled.
    pub cancel_asked_by: Option<String>,
    /// How often it was begun.
    pub begins: i64,
    /// Lines that it wrote.
    pub log_lines: i64,
    /// Bytes that were kept of them.
    pub log_bytes: i64,
    /// Whether its log was thrown away, as old ones are.
    pub log_gone: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When it was first begun.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

/// Where a job stands. The last five are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobState {
    /// A person has to start it.
    Waiting,
    /// It waits for its turn, or for jobs that it needs.
    Queued,
    /// It runs.
    Running,
    /// It passed.
    Success,
    /// It failed.
    Failure,
    /// It could not be run.
    Error,
    /// A person ended it, or a newer head.
    Cancelled,
    /// It did not run: its paths leave it out, a job that it needs did not pass, or policy forbids it.
    Skipped,
}

impl JobState {
    /// All states, in the order of a job's life.
    pub const ALL: [Self; 8] = [
        Self::Waiting,
        Self::Queued,
        Self::Running,
        Self::Success,
        Self::Failure,
        Self::Error,
        Self::Cancelled,
        Self::Skipped,
    ];

    /// The word in the API, pages and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Error => "error",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
        }
    }

    /// Whether it stays as it is.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Waiting | Self::Queued | Self::Running)
    }

    /// Whether it ended without having passed.
    pub fn is_bad(self) -> bool {
        self.is_final() && self != Self::Success
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for JobState {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|state| state.as_str()).collect();
            Error::invalid("This is not a state of a check")
                .hint(format!("states are {}", known.join(", ")))
                .field("state")
        })
    }
}

/// One step of a job as it ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRow {
    /// Counted from 1; a job that was begun again goes on counting.
    pub number: i64,
    /// What it is called.
    pub name: String,
    /// `running`, `success`, `failure`, `lost`.
    pub state: String,
    /// How it ended, in words.
    pub ending: String,
    /// The first line of the log that is its own.
    pub first_line: i64,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
}
