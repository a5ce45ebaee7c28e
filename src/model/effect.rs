//! What an agent wants to write back: one typed effect, with its target and the state that the target was seen in.
//!
//! The digest of an effect is what a person approves. It covers the kind, the target, the expected state, the payload
//! and the policy; it does not cover the run, so that the same effect proposed again keeps its decision.

use serde::Deserialize;
use serde::Serialize;

use crate::kit::Error;
use crate::kit::digest::Digest;
use crate::model::name::BranchName;
use crate::model::name::CommitId;
use crate::model::repo::RepoRef;

/// One write-back, typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// Where it is to be written.
    pub target: Target,
    /// The state that the target was seen in; if it moved, the effect is stale.
    pub expected: Expected,
    /// What is to be written. Its tag is the kind.
    pub payload: Payload,
}

/// Where an effect is to be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The repository.
    pub repo: RepoRef,
    /// The issue or pull request, when the effect is on one.
    pub number: Option<i64>,
    /// The branch, when the effect moves or makes one.
    pub branch: Option<BranchName>,
}

/// The state that a target was seen in. A field that is none is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// The head commit of the branch or pull request.
    pub head: Option<CommitId>,
    /// The branch must not exist.
    #[serde(default)]
    pub branch_absent: bool,
    /// `open` or `closed`: the state of the issue or pull request.
    pub state: Option<String>,
    /// The labels of the issue or pull request, sorted.
    pub labels: Option<Vec<String>>,
    /// The digest of title and opening text, by [`Expected::words`]: what an answer is an answer to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Digest>,
}

impl Expected {
    /// The digest of what an issue or pull request says.
    pub fn words(title: &str, body: &str) -> Digest {
        Digest::of("forgehand/words/v1", &[title.as_bytes(), body.as_bytes()])
    }
}

/// What is to be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Payload {
    /// A comment on an issue or pull request.
    Comment {
        /// Markdown.
        body: String,
    },
    /// One commit on an existing branch.
    Push {
        /// The commit.
        code: Code,
    },
    /// One commit on a new branch, and a pull request from it.
    PullRequest {
        /// The title.
        title: String,
        /// Markdown.
        body: String,
        /// The branch that it is to be merged into.
        base: BranchName,
        /// The commit.
        code: Code,
    },
    /// One commit on a new branch of the company brain, and a pull request from it.
    Memory {
        /// The title.
        title: String,
        /// Markdown: why, with evidence.
        body: String,
        /// The branch that it is to be merged into.
        base: BranchName,
        /// The commit. Its objects lie in the run's closed quarantine.
        code: Code,
    },
    /// Labels to put on and to take off.
    Labels {
        /// To put on.
        add: Vec<String>,
        /// To take off.
        remove: Vec<String>,
    },
    /// A check to run again.
    CheckRerun {
        /// Its name.
        check: String,
        /// The commit it judges.
        sha: CommitId,
    },
    /// A review of a pull request, at the head that was looked at.
    Review(ReviewWords),
    /// A new issue.
    Issue {
        /// The title.
        title: String,
        /// Markdown.
        body: String,
        /// Labels of the repository.
        labels: Vec<String>,
    },
}

/// A review as an agent proposes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewWords {
    /// The judgement.
    pub verdict: ReviewVerdict,
    /// What it says as a whole, Markdown.
    pub body: String,
    /// What it says about single lines.
    pub lines: Vec<LineWords>,
}

/// What a machine may judge. It cannot approve: there is no word for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewVerdict {
    /// It only says something.
    Comment,
    /// It asks for changes.
    RequestChanges,
}

/// A word about one line of the difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineWords {
    /// The file, as it is called after the changes.
    pub path: String,
    /// The line, counted from 1.
    pub line: i64,
    /// Whether the line counts in the file before the changes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub before: bool,
    /// What it says, Markdown.
    pub body: String,
}

impl ReviewVerdict {
    /// The words on pages.
    pub fn words(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::RequestChanges => "request changes",
        }
    }
}

/// One commit as an agent proposes it. The objects lie in the run's quarantine repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// The commit that it is made on.
    pub parent: CommitId,
    /// The Git id of the resulting tree.
    pub tree: String,
    /// The commit message, without our trailers.
    pub message: String,
    /// Every path that differs from the parent, sorted by path.
    pub files: Vec<FileChange>,
}

/// One path that differs from the parent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileChange {
    /// The path. Bytes that are not UTF-8 are refused before this is made.
    pub path: String,
    /// What it was; none when it is new.
    pub old: Option<FileState>,
    /// What it is to be; none when it is deleted.
    pub new: Option<FileState>,
}

/// A file at one side of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileState {
    /// `100644`, `100755`, `120000` or `160000`.
    pub mode: String,
    /// The Git id of the blob.
    pub blob: String,
    /// SHA-256 of the bytes: Git's own id is SHA-1, which does not bind bytes against an attacker.
    pub sha256: Digest,
    /// Bytes.
    pub size: u64,
}

/// The kinds of effects, as `writeback:` in a stack or policy names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EffectKind {
    /// A comment.
    Comment,
    /// A review of a pull request.
    Review,
    /// A commit on an existing branch.
    Push,
    /// A commit on a new branch and a pull request.
    PullRequest,
    /// A check to run again.
    CheckRerun,
    /// Labels.
    Labels,
    /// A new issue.
    Issue,
    /// A change to the company brain.
    Memory,
}

impl EffectKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Comment,
        Self::Review,
        Self::Push,
        Self::PullRequest,
        Self::CheckRerun,
        Self::Labels,
        Self::Issue,
        Self::Memory,
    ];

    /// The word in files, pages and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Review => "review",
            Self::Push => "push",
            Self::PullRequest => "pull_request",
            Self::CheckRerun => "check_rerun",
            Self::Labels => "labels",
            Self::Issue => "issue",
            Self::Memory => "memory",
        }
    }
}

impl std::str::FromStr for EffectKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| Error::invalid(format!("`{text}` is not a kind of effect")))
    }
}

impl Effect {
    /// What kind it is.
    pub fn kind(&self) -> EffectKind {
        match self.payload {
            Payload::Comment { .. } => EffectKind::Comment,
            Payload::Push { .. } => EffectKind::Push,
            Payload::PullRequest { .. } => EffectKind::PullRequest,
            Payload::Memory { .. } => EffectKind::Memory,
            Payload::Labels { .. } => EffectKind::Labels,
            Payload::CheckRerun { .. } => EffectKind::CheckRerun,
            Payload::Review(_) => EffectKind::Review,
            Payload::Issue { .. } => EffectKind::Issue,
        }
    }

    /// The commit that it brings, if it brings one.
    pub fn code(&self) -> Option<&Code> {
        match &self.payload {
            Payload::Push { code } | Payload::PullRequest { code, .. } | Payload::Memory { code, .. } => Some(code),
            Payload::Comment { .. } | Payload::Labels { .. } | Payload::CheckRerun { .. } => None,
            Payload::Review(_) | Payload::Issue { .. } => None,
        }
    }

    /// The canonical bytes of one part: JSON with the fields in the order of these types.
    fn canonical(part: &impl Serialize) -> Vec<u8> {
        serde_json::to_vec(part).expect("these types hold only strings, numbers and lists")
    }

    /// What a person approves.
    pub fn digest(&self, policy: &Digest) -> Digest {
        Digest::of(
            "forgehand/effect/v1",
            &[
                self.kind().as_str().as_bytes(),
                &Self::canonical(&self.target),
                &Self::canonical(&self.expected),
                &Self::canonical(&self.payload),
                policy.bytes(),
            ],
        )
    }
}
