//! Repositories: reading at a commit, writing commits, diff, merge, quarantine, serving smart HTTP.
//!
//! Every repository is a bare Git directory of our own making under the data directory. Nothing in the server ever has a
//! work tree: pages read objects, edits build trees in memory, and a sandbox's checkout is written file by file by
//! [`materialise`], which runs no filter, follows no link and starts no process.
//!
//! Who is who:
//!
//! - [`Git`] is the handle: it makes, finds, renames and deletes repositories, and makes the quarantine repository of a run.
//! - [`Repository`] is one Git directory. Its verbs stand one a file: [`refs`], [`tree`], [`history`], [`last`],
//!   [`blame`], [`find`], [`diff`] read;
//!   [`mod@write`], [`merge`], [`import`] write objects first and then move one ref by compare-and-set.
//! - [`graph`] says how commits follow each other without reading them, and [`trail`] which of them changed a path.
//! - [`leaves`] reads whole trees and many blobs at once, for an index; [`outside`] opens the work tree in front of a person.
//! - [`archive`] packs a commit for a download; [`beside`] looks at two repositories as one.
//! - [`serve`] speaks smart HTTP by the system's `git`, which gets an empty environment and a configuration of ours.
//!   [`push`] reads what a push asks for and says why it is refused.
//! - [`upkeep`] packs what pushes left in many pieces, and drops nothing.
//! - [`pairs`] keeps what was found out about two commits.
//! - [`fetch`] takes over what somebody else serves, checked object by object; [`follow`] then makes our refs theirs.
//! - [`compare`] finds the files that differ, [`hunks`] the lines; [`unified`] writes them as `git diff` would.
//! - [`process`] starts every process of this room: argv only, nothing of an event, name or path is ever an option.
//!
//! Bytes of a repository are hostile. Names that are not UTF-8 are kept as bytes and shown with escapes; blobs, diffs and
//! walks are bounded; `refs/replace` is refused when pushed and never looked at.
//!
//! This room knows no forge, no account and no rule: who may push where is decided by the caller and handed in.

pub mod change;
pub mod object;

pub mod blame;
pub mod diff;
pub mod find;
pub mod history;
pub mod last;
pub mod leaves;
pub mod refs;
pub mod tree;

pub mod import;
pub mod materialise;
pub mod merge;
pub mod verify;
pub mod write;

pub mod fetch;
pub mod follow;
mod local;

pub mod archive;
pub mod beside;
pub mod push;
pub mod serve;

pub mod upkeep;

mod compare;
mod dotgit;
mod graph;
mod hunks;
mod locks;
mod named;
mod outside;
mod pairs;
mod process;
mod repository;
mod trail;
mod unified;

#[cfg(test)]
mod tests;

pub use archive::Packed;
pub use beside::Beside;
pub use blame::Blamed;
pub use change::Change;
pub use change::CommitFiles;
pub use change::Expected;
pub use change::TreeChange;
pub use diff::Diff;
pub use diff::DiffBounds;
pub use diff::FileSide;
pub use diff::Side;
pub use fetch::FetchBounds;
pub use fetch::FetchProgress;
pub use fetch::Fetched;
pub use fetch::Remote;
pub use find::Found;
pub use find::FoundFile;
pub use leaves::Blob;
pub use leaves::Leaf;
pub use local::LocalRemote;
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
pub use tree::Listing;
pub use upkeep::Upkeep;
pub use write::NewCommit;

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::OnceLock;

use crate::git::blame::Blames;
use crate::git::graph::Graphs;
use crate::git::history::Walks;
use crate::git::last::Lasts;
use crate::git::pairs::Pairs;
use crate::git::repository::Opened;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;
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
    settings: Settings,
    opened: Opened,
    walks: Walks,
    lasts: Lasts,
    graphs: Graphs,
    blames: Blames,
    pairs: Pairs,
    /// What `git` says first to a client of version 2.
    capabilities: OnceLock<Vec<u8>>,
}

/// The directory of quarantine repositories. Nobody can own a repository of this name: it is reserved.
const QUARANTINE: &str = "quarantine";

/// What an administrator decides about repositories.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The most bytes that one push may bring.
    pub push_limit: u64,
    /// Where `git` is looked for: the only thing of our environment that it gets.
    pub search_path: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { push_limit: 512 * 1024 * 1024, search_path: "/usr/local/bin:/usr/bin:/bin".into() }
    }
}

impl Git {
    /// Opens the repositories below the data directory, for one server alone: removes locks that a killed one left behind,
    /// and writes the server's own hooks.
    pub async fn open(data: &Path, settings: &Settings) -> Result<Self> {
        let data = std::path::absolute(data).context("Cannot find the data directory")?;
        let (root, hooks) = (data.join("git"), data.join("git-hooks"));
        let made = (root.clone(), hooks.clone());
        blocking(move || {
            std::fs::create_dir_all(&made.0).context("Cannot make the directory for repositories")?;
            locks::break_left_over(&made.0).context("Cannot remove locks of a killed process")?;
            beside::sweep(&made.0).context("Cannot remove what a killed process left")?;
            push::write_hook(&made.1)
        })
        .await?;
        Ok(Self(Arc::new(Shared {
            root,
            hooks,
            settings: settings.clone(),
            opened: Opened::default(),
            walks: Walks::default(),
            lasts: Lasts::default(),
            graphs: Graphs::default(),
            blames: Blames::default(),
            pairs: Pairs::default(),
            capabilities: OnceLock::new(),
        })))
    }

