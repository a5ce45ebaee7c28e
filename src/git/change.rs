//! Changes that are made to a tree or a branch, as callers say them.

use crate::git::Who;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::TreePath;

/// The state that a ref must be in for a write to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It does not exist.
    Absent,
    /// It is at this commit.
    At(CommitId),
    /// Whatever it is.
    Any,
}

/// What happens to one path of a commit that a person makes on a page or by the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The file is made, or gets these bytes.
    Write {
        /// All bytes of the file.
        bytes: Vec<u8>,
        /// Whether it can be run.
        executable: bool,
    },
    /// The file is gone; it is an error if there was none.
    Remove,
}

/// One commit on a branch.
#[derive(Clone, Debug)]
pub struct CommitFiles {
    /// The branch; it is made when `expected` is [`Expected::Absent`] or there is none.
    pub branch: BranchName,
    /// What the branch must be at.
    pub expected: Expected,
    /// The commit that a new branch starts from; none starts an empty history. Not looked at when the branch exists.
    pub base: Option<CommitId>,
    /// What changes, by path.
    pub changes: Vec<(TreePath, Change)>,
    /// Who wrote the change.
    pub author: Who,
    /// Who makes the commit.
    pub committer: Who,
    /// The message, with trailers.
    pub message: String,
}

/// What happens to one path of a tree that an agent left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TreeChange {
    /// The file is made, or gets these bytes.
    Write {
        /// All bytes of the file.
        bytes: Vec<u8>,
        /// Whether it can be run.
        executable: bool,
    },
    /// A symbolic link is made.
    Link {
        /// Its target as bytes; nobody follows it here.
        target: Vec<u8>,
    },
    /// A commit of another repository is named.
    Submodule {
        /// The commit.
        commit: CommitId,
    },
    /// Whatever is there is gone, with everything below; nothing happens when there is nothing.
    Remove,
    /// Everything below is gone; the changes that follow fill it anew. How an overlay marks a replaced directory.
    RemoveAllBelow,
}

impl Expected {
    /// `At` for some commit, `Absent` for none.
    pub fn exactly(commit: Option<&CommitId>) -> Self {
        commit.map_or(Self::Absent, |commit| Self::At(commit.clone()))
    }

    /// Says 409 unless the ref is as expected.
    pub(super) fn check(&self, name: &str, is: Option<&CommitId>) -> Result<()> {
        let told = match (self, is) {
            (Self::Any, _) | (Self::Absent, None) => return Ok(()),
            (Self::At(expected), Some(is)) if expected == is => return Ok(()),
            (Self::Absent, Some(is)) => format!("`{name}` exists already, at {}", is.short()),
            (Self::At(expected), Some(is)) => {
                format!("`{name}` has moved: it is at {} and not at {} any more", is.short(), expected.short())
            }
            (Self::At(_), None) => format!("`{name}` does not exist any more"),
        };
        Err(Error::conflict(told).code("REF_MOVED").hint("look at the new state and try again"))
    }
}
