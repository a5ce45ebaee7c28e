//! What a push brought, as far as hooks are told: worked out before the transaction, and only where a hook wants to know.

use crate::forge::embedded::Embedded;
use crate::forge::embedded::hooks::HookEvent;
use crate::forge::embedded::hooks::announce::Pushed;
use crate::forge::embedded::hooks::whose::keepers_of;
use crate::forge::embedded::repository::Repository;
use crate::forge::embedded::store;
use crate::git;
use crate::git::Side;
use crate::git::diff::Status;
use crate::kit::Result;
use crate::kit::page::Paging;
use crate::model::CommitId;

/// The most commits that a payload names.
const MOST_COMMITS: usize = 50;

/// The most files that are named of one commit.
const MOST_FILES: usize = 300;

impl Embedded {
    /// Commits that came to a branch, newest first; none when no hook wants to know.
    pub(in crate::forge::embedded) async fn pushed(
        &self,
        repository: &Repository,
        before: Option<&CommitId>,
        after: Option<&CommitId>,
    ) -> Result<Vec<Pushed>> {
        let Some(after) = after else { return Ok(Vec::new()) };
        let keepers = keepers_of(repository);
        let hooks = store::hooks::of_any(&mut *self.db().read().await?, keepers).await?;
        if !hooks.iter().any(|hook| hook.active && hook.events.contains(&HookEvent::Push)) {
            return Ok(Vec::new());
        }
        let git = self.git(repository);
        let mut from = before.cloned();
        if from.is_none()
            && let Some(default) = git.branch(&repository.default_branch).await?
            && default != *after
        {
            from = git.merge_base(&default, after).await?;
        }
        let commits = match &from {
            Some(from) => git.commits_between(from, after, MOST_COMMITS).await?,
            None => git.log(after, None, Paging::new(None, u32::try_from(MOST_COMMITS).ok())).await?.items,
        };
        let mut pushed = Vec::new();
        for commit in commits {
            pushed.push(changed_by(&git, commit).await?);
        }
        Ok(pushed)
    }
}

/// A commit with the files that it added, removed and modified; a merge is compared with what it was merged into.
pub(super) async fn changed_by(git: &git::Repository, commit: git::Commit) -> Result<Pushed> {
    let bounds = git::DiffBounds { files: MOST_FILES, lines: 0, ..git::DiffBounds::default() };
    let from = commit.parents.first().map_or(Side::Empty, Side::Commit);
    let diff = git.diff(from, Side::Commit(&commit.id), &bounds).await?;
    let mut pushed = Pushed { commit: commit.clone(), added: Vec::new(), removed: Vec::new(), modified: Vec::new() };
    for file in diff.files {
        match file.status {
            Status::Added => pushed.added.push(file.path),
            Status::Deleted => pushed.removed.push(file.path),
            Status::Modified => pushed.modified.push(file.path),
            Status::Renamed => {
                pushed.removed.push(file.old_path);
                pushed.added.push(file.path);
            }
        }
    }
    Ok(pushed)
}
