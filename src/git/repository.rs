//! One Git directory, and how the blocking library is called from asynchronous code.

use std::path::Path;
use std::path::PathBuf;

use crate::git::Git;
use crate::kit::Error;

/// One bare Git directory. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Repository {
    git: Git,
    path: PathBuf,
}

pub(super) fn unbuilt() -> Error {
    Error::internal("This verb of the room `git` is not built yet")
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
}
