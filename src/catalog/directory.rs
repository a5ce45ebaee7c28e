//! Files of a folder on disk, for `config check`. Never follows a link.

use std::path::PathBuf;

use async_trait::async_trait;

use crate::catalog::files::Entry;
use crate::catalog::files::EntryKind;
use crate::catalog::files::Files;
use crate::kit::Result;
use crate::kit::error::Context as _;

/// A folder on disk: the root of a work tree.
#[derive(Clone, Debug)]
pub struct Directory(PathBuf);

impl Directory {
    /// The folder that holds `.agents/`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self(root.into())
    }
}

#[async_trait]
impl Files for Directory {
    async fn list(&self, folder: &str) -> Result<Vec<Entry>> {
        let path = self.0.join(folder);
        if !tokio::fs::symlink_metadata(&path).await.is_ok_and(|found| found.is_dir()) {
            return Ok(Vec::new());
        }
        let mut reader = tokio::fs::read_dir(&path).await.context("Cannot read a folder")?;
        let mut entries = Vec::new();
        while let Some(found) = reader.next_entry().await.context("Cannot read a folder")? {
            let metadata = found.metadata().await.context("Cannot look at a file")?;
            let kind = match metadata.file_type() {
                kind if kind.is_dir() => EntryKind::Folder,
                kind if kind.is_file() => EntryKind::File,
                _ => EntryKind::Other,
            };
            entries.push(Entry { name: found.file_name().to_string_lossy().into_owned(), kind, size: metadata.len() });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    async fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let path = self.0.join(path);
        if !tokio::fs::symlink_metadata(&path).await.is_ok_and(|found| found.is_file()) {
            return Ok(None);
        }
        tokio::fs::read(&path).await.map(Some).context("Cannot read a file")
    }
}
