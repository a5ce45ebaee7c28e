//! Where files come from.

use async_trait::async_trait;

use crate::kit::Result;

/// A tree of files at one moment: a Git commit, or a folder on disk.
#[async_trait]
pub trait Files: Send + Sync {
    /// Entries of a folder, sorted by name; empty when there is no such folder.
    ///
    /// # Errors
    ///
    /// The tree cannot be read.
    async fn list(&self, folder: &str) -> Result<Vec<Entry>>;

    /// The bytes of a regular file; none when there is no such file, or it is a link.
    ///
    /// # Errors
    ///
    /// The tree cannot be read.
    async fn read(&self, path: &str) -> Result<Option<Vec<u8>>>;
}

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name, lossily as UTF-8.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
    /// Bytes, for a file.
    pub size: u64,
}

/// What an entry of a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A folder.
    Folder,
    /// A regular file.
    File,
    /// A symbolic link, a submodule, a device: never read.
    Other,
}
