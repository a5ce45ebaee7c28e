//! Commits and how they follow each other.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use gix::bstr::ByteSlice as _;
use gix::revision::walk::Sorting;
use gix::traverse::commit::simple::CommitTimeOrder;

use crate::git::Commit;
use crate::git::Repository;
use crate::git::Who;
use crate::git::object::shown;
use crate::git::repository::commit_id;
use crate::git::repository::object_id;
use crate::git::repository::oid;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::error::Context as _;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::model::CommitId;
use crate::model::TreePath;

/// Commits that one walk looks at: beyond, the list says that it is cut by ending there.
const LONGEST_WALK: usize = 200_000;
/// Walks that are kept, because the next page of a list wants the same one.
const MOST_WALKS: usize = 16;

/// Lists of commits that were walked before. A commit's history never changes, so they never go stale.
#[derive(Debug, Default)]
pub(super) struct Walks(Mutex<HashMap<Walk, Arc<Vec<gix::ObjectId>>>>);

/// Where a walk starts, and the path that it follows.
type Walk = (CommitId, Option<TreePath>);

impl Repository {
    /// One commit; none when there is none with this id.
    pub async fn commit(&self, id: &CommitId) -> Result<Option<Commit>> {
        let id = oid(id);
        self.blocking(move |repository| {
            let Ok(found) = repository.find_commit(id) else { return Ok(None) };
            read(&found).map(Some)
        })
        .await
    }

    /// The commits that lead to this one, newest first; with a path, those that changed it.
    pub async fn log(&self, from: &CommitId, path: Option<&TreePath>, paging: Paging) -> Result<Page<Commit>> {
        let (git, from, path) = (self.git().clone(), from.clone(), path.cloned());
        self.blocking(move |repository| {
            let list = git.walks().list(repository, from, path)?;
            let wanted = list
                .iter()
                .skip(usize::try_from(paging.offset()).unwrap_or(usize::MAX))
                .take(usize::try_from(paging.take()).unwrap_or(0));
            let items = wanted.map(|id| read(&repository.find_commit(*id).context("Cannot read a commit")?));
            Ok(Page { items: items.collect::<Result<_>>()?, total: list.len() as u64, paging })
        })
        .await
    }

    /// The commits in `head` that are not in `base`, newest first, at most `most`.
    pub async fn commits_between(&self, base: &CommitId, head: &CommitId, most: usize) -> Result<Vec<Commit>> {
        let (base, head) = (oid(base), oid(head));
        self.blocking(move |repository| {
            let mut found = Vec::new();
            for each in outside(repository, base, head)?.take(most) {
                let id = each.context("Cannot walk a history")?.id;
                found.push(read(&repository.find_commit(id).context("Cannot read a commit")?)?);
            }
            Ok(found)
        })
        .await
    }

    /// The best common ancestor; none for unrelated histories.
    pub async fn merge_base(&self, one: &CommitId, other: &CommitId) -> Result<Option<CommitId>> {
        let (one, other) = (oid(one), oid(other));
        self.blocking(move |repository| {
            Ok(repository.merge_base(one, other).context("Cannot find a common ancestor")?.map(commit_id))
        })
        .await
    }

    /// Whether `descendant` has `ancestor` in its history; a commit is its own ancestor.
    pub async fn is_ancestor(&self, ancestor: &CommitId, descendant: &CommitId) -> Result<bool> {
        let (ancestor, descendant) = (oid(ancestor), oid(descendant));
        self.blocking(move |repository| is_ancestor(repository, ancestor, descendant)).await
    }

    /// How many commits `head` has that `base` has not, and the other way round.
    pub async fn ahead_behind(&self, base: &CommitId, head: &CommitId) -> Result<(u64, u64)> {
        let (base, head) = (oid(base), oid(head));
        self.blocking(move |repository| {
            Ok((outside(repository, base, head)?.count() as u64, outside(repository, head, base)?.count() as u64))
        })
        .await
    }
}

