//! What happened, in our words, the same for every forge. Rules match these; prompts are templates over them.

use serde::Deserialize;
use serde::Serialize;

use crate::kit::clock::Timestamp;
use crate::model::actor::ActorRef;
use crate::model::name::BranchName;
use crate::model::name::CommitId;
use crate::model::repo::RepoRef;

/// One thing that happened in one repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Where.
    pub repo: RepoRef,
    /// Who.
    pub actor: ActorRef,
    /// When the forge says it happened.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What happened. The tag is the word that a rule's `on:` uses, as far as there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// An issue was opened, edited, closed or reopened.
    Issue {
        /// `opened`, `edited`, `closed`, `reopened`.
        action: String,
        /// The issue.
        issue: Issue,
    },
    /// A pull request was opened, synchronised, closed, reopened, edited or merged.
    PullRequest {
        /// `opened`, `synchronize`, `closed`, `reopened`, `edited`, `merged`.
        action: String,
        /// The pull request.
        pull: Pull,
        /// Paths that differ between base and head, at most 3,000.
        paths: Vec<String>,
    },
    /// Somebody wrote a comment. A mention is a comment or opening text that names a handle.
    Comment {
        /// The issue, when it is on an issue.
        issue: Option<Issue>,
        /// The pull request, when it is on a pull request.
        pull: Option<Pull>,
        /// The comment.
        comment: Comment,
    },
    /// A label was put on an issue or a pull request.
    Label {
        /// The label's name.
        label: String,
        /// The issue, when it is on an issue.
        issue: Option<Issue>,
        /// The pull request, when it is on a pull request.
        pull: Option<Pull>,
    },
    /// A branch moved.
    Push {
        /// Which branch.
        branch: BranchName,
        /// Where it was; none when it is new.
        before: Option<CommitId>,
        /// Where it is; none when it was deleted.
        after: Option<CommitId>,
        /// Paths that changed, at most 3,000.
        paths: Vec<String>,
    },
    /// A check ended, or a commit status was posted.
    Check {
        /// The check.
        check: Check,
        /// Branches whose head is this commit.
        branches: Vec<BranchName>,
        /// The open pull request with this head, if there is one.
        pull: Option<Pull>,
    },
    /// The clock struck for a line that rules name.
    Schedule {
        /// The line, as the rules write it.
        cron: String,
        /// The time zone that it is read in.
        timezone: String,
        /// Whether no server was there when it struck.
        late: bool,
        /// Paths that changed on the default branch since it struck last, at most 3,000.
        paths: Vec<String>,
    },
    /// A person asked for a run by hand.
    Manual {
        /// Which stack.
        stack: String,
        /// What the run is called.
        task: String,
        /// What the person wrote.
        prompt: String,
        /// The issue it was asked from.
        issue: Option<Issue>,
        /// The pull request it was asked from.
        pull: Option<Pull>,
        /// The file it was asked from.
        path: Option<String>,
        /// The branch it was asked on.
        branch: Option<BranchName>,
        /// The check it was asked from.
        check: Option<Check>,
    },
}

/// An issue as an event shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// Its number in the repository.
    pub number: i64,
    /// Its title.
    pub title: String,
    /// Its opening text.
    pub body: String,
    /// `open` or `closed`.
    pub state: String,
    /// Who opened it.
    pub author: String,
    /// Names of its labels.
    pub labels: Vec<String>,
}

/// A pull request as an event shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pull {
    /// Its number in the repository.
    pub number: i64,
    /// Its title.
    pub title: String,
    /// Its opening text.
    pub body: String,
    /// `open`, `closed` or `merged`.
    pub state: String,
    /// Who opened it.
    pub author: String,
    /// Names of its labels.
    pub labels: Vec<String>,
    /// The branch that is to change, and its commit when the event happened.
    pub base: Tip,
    /// The branch with the changes, and its commit when the event happened.
    pub head: Tip,
    /// Whether the head lies in another repository: the untrusted tier.
    pub fork: bool,
}

/// A branch at a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tip {
    /// The branch.
    pub branch: BranchName,
    /// The commit.
    pub sha: CommitId,
}

