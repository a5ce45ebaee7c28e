//! One Git directory: how it is made, opened, and read from asynchronous code.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::git::Git;
use crate::git::ObjectId;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::model::BranchName;
use crate::model::CommitId;

/// How many opened repositories are kept; each costs a few file handles and the indices of its packs.
const MOST_OPEN: usize = 128;

/// One bare Git directory. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Repository {
    git: Git,
    path: PathBuf,
}

/// Repositories that were opened before, by path.
#[derive(Debug, Default)]
pub(super) struct Opened(Mutex<HashMap<PathBuf, gix::ThreadSafeRepository>>);

impl Opened {
    /// Forgets all, because what they refer to moved.
    pub(super) fn forget_all(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Repository {
    pub(super) fn at(git: &Git, path: PathBuf) -> Self {
        Self { git: git.clone(), path }
    }

    /// The Git directory, for mounting its objects read-only into a sandbox.
    pub fn directory(&self) -> &Path {
        &self.path
    }

    /// Whether there is such a repository.
    pub async fn exists(&self) -> bool {
        tokio::fs::try_exists(self.path.join("HEAD")).await.unwrap_or(false)
    }

    pub(super) fn git(&self) -> &Git {
        &self.git
    }

    /// Runs blocking work over the opened repository on a thread that may block.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&gix::Repository) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let repository = self.clone();
        tokio::task::spawn_blocking(move || work(&repository.open()?))
            .await
            .context("Reading a repository broke off")?
    }

    /// Opens the repository, or takes it from those that are open. Blocks.
    pub(super) fn open(&self) -> Result<gix::Repository> {
        let kept = self.git.opened().0.lock().unwrap_or_else(PoisonError::into_inner).get(&self.path).cloned();
        let shared = match kept {
            Some(shared) => shared,
            None => self.open_anew()?,
        };
        let mut opened = shared.to_thread_local();
        opened.object_cache_size_if_unset(8 * 1024 * 1024);
        Ok(opened)
    }

    fn open_anew(&self) -> Result<gix::ThreadSafeRepository> {
        if !self.path.join("HEAD").exists() {
            return Err(Error::not_found("repository"));
        }
        let options = gix::open::Options::isolated()
            .open_path_as_is(true)
            .with(gix::sec::Trust::Full)
            .object_store_slots(gix::odb::store::init::Slots::Given(1024));
        let shared =
            gix::ThreadSafeRepository::open_opts(&self.path, options).context("Cannot open a Git directory")?;
        let mut opened = self.git.opened().0.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.len() >= MOST_OPEN {
            opened.clear();
        }
        opened.insert(self.path.clone(), shared.clone());
        Ok(shared)
    }

    /// Forgets the opened repository, because its directory moved or its objects were packed anew.
    pub(super) fn forget(&self) {
        self.git.opened().0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.path);
    }
}

/// Writes an empty bare Git directory, whole or not at all. False when there is one. Blocks.
pub(super) fn make(path: &Path, branch: &BranchName, alternates: Option<&str>) -> Result<bool> {
    if path.exists() {
        return Ok(false);
    }
    let above = path.parent().expect("a Git directory lies below the data directory");
    std::fs::create_dir_all(above).context("Cannot make a directory for repositories")?;
    let fresh = above.join(format!(".new-{}", uuid::Uuid::now_v7().as_simple()));
    let write = || -> std::io::Result<()> {
        for directory in ["objects/info", "objects/pack", "refs/heads", "refs/tags", "info"] {
            std::fs::create_dir_all(fresh.join(directory))?;
        }
        if let Some(alternates) = alternates {
            std::fs::write(fresh.join("objects/info/alternates"), format!("{alternates}\n"))?;
        }
        std::fs::write(fresh.join("config"), CONFIGURATION)?;
        std::fs::write(fresh.join("HEAD"), format!("ref: {}\n", branch.as_ref_name()))
    };
    let made = write().context("Cannot write a Git directory").and_then(|()| match std::fs::rename(&fresh, path) {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.kind(), ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists) => Ok(false),
        Err(error) => Err(Error::internal("Cannot put a Git directory in its place").source(error)),
    });
    if !matches!(made, Ok(true)) {
        std::fs::remove_dir_all(&fresh).ok();
    }
    made
}

/// Points the quarantines that see the objects of one repository to another. Blocks.
pub(super) fn redirect(quarantines: &Path, from: &str, to: &str) -> std::io::Result<()> {
    let entries = match std::fs::read_dir(quarantines) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let alternates = entry?.path().join("objects/info/alternates");
        if std::fs::read_to_string(&alternates).is_ok_and(|line| line.trim_end() == from) {
            let fresh = alternates.with_extension("new");
            std::fs::write(&fresh, format!("{to}\n"))?;
            std::fs::rename(&fresh, &alternates)?;
        }
    }
    Ok(())
}

/// What is the same for every repository; the rest is said on each command line.
const CONFIGURATION: &str = "\
[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
\tuseReplaceRefs = false
\tlogAllRefUpdates = false
[gc]
\tauto = 0
";

/// Turns our id into the library's.
pub(super) fn oid(id: &impl AsRef<str>) -> gix::ObjectId {
    gix::ObjectId::from_hex(id.as_ref().as_bytes()).expect("an id was checked when it was made")
}

/// Turns the library's id into that of a commit.
pub(super) fn commit_id(id: impl AsRef<gix::oid>) -> CommitId {
    id.as_ref().to_hex().to_string().parse().expect("repositories here have SHA-1 ids")
}

/// Turns the library's id into that of any object.
pub(super) fn object_id(id: impl AsRef<gix::oid>) -> ObjectId {
    id.as_ref().to_hex().to_string().parse().expect("repositories here have SHA-1 ids")
}