    /// The repository at this address. It need not exist: the first verb says so if it does not.
    pub fn repository(&self, owner: &OwnerName, name: &RepoName) -> Repository {
        Repository::at(self, self.0.root.join(owner.as_str()).join(format!("{name}.git")))
    }

    /// The quarantine repository of a run, made earlier by [`Git::quarantine`]. The first verb says so if it was not.
    pub fn quarantine_of(&self, run: RunId) -> Repository {
        Repository::at(self, self.0.root.join(QUARANTINE).join(format!("{run}.git")))
    }

    /// Makes an empty repository whose default branch has this name; says 409 when there is one.
    pub async fn create(&self, owner: &OwnerName, name: &RepoName, branch: &BranchName) -> Result<Repository> {
        let repository = self.repository(owner, name);
        let (path, branch) = (repository.directory().to_owned(), branch.clone());
        if !blocking(move || repository::make(&path, &branch, None)).await? {
            return Err(Error::conflict(format!("There is a repository `{owner}/{name}` already")));
        }
        Ok(repository)
    }

    /// Moves a repository to another address; says 409 when the new one is taken.
    pub async fn rename(&self, from: (&OwnerName, &RepoName), to: (&OwnerName, &RepoName)) -> Result<()> {
        let (old, new) = (self.repository(from.0, from.1), self.repository(to.0, to.1));
        if !old.exists().await {
            return Err(Error::not_found("repository"));
        }
        if new.exists().await {
            return Err(Error::conflict(format!("There is a repository `{}/{}` already", to.0, to.1)));
        }
        let above = new.directory().parent().expect("a repository lies below its owner");
        tokio::fs::create_dir_all(above).await.context("Cannot make the directory of an owner")?;
        tokio::fs::rename(old.directory(), new.directory()).await.context("Cannot move a repository")?;
        old.forget();
        let (quarantines, old, new) =
            (self.0.root.join(QUARANTINE), self.seen_from_quarantine(&old), self.seen_from_quarantine(&new));
        blocking(move || repository::redirect(&quarantines, &old, &new).context("Cannot move a repository")).await?;
        self.0.opened.forget_all();
        Ok(())
    }

    /// Deletes a repository with everything in it. Nothing happens when there is none.
    pub async fn delete(&self, owner: &OwnerName, name: &RepoName) -> Result<()> {
        self.sweep(&self.repository(owner, name)).await
    }

    /// Makes the quarantine repository of a run: it sees the objects of `source` and keeps its own. Made once; later calls
    /// find it. Its default branch is the source's.
    pub async fn quarantine(&self, run: RunId, source: &Repository) -> Result<Repository> {
        let branch = source.head_branch().await?;
        let repository = self.quarantine_of(run);
        let (path, objects) = (repository.directory().to_owned(), self.seen_from_quarantine(source));
        blocking(move || repository::make(&path, &branch, Some(&objects))).await?;
        Ok(repository)
    }

    /// The second quarantine of a run, which no agent reaches: what is written to another repository than the run's is
    /// made there. In the first, whoever knows the id of a commit could have all that it holds.
    pub async fn closed_quarantine(&self, run: RunId, source: &Repository) -> Result<Repository> {
        let branch = source.head_branch().await?;
        let repository = self.closed_quarantine_of(run);
        let (path, objects) = (repository.directory().to_owned(), self.seen_from_quarantine(source));
        blocking(move || repository::make(&path, &branch, Some(&objects))).await?;
        Ok(repository)
    }

    /// The second quarantine of a run, made earlier.
    pub fn closed_quarantine_of(&self, run: RunId) -> Repository {
        Repository::at(self, self.0.root.join(QUARANTINE).join(format!("{run}.closed.git")))
    }

    /// Deletes the quarantine repositories of a run. Nothing happens where there is none.
    pub async fn drop_quarantine(&self, run: RunId) -> Result<()> {
        self.sweep(&self.closed_quarantine_of(run)).await?;
        self.sweep(&self.quarantine_of(run)).await
    }

    /// The objects of a repository, from those of a quarantine: relative, so that the data directory can move.
    fn seen_from_quarantine(&self, source: &Repository) -> String {
        let below = source.directory().strip_prefix(&self.0.root).expect("repositories lie below one directory");
        format!("../../../{}/objects", below.display())
    }

    /// Moves the directory away first, so that nobody finds half of it.
    async fn sweep(&self, repository: &Repository) -> Result<()> {
        let gone = self.0.root.join(format!(".gone-{}", uuid::Uuid::now_v7().as_simple()));
        match tokio::fs::rename(repository.directory(), &gone).await {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            moved => moved.context("Cannot delete a repository")?,
        }
        repository.forget();
        tokio::fs::remove_dir_all(&gone).await.context("Cannot delete a repository")
    }

    fn opened(&self) -> &Opened {
        &self.0.opened
    }

    fn walks(&self) -> &Walks {
        &self.0.walks
    }

    fn lasts(&self) -> &Lasts {
        &self.0.lasts
    }

    fn capabilities(&self) -> &OnceLock<Vec<u8>> {
        &self.0.capabilities
    }

    fn graphs(&self) -> &Graphs {
        &self.0.graphs
    }

    fn pairs(&self) -> &Pairs {
        &self.0.pairs
    }

    fn blames(&self) -> &Blames {
        &self.0.blames
    }

    fn settings(&self) -> &Settings {
        &self.0.settings
    }

    fn hooks(&self) -> &Path {
        &self.0.hooks
    }
}

/// Runs work that blocks on a thread that may.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.context("Work on repositories broke off")?
}