/// A comment as an event shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// The forge's id of it.
    pub id: String,
    /// Who wrote it.
    pub author: String,
    /// What it says.
    pub body: String,
    /// The lines of a pull request that it is about, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Lines>,
}

/// Lines of one file of a pull request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lines {
    /// The file.
    pub path: String,
    /// `new` or `old`: in which of the two files the lines count.
    pub side: String,
    /// The first line, counted from 1.
    pub first: i64,
    /// The last line; the same for one line.
    pub last: i64,
}

/// `src/a.rs:12`, `src/a.rs:12-14`.
impl std::fmt::Display for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { path, side: _, first, last } = self;
        if first == last { write!(f, "{path}:{last}") } else { write!(f, "{path}:{first}-{last}") }
    }
}

/// A check or a commit status as an event shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Its name: the status' context.
    pub name: String,
    /// The commit it judged.
    pub sha: CommitId,
    /// `success`, `failure`, `error` or `pending`.
    pub conclusion: String,
    /// What its poster wrote about it: for a failed check, often the end of the log.
    pub description: String,
    /// Where it tells more.
    pub url: String,
    /// What two failures for the same reason have in common; empty when nobody worked it out.
    #[serde(default)]
    pub signature: String,
}

impl What {
    /// The word for this event in lists and in the log.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Issue { .. } => "issue",
            Self::PullRequest { .. } => "pull_request",
            Self::Comment { .. } => "comment",
            Self::Label { .. } => "label",
            Self::Push { .. } => "push",
            Self::Check { .. } => "check",
            Self::Schedule { .. } => "schedule",
            Self::Manual { .. } => "manual",
        }
    }

    /// The issue that it is about.
    pub fn issue(&self) -> Option<&Issue> {
        match self {
            Self::Issue { issue, .. } => Some(issue),
            Self::Comment { issue, .. } | Self::Label { issue, .. } | Self::Manual { issue, .. } => issue.as_ref(),
            Self::PullRequest { .. } | Self::Push { .. } | Self::Check { .. } | Self::Schedule { .. } => None,
        }
    }

    /// The pull request that it is about.
    pub fn pull(&self) -> Option<&Pull> {
        match self {
            Self::PullRequest { pull, .. } => Some(pull),
            Self::Comment { pull, .. }
            | Self::Label { pull, .. }
            | Self::Check { pull, .. }
            | Self::Manual { pull, .. } => pull.as_ref(),
            Self::Issue { .. } | Self::Push { .. } | Self::Schedule { .. } => None,
        }
    }

    /// Whether it is about a pull request whose head lies in another repository.
    pub fn is_fork(&self) -> bool {
        self.pull().is_some_and(|pull| pull.fork)
    }

    /// The people whose text it carries: authors of the issue, the pull request and the comment, each once.
    pub fn authors(&self) -> Vec<&str> {
        let comment = match self {
            Self::Comment { comment, .. } => Some(comment.author.as_str()),
            _ => None,
        };
        let issue = self.issue().map(|issue| issue.author.as_str());
        let pull = self.pull().map(|pull| pull.author.as_str());
        let mut authors: Vec<&str> = issue.into_iter().chain(pull).chain(comment).collect();
        authors.sort_unstable();
        authors.dedup();
        authors
    }

    /// The number of the issue or pull request that it is about; they share one sequence.
    pub fn number(&self) -> Option<i64> {
        self.issue().map(|issue| issue.number).or_else(|| self.pull().map(|pull| pull.number))
    }

    /// The branch that it is about, and the commit that it was seen at, when it names one.
    pub fn tip(&self) -> Option<Tip> {
        match self {
            Self::Push { branch, after, .. } => after.clone().map(|sha| Tip { branch: branch.clone(), sha }),
            Self::Check { check, branches, pull, .. } => match pull {
                Some(pull) => Some(Tip { branch: pull.head.branch.clone(), sha: check.sha.clone() }),
                None => branches.first().map(|branch| Tip { branch: branch.clone(), sha: check.sha.clone() }),
            },
            _ => self.pull().map(|pull| pull.head.clone()),
        }
    }
}