impl Walks {
    fn list(
        &self,
        repository: &gix::Repository,
        from: CommitId,
        path: Option<TreePath>,
    ) -> Result<Arc<Vec<gix::ObjectId>>> {
        let key = (from, path);
        if let Some(list) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(list.clone());
        }
        let list = Arc::new(walk(repository, oid(&key.0), key.1.as_ref())?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_WALKS {
            kept.clear();
        }
        kept.insert(key, list.clone());
        Ok(list)
    }
}

/// The ids of a history, newest first; with a path, of the commits whose entry there differs from that of each parent.
fn walk(repository: &gix::Repository, from: gix::ObjectId, path: Option<&TreePath>) -> Result<Vec<gix::ObjectId>> {
    if repository.find_commit(from).is_err() {
        return Err(Error::not_found("commit"));
    }
    let walk = repository
        .rev_walk([from])
        .sorting(Sorting::ByCommitTime(CommitTimeOrder::NewestFirst))
        .all()
        .context("Cannot walk a history")?;
    let mut found = Vec::new();
    let mut seen = HashMap::new();
    for each in walk.take(LONGEST_WALK) {
        let each = each.context("Cannot walk a history")?;
        if let Some(path) = path {
            let here = entry_at(repository, each.id, path, &mut seen)?;
            let parents = each.parent_ids.iter().map(|parent| entry_at(repository, *parent, path, &mut seen));
            let parents = parents.collect::<Result<Vec<_>>>()?;
            let changed = if parents.is_empty() { here.is_some() } else { !parents.contains(&here) };
            seen.remove(&each.id);
            if !changed {
                continue;
            }
        }
        found.push(each.id);
    }
    Ok(found)
}

type Seen = HashMap<gix::ObjectId, Option<(gix::ObjectId, u16)>>;

/// The id and mode at a path in a commit. Each commit is looked at twice, as a parent and for itself.
fn entry_at(
    repository: &gix::Repository,
    commit: gix::ObjectId,
    path: &TreePath,
    seen: &mut Seen,
) -> Result<Option<(gix::ObjectId, u16)>> {
    if let Some(known) = seen.get(&commit) {
        return Ok(*known);
    }
    let commit = repository.find_commit(commit).context("Cannot read a commit")?;
    let tree = commit.tree().context("Cannot read the tree of a commit")?;
    let found = tree
        .lookup_entry(path.as_str().split('/'))
        .context("Cannot read a directory")?
        .map(|entry| (entry.object_id(), entry.mode().value()));
    seen.insert(commit.id, found);
    Ok(found)
}

/// Walks what `head` has and `base` has not, newest first.
pub(super) fn outside(
    repository: &gix::Repository,
    base: gix::ObjectId,
    head: gix::ObjectId,
) -> Result<gix::revision::Walk<'_>> {
    if repository.find_commit(base).is_err() || repository.find_commit(head).is_err() {
        return Err(Error::not_found("commit"));
    }
    repository
        .rev_walk([head])
        .with_hidden([base])
        .sorting(Sorting::ByCommitTime(CommitTimeOrder::NewestFirst))
        .all()
        .context("Cannot walk a history")
}

/// Whether one commit lies in the history of another. Blocks.
pub(super) fn is_ancestor(
    repository: &gix::Repository,
    ancestor: gix::ObjectId,
    descendant: gix::ObjectId,
) -> Result<bool> {
    if ancestor == descendant {
        return Ok(true);
    }
    let base = repository.merge_base(ancestor, descendant).context("Cannot find a common ancestor")?;
    Ok(base.is_some_and(|base| base == ancestor))
}

/// Reads a commit into our own type.
pub(super) fn read(commit: &gix::Commit<'_>) -> Result<Commit> {
    let parsed = commit.decode().context("Cannot read a commit")?;
    Ok(Commit {
        id: commit_id(commit.id),
        tree: object_id(parsed.tree()),
        parents: parsed.parents().map(commit_id).collect(),
        author: who(&commit.author().context("Cannot read who wrote a commit")?),
        committer: who(&commit.committer().context("Cannot read who made a commit")?),
        message: parsed.message.to_str_lossy().into_owned(),
    })
}

fn who(signature: &gix::actor::SignatureRef<'_>) -> Who {
    let signature = signature.trim();
    Who { name: shown(signature.name), email: shown(signature.email), at: Timestamp::from_seconds(signature.seconds()) }
}
