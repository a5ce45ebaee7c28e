//! Three-way merges without a work tree.

use std::collections::BTreeSet;

use gix::merge::blob::builtin_driver::text::Labels;
use gix::merge::plumbing::tree::TreatAsUnresolved;

use crate::git::Commit;
use crate::git::Expected;
use crate::git::Repository;
use crate::git::Who;
use crate::git::history::is_ancestor;
use crate::git::history::outside;
use crate::git::history::read;
use crate::git::object::shown;
use crate::git::refs::at_ref;
use crate::git::refs::move_ref;
use crate::git::repository::commit_id;
use crate::git::repository::object_id;
use crate::git::repository::oid;
use crate::git::write::NewCommit;
use crate::git::write::write_commit;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::model::BranchName;
use crate::model::CommitId;

/// How a pull request's commits come into its base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A merge commit with two parents.
    Merge,
    /// One commit with everything.
    Squash,
    /// Each commit again, on top of the base.
    Rebase,
}

/// A merge to be made.
#[derive(Clone, Debug)]
pub struct Merge {
    /// The branch that moves.
    pub base: BranchName,
    /// What it must be at.
    pub expected: CommitId,
    /// What is merged into it.
    pub head: CommitId,
    /// How.
    pub style: Style,
    /// Who wrote the change; not looked at when rebasing.
    pub author: Who,
    /// Who merges.
    pub committer: Who,
    /// The message; not looked at when rebasing.
    pub message: String,
}

/// What came of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// The base is at this commit now.
    Done(CommitId),
    /// Nothing moved: these paths conflict, visible.
    Conflict(Vec<String>),
}

/// The most commits that one rebase makes again.
const MOST_REBASED: usize = 1000;

impl Repository {
    /// Merges and moves the base. Says 409 when the base is not where it was expected, 422 when there is nothing to merge.
    pub async fn merge(&self, merge: Merge) -> Result<Merged> {
        self.blocking(move |repository| {
            let name = merge.base.as_ref_name();
            let expected = Expected::At(merge.expected.clone());
            expected.check(merge.base.as_str(), at_ref(repository, &name)?.as_ref())?;
            let (base, head) = (oid(&merge.expected), oid(&merge.head));
            if repository.find_commit(head).is_err() {
                return Err(Error::not_found("commit"));
            }
            if is_ancestor(repository, head, base)? {
                return Err(Error::invalid(format!("There is nothing to merge: `{}` has it all already", merge.base))
                    .code("NOTHING_CHANGES"));
            }
            let made = match merge.style {
                Style::Rebase => rebased(repository, base, head, &merge.committer)?,
                Style::Merge | Style::Squash => joined(repository, &merge)?,
            };
            if let Merged::Done(commit) = &made {
                move_ref(repository, &name, &expected, Some(commit))?;
            }
            Ok(made)
        })
        .await
    }

    /// The paths that would conflict, visible; empty when the merge would succeed. Writes nothing.
    pub async fn conflicts(&self, base: &CommitId, head: &CommitId) -> Result<Vec<String>> {
        let key = (self.directory().to_owned(), base.clone(), head.clone());
        let kept = &self.git().pairs().conflicts;
        if let Some(known) = kept.known(&key) {
            return Ok(known);
        }
        let (base, head) = (oid(base), oid(head));
        let found = self.blocking(move |repository| {
            if repository.find_commit(base).is_err() || repository.find_commit(head).is_err() {
                return Err(Error::not_found("commit"));
            }
            if is_ancestor(repository, base, head)? || is_ancestor(repository, head, base)? {
                return Ok(Vec::new());
            }
            let repository = repository.clone().with_object_memory();
            Ok(tree_of_both(&repository, base, head)?.err().unwrap_or_default())
        });
        kept.keep(key, found.await)
    }
}

/// One commit with the trees of both sides merged.
fn joined(repository: &gix::Repository, merge: &Merge) -> Result<Merged> {
    let tree = match tree_of_both(repository, oid(&merge.expected), oid(&merge.head))? {
        Ok(tree) => tree,
        Err(paths) => return Ok(Merged::Conflict(paths)),
    };
    let mut parents = vec![merge.expected.clone()];
    if merge.style == Style::Merge {
        parents.push(merge.head.clone());
    }
    let commit = NewCommit {
        tree: object_id(tree),
        parents,
        author: merge.author.clone(),
        committer: merge.committer.clone(),
        message: merge.message.clone(),
    };
    Ok(Merged::Done(write_commit(repository, &commit)?))
}

