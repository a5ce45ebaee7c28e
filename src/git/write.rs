//! Commits made from changes: trees are built in memory, blobs are written, then one ref moves by compare-and-set.

use gix::objs::tree::EntryKind;

use crate::git::Change;
use crate::git::CommitFiles;
use crate::git::Expected;
use crate::git::ObjectId;
use crate::git::Repository;
use crate::git::TreeChange;
use crate::git::Who;
use crate::git::refs::at_ref;
use crate::git::refs::move_ref;
use crate::git::repository::commit_id;
use crate::git::repository::object_id;
use crate::git::repository::oid;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::kit::text::is_invisible;
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
    /// Makes one commit on a branch. Says 409 when the branch is not as expected, 422 for a change that cannot be made or
    /// that changes nothing.
    pub async fn commit_files(&self, commit: CommitFiles) -> Result<CommitId> {
        self.blocking(move |repository| {
            let name = commit.branch.as_ref_name();
            let tip = at_ref(repository, &name)?;
            commit.expected.check(commit.branch.as_str(), tip.as_ref())?;
            let parent = tip.clone().or(commit.base);
            let old = tree_of(repository, parent.as_ref())?;
            let tree = edited(repository, &old, commit.changes)?;
            if tree == old.id && parent.is_some() {
                return Err(Error::invalid("Cannot make this commit: it would change nothing").code("NOTHING_CHANGES"));
            }
            let new = NewCommit {
                tree: object_id(tree),
                parents: parent.into_iter().collect(),
                author: commit.author,
                committer: commit.committer,
                message: commit.message,
            };
            let id = write_commit(repository, &new)?;
            // Not `Any`: a commit that came between would be lost.
            move_ref(repository, &name, &Expected::exactly(tip.as_ref()), Some(&id))?;
            Ok(id)
        })
        .await
    }

    /// The tree of a commit with these changes, in order; none starts from an empty tree. Moves no ref.
    pub async fn tree_with(&self, base: Option<&CommitId>, changes: Vec<(TreePath, TreeChange)>) -> Result<ObjectId> {
        let base = base.cloned();
        self.blocking(move |repository| {
            let old = tree_of(repository, base.as_ref())?;
            let mut editor = old.edit().context("Cannot edit a tree")?;
            for (path, change) in changes {
                let path = path.as_str();
                let (kind, id) = match change {
                    TreeChange::Write { bytes, executable } => (file_kind(executable), blob(repository, &bytes)?),
                    TreeChange::Link { target } => (EntryKind::Link, blob(repository, &target)?),
                    TreeChange::Submodule { commit } => (EntryKind::Commit, oid(&commit)),
                    TreeChange::Remove | TreeChange::RemoveAllBelow => {
                        editor.remove(path).context("Cannot remove a path from a tree")?;
                        continue;
                    }
                };
                editor.upsert(path, kind, id).context("Cannot put a path into a tree")?;
            }
            Ok(object_id(editor.write().context("Cannot write a tree")?))
        })
        .await
    }

    /// Writes a commit of a tree that exists. Moves no ref.
    pub async fn commit_tree(&self, commit: NewCommit) -> Result<CommitId> {
        self.blocking(move |repository| write_commit(repository, &commit)).await
    }

    /// Writes the payloads of a proposal as a commit without parents on `refs/forgehand/proposals/<name>`, where `name` is
    /// `<run>/<n>`. The same parts, time and message again make the same commit; others under the same name say 409.
    pub async fn write_proposal(
        &self,
        name: &str,
        parts: Vec<(TreePath, Vec<u8>)>,
        by: Who,
        message: String,
    ) -> Result<CommitId> {
        let name = format!("refs/forgehand/proposals/{name}");
        let changes =
            parts.into_iter().map(|(path, bytes)| (path, TreeChange::Write { bytes, executable: false })).collect();
        let tree = self.tree_with(None, changes).await?;
        let commit = NewCommit { tree, parents: Vec::new(), author: by.clone(), committer: by, message };
        self.blocking(move |repository| {
            let id = write_commit(repository, &commit)?;
            if at_ref(repository, &name)?.as_ref() != Some(&id) {
                move_ref(repository, &name, &Expected::Absent, Some(&id))?;
            }
            Ok(id)
        })
        .await
    }
}

/// The tree of a commit; an empty one for none.
fn tree_of<'repo>(repository: &'repo gix::Repository, commit: Option<&CommitId>) -> Result<gix::Tree<'repo>> {
    let Some(commit) = commit else { return Ok(repository.empty_tree()) };
    let Ok(found) = repository.find_commit(oid(commit)) else { return Err(Error::not_found("commit")) };
    found.tree().context("Cannot read the tree of a commit")
}

fn edited(
    repository: &gix::Repository,
    old: &gix::Tree<'_>,
    changes: Vec<(TreePath, Change)>,
) -> Result<gix::ObjectId> {
    let mut editor = old.edit().context("Cannot edit a tree")?;
    for (path, change) in changes {
        let there = old.lookup_entry(path.as_str().split('/')).context("Cannot read a directory")?;
        let is_directory = there.as_ref().is_some_and(|entry| entry.mode().is_tree());
        match change {
            Change::Remove if there.is_none() || is_directory => {
                return Err(Error::invalid(format!("Cannot delete `{path}`: there is no such file")).field("path"));
            }
            Change::Remove => editor.remove_leaf(path.as_str()).context("Cannot remove a path from a tree")?,
            Change::Write { .. } if is_directory => {
                return Err(Error::invalid(format!("Cannot write `{path}`: it is a directory")).field("path"));
            }
            Change::Write { bytes, executable } => {
                let id = blob(repository, &bytes)?;
                editor.upsert(path.as_str(), file_kind(executable), id).context("Cannot put a path into a tree")?
            }
        };
    }
    Ok(editor.write().context("Cannot write a tree")?.detach())
}

/// Writes a commit object. Blocks.
pub(super) fn write_commit(repository: &gix::Repository, commit: &NewCommit) -> Result<CommitId> {
    let object = gix::objs::Commit {
        tree: oid(&commit.tree),
        parents: commit.parents.iter().map(oid).collect(),
        author: signature(&commit.author),
        committer: signature(&commit.committer),
        encoding: None,
        message: format!("{}\n", commit.message.trim_end().replace('\0', "\u{FFFD}")).into(),
        extra_headers: Vec::new(),
    };
    Ok(commit_id(repository.write_object(&object).context("Cannot write a commit")?.detach()))
}

/// A name may hold anything but what the format of a commit needs for itself.
fn signature(who: &Who) -> gix::actor::Signature {
    let clean = |text: &str| {
        let kept: String =
            text.chars().map(|c| if matches!(c, '<' | '>' | '\n') || is_invisible(c) { ' ' } else { c }).collect();
        kept.trim().to_owned()
    };
    let time = gix::date::Time { seconds: who.at.seconds(), offset: 0 };
    gix::actor::Signature { name: clean(&who.name).into(), email: clean(&who.email).into(), time }
}

fn blob(repository: &gix::Repository, bytes: &[u8]) -> Result<gix::ObjectId> {
    Ok(repository.write_blob(bytes).context("Cannot write a blob")?.detach())
}

fn file_kind(executable: bool) -> EntryKind {
    if executable { EntryKind::BlobExecutable } else { EntryKind::Blob }
}
