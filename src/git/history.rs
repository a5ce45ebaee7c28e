//! Commits and how they follow each other.

use crate::git::Commit;
use crate::git::Repository;
use crate::git::repository::unbuilt;
use crate::kit::Result;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::model::CommitId;
use crate::model::TreePath;

impl Repository {
    /// One commit; none when there is none with this id.
    pub async fn commit(&self, id: &CommitId) -> Result<Option<Commit>> {
        let _ = id;
        Err(unbuilt())
    }

    /// The commits that lead to this one, newest first; with a path, those that changed it.
    pub async fn log(&self, from: &CommitId, path: Option<&TreePath>, paging: Paging) -> Result<Page<Commit>> {
        let _ = (from, path, paging);
        Err(unbuilt())
    }

    /// The commits in `head` that are not in `base`, newest first, at most `most`.
    pub async fn commits_between(&self, base: &CommitId, head: &CommitId, most: usize) -> Result<Vec<Commit>> {
        let _ = (base, head, most);
        Err(unbuilt())
    }

    /// The best common ancestor; none for unrelated histories.
    pub async fn merge_base(&self, one: &CommitId, other: &CommitId) -> Result<Option<CommitId>> {
        let _ = (one, other);
        Err(unbuilt())
    }

    /// Whether `descendant` has `ancestor` in its history; a commit is its own ancestor.
    pub async fn is_ancestor(&self, ancestor: &CommitId, descendant: &CommitId) -> Result<bool> {
        let _ = (ancestor, descendant);
        Err(unbuilt())
    }

    /// How many commits `head` has that `base` has not, and the other way round.
    pub async fn ahead_behind(&self, base: &CommitId, head: &CommitId) -> Result<(u64, u64)> {
        let _ = (base, head);
        Err(unbuilt())
    }
}