/// Each commit of the head again, on top of the base, oldest first. Merges are left out, as `git rebase` does.
fn rebased(repository: &gix::Repository, base: gix::ObjectId, head: gix::ObjectId, committer: &Who) -> Result<Merged> {
    if is_ancestor(repository, base, head)? && is_linear(repository, base, head)? {
        return Ok(Merged::Done(commit_id(head)));
    }
    let mut commits: Vec<Commit> = Vec::new();
    for each in outside(repository, base, head)?.take(MOST_REBASED + 1) {
        let id = each.context("Cannot walk a history")?.id;
        commits.push(read(&repository.find_commit(id).context("Cannot read a commit")?)?);
    }
    if commits.len() > MOST_REBASED {
        return Err(
            Error::invalid(format!("Cannot rebase more than {MOST_REBASED} commits")).hint("merge or squash instead")
        );
    }
    let mut tip = base;
    for commit in in_order(commits) {
        let [parent] = commit.parents.as_slice() else { continue };
        let trees = (tree_id(repository, oid(parent))?, tree_id(repository, tip)?, oid(&commit.tree));
        let tree = match merged(repository, trees)? {
            Ok(tree) => tree,
            Err(paths) => return Ok(Merged::Conflict(paths)),
        };
        if tree == trees.1 && trees.0 != trees.2 {
            // The base has this change already.
            continue;
        }
        let again = NewCommit {
            tree: object_id(tree),
            parents: vec![commit_id(tip)],
            author: commit.author,
            committer: committer.clone(),
            message: commit.message,
        };
        tip = oid(&write_commit(repository, &again)?);
    }
    Ok(Merged::Done(commit_id(tip)))
}

/// Parents before children, whatever the clocks of their authors said.
fn in_order(commits: Vec<Commit>) -> Vec<Commit> {
    let mut waiting: Vec<Commit> = commits.into_iter().rev().collect();
    let mut ordered: Vec<Commit> = Vec::new();
    while !waiting.is_empty() {
        let ids: BTreeSet<_> = waiting.iter().map(|commit| commit.id.clone()).collect();
        let (ready, later) =
            waiting.into_iter().partition::<Vec<_>, _>(|commit| !commit.parents.iter().any(|id| ids.contains(id)));
        ordered.extend(ready);
        waiting = later;
    }
    ordered
}

fn is_linear(repository: &gix::Repository, base: gix::ObjectId, head: gix::ObjectId) -> Result<bool> {
    for each in outside(repository, base, head)? {
        if each.context("Cannot walk a history")?.parent_ids.len() != 1 {
            return Ok(false);
        }
    }
    Ok(true)
}

fn tree_id(repository: &gix::Repository, commit: gix::ObjectId) -> Result<gix::ObjectId> {
    let commit = repository.find_commit(commit).context("Cannot read a commit")?;
    Ok(commit.tree_id().context("Cannot read a commit")?.detach())
}

/// The merged tree of two commits, or the paths that conflict. Without a common ancestor everything is new on both sides.
fn tree_of_both(
    repository: &gix::Repository,
    base: gix::ObjectId,
    head: gix::ObjectId,
) -> Result<std::result::Result<gix::ObjectId, Vec<String>>> {
    let options = repository.tree_merge_options().context("Cannot set up a merge")?;
    let options = gix::merge::commit::Options::from(options).with_allow_missing_merge_base(true);
    let outcome = repository.merge_commits(base, head, Labels::default(), options).context("Cannot merge")?;
    settled(outcome.tree_merge)
}

/// The tree merged of an ancestor, ours and theirs.
fn merged(
    repository: &gix::Repository,
    (ancestor, ours, theirs): (gix::ObjectId, gix::ObjectId, gix::ObjectId),
) -> Result<std::result::Result<gix::ObjectId, Vec<String>>> {
    let options = repository.tree_merge_options().context("Cannot set up a merge")?;
    let outcome = repository.merge_trees(ancestor, ours, theirs, Labels::default(), options);
    settled(outcome.context("Cannot merge")?)
}

fn settled(mut outcome: gix::merge::tree::Outcome<'_>) -> Result<std::result::Result<gix::ObjectId, Vec<String>>> {
    let how = TreatAsUnresolved::git();
    if !outcome.has_unresolved_conflicts(how) {
        return Ok(Ok(outcome.tree.write().context("Cannot write a merged tree")?.detach()));
    }
    let open = outcome.conflicts.iter().filter(|conflict| conflict.is_unresolved(how));
    let paths: BTreeSet<String> = open.map(|conflict| shown(conflict.ours.location())).collect();
    Ok(Err(paths.into_iter().collect()))
}
