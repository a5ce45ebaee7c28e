//! A repository in a directory that is gone after the test, and short words to write and read it.

mod diffing;
mod hostile;
mod merging;
mod reading;
mod serving;
mod upkeep;
mod whence;
mod workspaces;
mod writing;

mod client;

use tempfile::TempDir;

use crate::git::Change;
use crate::git::CommitFiles;
use crate::git::Expected;
use crate::git::Git;
use crate::git::Repository;
use crate::git::Settings;
use crate::git::Who;
use crate::kit::clock::Timestamp;
use crate::model::CommitId;

/// A server's repositories, one of them at hand.
pub(super) struct Shelf {
    pub git: Git,
    pub repository: Repository,
    pub home: TempDir,
}

impl Shelf {
    pub async fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let git = Git::open(home.path(), &Settings::default()).await.unwrap();
        let (owner, name, branch) = ("acme".parse().unwrap(), "tool".parse().unwrap(), "main".parse().unwrap());
        let repository = git.create(&owner, &name, &branch).await.unwrap();
        Self { git, repository, home }
    }

    /// Commits files on `main`; none deletes.
    pub async fn commit(&self, files: &[(&str, Option<&str>)]) -> CommitId {
        self.commit_on("main", files).await
    }

    /// Commits files on a branch, which starts at `main` when it is new.
    pub async fn commit_on(&self, branch: &str, files: &[(&str, Option<&str>)]) -> CommitId {
        let base = self.repository.resolve("main").await.unwrap();
        self.repository.commit_files(on(branch, base, files)).await.unwrap()
    }
}

pub(super) fn on(branch: &str, base: Option<CommitId>, files: &[(&str, Option<&str>)]) -> CommitFiles {
    let change = |bytes: Option<&str>| match bytes {
        Some(bytes) => Change::Write { bytes: bytes.as_bytes().to_vec(), executable: false },
        None => Change::Remove,
    };
    CommitFiles {
        branch: branch.parse().unwrap(),
        expected: Expected::Any,
        base,
        changes: files.iter().map(|(path, bytes)| (path.parse().unwrap(), change(*bytes))).collect(),
        author: who("Alice"),
        committer: who("Alice"),
        message: format!("Change {}", files.len()),
    }
}

pub(super) fn who(name: &str) -> Who {
    Who { name: name.into(), email: format!("{name}@example.org"), at: Timestamp::from_seconds(1_800_000_000) }
}
