//! Directories and files at a commit.

use crate::git::Entry;
use crate::git::File;
use crate::git::ObjectId;
use crate::git::Repository;
use crate::git::repository::unbuilt;
use crate::kit::Result;
use crate::model::CommitId;
use crate::model::TreePath;

impl Repository {
    /// The lines of a directory, directories first; none when the path is not a directory.
    pub async fn tree(&self, commit: &CommitId, path: Option<&TreePath>) -> Result<Option<Vec<Entry>>> {
        let _ = (commit, path);
        Err(unbuilt())
    }

    /// Every file, link and submodule below a directory, as full paths; at most `most`. True with the list when it was cut.
    pub async fn files(&self, commit: &CommitId, below: Option<&TreePath>, most: usize) -> Result<(Vec<Entry>, bool)> {
        let _ = (commit, below, most);
        Err(unbuilt())
    }

    /// The file or link at a path; none when there is none. Says 413 for more than 64 MiB.
    pub async fn file(&self, commit: &CommitId, path: &TreePath) -> Result<Option<File>> {
        let _ = (commit, path);
        Err(unbuilt())
    }

    /// The bytes of a blob; none when there is none. Says 413 for more than 64 MiB.
    pub async fn blob(&self, id: &ObjectId) -> Result<Option<Vec<u8>>> {
        let _ = id;
        Err(unbuilt())
    }
}
