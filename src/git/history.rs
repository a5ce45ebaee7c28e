//! Commits and how they follow each other.

use std::collections::BinaryHeap;
use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use gix::bstr::ByteSlice as _;
use gix::revision::walk::Sorting;
use gix::traverse::commit::simple::CommitTimeOrder;

use crate::git::Commit;
use crate::git::Repository;
use crate::git::Who;
use crate::git::graph::Ancestry;
use crate::git::graph::Graphs;
use crate::git::object::shown;
use crate::git::repository::commit_id;
use crate::git::repository::object_id;
use crate::git::repository::oid;
use crate::git::trail::Step;
use crate::git::trail::Trail;
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
            let list = git.walks().list(repository, git.graphs(), (from, path))?;
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
        let key = (self.directory().to_owned(), one.clone(), other.clone());
        let kept = &self.git().pairs().bases;
        if let Some(known) = kept.known(&key) {
            return Ok(known);
        }
        let (one, other) = (oid(one), oid(other));
        let found = self.blocking(move |repository| {
            Ok(repository.merge_base(one, other).context("Cannot find a common ancestor")?.map(commit_id))
        });
        kept.keep(key, found.await)
    }

    /// Whether `descendant` has `ancestor` in its history; a commit is its own ancestor.
    pub async fn is_ancestor(&self, ancestor: &CommitId, descendant: &CommitId) -> Result<bool> {
        let (ancestor, descendant) = (oid(ancestor), oid(descendant));
        self.blocking(move |repository| is_ancestor(repository, ancestor, descendant)).await
    }

    /// The first commit at or before a moment on the way of first parents from a tip; none when all are younger.
    pub async fn first_parent_at(&self, tip: &CommitId, at: Timestamp) -> Result<Option<CommitId>> {
        let tip = oid(tip);
        self.blocking(move |repository| {
            let mut next = Some(tip);
            for _ in 0..LONGEST_WALK {
                let Some(id) = next else { break };
                let commit = repository.find_commit(id).map_err(|_| Error::not_found("commit"))?;
                if commit.time().context("Cannot read when a commit was made")?.seconds <= at.seconds() {
                    return Ok(Some(commit_id(id)));
                }
                next = commit.parent_ids().next().map(gix::Id::detach);
            }
            Ok(None)
        })
        .await
    }

    /// How many commits `head` has that `base` has not, and the other way round.
    pub async fn ahead_behind(&self, base: &CommitId, head: &CommitId) -> Result<(u64, u64)> {
        let key = (self.directory().to_owned(), base.clone(), head.clone());
        let kept = &self.git().pairs().distances;
        if let Some(known) = kept.known(&key) {
            return Ok(known);
        }
        let (base, head) = (oid(base), oid(head));
        let found = self.blocking(move |repository| {
            Ok((outside(repository, base, head)?.count() as u64, outside(repository, head, base)?.count() as u64))
        });
        kept.keep(key, found.await)
    }
}

impl Walks {
    fn list(&self, repository: &gix::Repository, graphs: &Graphs, key: Walk) -> Result<Arc<Vec<gix::ObjectId>>> {
        if let Some(list) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(list.clone());
        }
        if repository.find_commit(oid(&key.0)).is_err() {
            return Err(Error::not_found("commit"));
        }
        let list = Arc::new(match &key.1 {
            None => walk(repository, oid(&key.0))?,
            Some(path) => follow(repository, &graphs.ancestry(repository), oid(&key.0), path)?,
        });
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_WALKS {
            kept.clear();
        }
        kept.insert(key, list.clone());
        Ok(list)
    }
}

/// The ids of a history, newest first.
fn walk(repository: &gix::Repository, from: gix::ObjectId) -> Result<Vec<gix::ObjectId>> {
    let walk = repository
        .rev_walk([from])
        .sorting(Sorting::ByCommitTime(CommitTimeOrder::NewestFirst))
        .all()
        .context("Cannot walk a history")?;
    walk.take(LONGEST_WALK).map(|each| Ok(each.context("Cannot walk a history")?.id)).collect()
}

/// The ids of the commits that changed a path, newest first. As `git log` does, a merge whose path is as in one of its parents
/// is followed there alone.
fn follow(
    repository: &gix::Repository,
    ancestry: &Ancestry<'_>,
    from: gix::ObjectId,
    path: &TreePath,
) -> Result<Vec<gix::ObjectId>> {
    let mut trail = Trail::new(repository, ancestry, path.as_str().as_bytes());
    let mut found = Vec::new();
    let mut known = HashSet::from([from]);
    let mut next = BinaryHeap::from([(i64::MAX, from)]);
    for _ in 0..LONGEST_WALK {
        let Some((_, id)) = next.pop() else { break };
        let parents = match trail.step(id)? {
            Step::Nothing => Vec::new(),
            Step::Same(parent) => vec![parent],
            Step::Changed(parents) => {
                found.push(id);
                parents
            }
        };
        for parent in parents.into_iter().filter(|parent| known.insert(*parent)) {
            next.push((ancestry.node(parent)?.seconds, parent));
        }
    }
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
