//! Two repositories looked at as one for as long as somebody compares them. Nothing is copied from either into the other: a
//! look changes no repository, and objects of a private one do not come to lie in a public one.

use std::ops::Deref;
use std::path::Path;

use crate::git::Git;
use crate::git::QUARANTINE;
use crate::git::Repository;
use crate::git::blocking;
use crate::git::repository;
use crate::kit::Result;

/// How the directories are named that live as long as a comparison.
const NAME: &str = "beside-";

/// A repository that sees the objects of two others and has none of its own. It is gone when this is dropped.
#[derive(Debug)]
pub struct Beside {
    repository: Repository,
    passing: bool,
}

impl Git {
    /// Two repositories as one; the same twice is that one.
    pub async fn beside(&self, one: &Repository, other: &Repository) -> Result<Beside> {
        if one.directory() == other.directory() {
            return Ok(Beside { repository: one.clone(), passing: false });
        }
        let name = format!("{NAME}{}.git", uuid::Uuid::now_v7().as_simple());
        let repository = Repository::at(self, self.0.root.join(QUARANTINE).join(name));
        let alternates = [self.seen_from_quarantine(one), self.seen_from_quarantine(other)].join("\n");
        let (path, branch) = (repository.directory().to_owned(), one.head_branch().await?);
        blocking(move || repository::make(&path, &branch, Some(&alternates))).await?;
        Ok(Beside { repository, passing: true })
    }
}

/// Removes what a killed process left. Blocks.
pub(super) fn sweep(root: &Path) -> std::io::Result<()> {
    let Ok(entries) = std::fs::read_dir(root.join(QUARANTINE)) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(NAME) {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

impl Deref for Beside {
    type Target = Repository;

    fn deref(&self) -> &Repository {
        &self.repository
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if self.passing {
            self.repository.forget();
            // A handful of files of ours; what cannot be removed now is removed at the next start.
            std::fs::remove_dir_all(self.repository.directory()).ok();
        }
    }
}
