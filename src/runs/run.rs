//! A run and its attempts, as they are stored.

use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;

use crate::kit::Error;
use crate::kit::clock::Timestamp;
use crate::kit::digest::Digest;
use crate::model::AccountId;
use crate::model::AttemptId;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::EventId;
use crate::model::RepoRef;
use crate::model::RunId;
use crate::runs::Folder;
use crate::runs::State;

/// One task given to one stack for one source object.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its id, the last segment of its address.
    pub id: RunId,
    /// What it was dispatched with; never changes.
    pub dispatch: NewRun,
    /// Where it stands.
    pub state: State,
    /// Why it ended: a code.
    pub reason: Option<String>,
    /// Why it ended: a sentence.
    pub summary: Option<String>,
    /// Who asked to cancel it.
    pub cancel_asked_by: Option<String>,
    /// Tokens that the model read.
    pub tokens_in: i64,
    /// Tokens that the model wrote.
    pub tokens_out: i64,
    /// What the model cost, in millionths of a dollar.
    pub micro_usd: i64,
    /// When it was dispatched.
    pub created: Timestamp,
    /// When its first attempt was leased.
    pub started: Option<Timestamp>,
    /// When it became final.
    pub ended: Option<Timestamp>,
}

/// What a run is dispatched with: the frozen snapshots.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// The repository.
    pub repo: RepoRef,
    /// The issue or pull request that it is about.
    pub number: Option<i64>,
    /// The stack's name.
    pub stack: String,
    /// What the run is called.
    pub task: String,
    /// The rendered prompt.
    pub prompt: String,
    /// The rule that fired; none for a run by hand.
    pub rule: Option<String>,
    /// The event that it answers.
    pub event: Option<EventId>,
    /// What it is about.
    pub source: Source,
    /// The name of who asked.
    pub requester_login: String,
    /// The account of who asked, when it is one of ours.
    pub requester: Option<AccountId>,
    /// False for the untrusted tier: forks, and texts of people without a role.
    pub trusted: bool,
    /// The commit of the repository that stacks, rules and policy were read at.
    pub config_commit: CommitId,
    /// The commit of the organisation's config repository that the ceiling was read at, when there is one.
    pub ceiling_commit: Option<CommitId>,
    /// The commit that the agent works on; none for an empty repository.
    pub code_commit: Option<CommitId>,
    /// The branch that the agent works on.
    pub code_branch: Option<BranchName>,
    /// The policy that its effects are judged by.
    pub policy_digest: Digest,
    /// Runs with the same key share a limit.
    pub concurrency_key: Option<String>,
    /// The run that it was forked from.
    pub forked_from: Option<RunId>,
}

impl NewRun {
    /// What it reads of the world.
    pub fn snapshots(&self) -> Snapshots {
        Snapshots {
            config_commit: self.config_commit.clone(),
            ceiling_commit: self.ceiling_commit.clone(),
            code_commit: self.code_commit.clone(),
            policy_digest: self.policy_digest,
        }
    }
}

/// What a run reads of the world: taken when it is dispatched, and anew when a person says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshots {
    /// The commit of the repository that stacks, rules and policy are read at.
    pub config_commit: CommitId,
    /// The commit of the organisation's config repository that the ceiling is read at, when there is one.
    pub ceiling_commit: Option<CommitId>,
    /// The commit that the agent works on.
    pub code_commit: Option<CommitId>,
    /// The policy that effects are judged by.
    pub policy_digest: Digest,
}

/// What a run is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// `issue`, `pull`, `check`, `path`, `push` or `branch`.
    pub kind: String,
    /// For people: `#3`, `test on 1f2e3d4c5b`, `src/main.rs`.
    pub label: String,
    /// The path of its page on this server.
    pub page: String,
    /// The check, when it is about one.
    pub check: Option<String>,
    /// The file, when it is about one.
    pub path: Option<String>,
}

/// One execution of a run.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// Its run.
    pub run: RunId,
    /// Counted from 1.
    pub number: i64,
    /// Why it exists.
    pub kind: AttemptKind,
    /// Where it stands in the queue.
    pub state: AttemptState,
    /// Who asked for it.
    pub asked_by: String,
    /// Whether it looks at the world anew: then nothing that earlier attempts were shown is shown again.
    pub fresh: bool,
    /// What a person told it when it was asked for.
    pub message: Option<String>,
    /// The attempt whose work it begins with; of another run when it is a fork.
    pub begins_with: Option<AttemptId>,
    /// What is saved of its work.
    pub saved: Option<Saved>,
    /// What became of its workspace; none when nothing was written to it.
    pub folder: Option<Folder>,
    /// The manifest of the context bundle, once frozen: JSON.
    pub bundle: Option<String>,
    /// Why it ended: a code.
    pub reason: Option<String>,
    /// Why it ended: a sentence.
    pub summary: Option<String>,
    /// When it was asked for.
    pub created: Timestamp,
    /// When it was leased.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

/// What is saved of the work of an attempt: a checkpoint in the quarantine of its run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The commit; its parent is the commit that the agent works on.
    pub commit: CommitId,
    /// How many files it changes.
    pub files: i64,
    /// When it was made.
    pub at: Timestamp,
}

/// Why an attempt exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptKind {
    /// The first one.
    First,
    /// Again from the start.
    Retry,
    /// On from where the one before it was.
    Resume,
    /// The first one of a run that begins with the work of another run.
    Fork,
}

/// How a run is begun again.
#[derive(Clone, Debug)]
pub struct Again<'a> {
    /// `Retry` or `Resume`.
    pub kind: AttemptKind,
    /// Who asks for it.
    pub asked_by: &'a str,
    /// What that person tells the agent.
    pub message: Option<String>,
    /// The attempt whose work it begins with.
    pub begins_with: Option<AttemptId>,
    /// The world as it is now; none keeps what the run was dispatched with.
    pub snapshots: Option<Snapshots>,
}

/// Where an attempt stands in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptState {
    /// Waits for a runner.
    Queued,
    /// A runner has it.
    Leased,
    /// It is over.
    Ended,
}

macro_rules! words {
    ($type:ident { $($variant:ident = $word:literal),+ }) => {
        impl $type {
            /// The word in pages, the API and the database.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl FromStr for $type {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(Error::internal(format!("`{text}` is not one of ours"))),
                }
            }
        }
    };
}

words!(AttemptKind { First = "first", Retry = "retry", Resume = "resume", Fork = "fork" });
words!(AttemptState { Queued = "queued", Leased = "leased", Ended = "ended" });
