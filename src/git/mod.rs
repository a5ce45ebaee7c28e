//! Repositories: reading at a commit, writing commits, diff, merge, quarantine, serving smart HTTP.
//!
//! Every repository is a bare Git directory of our own making under the data directory. Nothing in the server ever has a
//! work tree: pages read objects, edits build trees in memory, and a sandbox's checkout is written file by file by
//! [`materialise`], which runs no filter, follows no link and starts no process.
//!
//! Who is who:
//!
//! - [`Git`] is the handle: it makes, finds, renames and deletes repositories, and makes the quarantine repository of a run.
//! - [`Repository`] is one Git directory. Its verbs stand one a file: [`refs`], [`tree`], [`history`], [`diff`] read;
//!   [`write`], [`merge`], [`import`] write objects first and then move one ref by compare-and-set.
//! - [`serve`] speaks smart HTTP by the system's `git`, which gets an empty environment and a configuration of ours.
//!   [`push`] reads what a push asks for and says why it is refused.
//! - [`process`] starts every process of this room: argv only, nothing of an event, name or path is ever an option.
//!
//! Bytes of a repository are hostile. Names that are not UTF-8 are kept as bytes and shown with escapes; blobs, diffs and
//! walks are bounded; `refs/replace` is refused when pushed and never looked at.
//!
//! This room knows no forge, no account and no rule: who may push where is decided by the caller and handed in.

pub mod change;
pub mod object;

pub mod diff;
pub mod history;
pub mod refs;
pub mod tree;

pub mod import;
pub mod materialise;
pub mod merge;
pub mod write;

pub mod push;
pub mod serve;

mod process;
mod repository;

pub use change::Change;
pub use change::CommitFiles;
pub use change::Expected;
pub use change::TreeChange;
pub use diff::Diff;
pub use diff::DiffBounds;
pub use diff::Side;
pub use materialise::Workspace;
pub use merge::Merge;
pub use merge::Merged;
pub use merge::Style;
pub use object::Branch;
pub use object::Commit;
pub use object::Entry;
pub use object::EntryKind;
pub use object::File;
pub use object::ObjectId;
pub use object::Who;
pub use push::Push;
pub use repository::Repository;
pub use serve::Body;
pub use serve::Reply;
pub use serve::Request;
pub use serve::Service;

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::kit::Result;
use crate::model::BranchName;
use crate::model::OwnerName;
use crate::model::RepoName;
use crate::model::RunId;

/// All repositories of the server. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Git(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    root: PathBuf,
    hooks: PathBuf,
    push_limit: u64,
}

/// What an administrator decides about repositories.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The most bytes that one push may bring.
    pub push_limit: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { push_limit: 512 * 1024 * 1024 }
    }
}

impl Git {
    /// Opens the repositories below the data directory and writes the server's own hooks there.
    pub async fn open(data: &Path, settings: &Settings) -> Result<Self> {
        let (root, hooks) = (data.join("git"), data.join("git-hooks"));
        Ok(Self(Arc::new(Shared { root, hooks, push_limit: settings.push_limit })))
    }

    /// The repository at this address. It need not exist: the first verb says so if it does not.
    pub fn repository(&self, owner: &OwnerName, name: &RepoName) -> Repository {
        Repository::at(self, self.path(owner, name))
    }

    /// The quarantine repository of a run, made earlier by [`Git::quarantine`]. The first verb says so if it was not.
    pub fn quarantine_of(&self, run: RunId) -> Repository {
        Repository::at(self, self.quarantine_path(run))
    }

    /// Makes an empty repository whose default branch has this name; says 409 when there is one.
    pub async fn create(&self, owner: &OwnerName, name: &RepoName, branch: &BranchName) -> Result<Repository> {
        let _ = branch;
        Ok(self.repository(owner, name))
    }

    /// Moves a repository to another address; says 409 when the new one is taken.
    pub async fn rename(&self, from: (&OwnerName, &RepoName), to: (&OwnerName, &RepoName)) -> Result<()> {
        let _ = (from, to);
        Err(repository::unbuilt())
    }

    /// Deletes a repository with everything in it.
    pub async fn delete(&self, owner: &OwnerName, name: &RepoName) -> Result<()> {
        let _ = (owner, name);
        Err(repository::unbuilt())
    }

    /// Makes the quarantine repository of a run: it sees the objects of `source` and keeps its own. Made once; later calls
    /// find it.
    pub async fn quarantine(&self, run: RunId, source: &Repository) -> Result<Repository> {
        let _ = source;
        Ok(self.quarantine_of(run))
    }

    /// Deletes the quarantine repository of a run.
    pub async fn drop_quarantine(&self, run: RunId) -> Result<()> {
        let _ = run;
        Err(repository::unbuilt())
    }

    fn path(&self, owner: &OwnerName, name: &RepoName) -> PathBuf {
        self.0.root.join(owner.as_str()).join(format!("{name}.git"))
    }

    fn quarantine_path(&self, run: RunId) -> PathBuf {
        self.0.root.join("quarantine").join(format!("{run}.git"))
    }
}
