//! Commits made from changes: trees are built in memory, blobs are written, then one ref moves by compare-and-set.

use crate::git::CommitFiles;
use crate::git::ObjectId;
use crate::git::Repository;
use crate::git::TreeChange;
use crate::git::Who;
use crate::git::repository::unbuilt;
use crate::kit::Result;
use crate::model::CommitId;
use crate::model::TreePath;

/// A commit to be made of a tree.
#[derive(Clone, Debug)]
pub struct NewCommit {
    /// The tree.
    pub tree: ObjectId,
    /// The commits that it is made on.
    pub parents: Vec<CommitId>,
    /// Who wrote the change.
    pub author: Who,
    /// Who makes the commit.
    pub committer: Who,
    /// The message, with trailers.
    pub message: String,
}

impl Repository {
    /// Makes one commit on a branch. Says 409 when the branch is not as expected, 422 for a change that cannot be made.
    pub async fn commit_files(&self, commit: CommitFiles) -> Result<CommitId> {
        let _ = commit;
        Err(unbuilt())
    }

    /// The tree of a commit with these changes, in order; none starts from an empty tree. Moves no ref.
    pub async fn tree_with(&self, base: Option<&CommitId>, changes: Vec<(TreePath, TreeChange)>) -> Result<ObjectId> {
        let _ = (base, changes);
        Err(unbuilt())
    }

    /// Writes a commit of a tree that exists. Moves no ref.
    pub async fn commit_tree(&self, commit: NewCommit) -> Result<CommitId> {
        let _ = commit;
        Err(unbuilt())
    }

    /// Writes the payloads of a proposal as a commit without parents on `refs/forgehand/proposals/<run>/<n>`. The same
    /// parts, message and committer again make the same commit.
    pub async fn write_proposal(
        &self,
        name: &str,
        parts: Vec<(TreePath, Vec<u8>)>,
        by: Who,
        message: String,
    ) -> Result<CommitId> {
        let _ = (name, parts, by, message);
        Err(unbuilt())
    }
}
