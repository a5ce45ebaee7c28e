//! Folders at Git commits, read once: a commit never changes, so neither does what it gave.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use async_trait::async_trait;

use crate::catalog::files::Entry;
use crate::catalog::files::EntryKind;
use crate::catalog::files::Files;
use crate::catalog::folder::Folder;
use crate::catalog::folder::Scope;
use crate::catalog::load::load;
use crate::git;
use crate::kit::Result;
use crate::model::CommitId;
use crate::model::TreePath;

/// More than this many folders are not kept.
const MOST: usize = 512;

/// Keeps the folders that were read.
#[derive(Clone, Debug, Default)]
pub struct Shelf(Arc<Mutex<BTreeMap<Place, Arc<Folder>>>>);

/// The repository is part of it: equal commit ids of two repositories are not taken for equal trees.
type Place = (PathBuf, CommitId, Scope);

impl Shelf {
    /// The folder of a repository at a commit.
    ///
    /// # Errors
    ///
    /// The repository cannot be read. Whatever is wrong in the files is a diagnostic of the folder.
    pub async fn folder(&self, repository: &git::Repository, commit: &CommitId, scope: Scope) -> Result<Arc<Folder>> {
        let place = (repository.directory().to_owned(), commit.clone(), scope);
        if let Some(folder) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&place) {
            return Ok(Arc::clone(folder));
        }
        let folder = Arc::new(load(&AtCommit { repository, commit }, scope).await?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(place, Arc::clone(&folder));
        Ok(folder)
    }
}

/// The files of a repository at a commit.
pub struct AtCommit<'a> {
    /// The repository.
    pub repository: &'a git::Repository,
    /// The commit.
    pub commit: &'a CommitId,
}

#[async_trait]
impl Files for AtCommit<'_> {
    async fn list(&self, folder: &str) -> Result<Vec<Entry>> {
        let path = if folder.is_empty() { None } else { Some(folder.parse::<TreePath>()?) };
        let entries = self.repository.tree(self.commit, path.as_ref()).await?.unwrap_or_default();
        // A name that cannot be addressed could not be read either.
        let addressed = entries.into_iter().filter(|entry| entry.path.is_some());
        let mut entries: Vec<Entry> = addressed
            .map(|entry| Entry {
                name: String::from_utf8_lossy(&entry.name).into_owned(),
                kind: match entry.kind {
                    git::EntryKind::Directory => EntryKind::Folder,
                    git::EntryKind::File | git::EntryKind::Executable => EntryKind::File,
                    git::EntryKind::Link | git::EntryKind::Submodule => EntryKind::Other,
                },
                size: entry.size.unwrap_or_default(),
            })
            .collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    async fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let file = self.repository.file(self.commit, &path.parse()?).await?;
        Ok(file.filter(|file| file.kind != git::EntryKind::Link).map(|file| file.bytes))
    }
}
