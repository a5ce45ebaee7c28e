//! The code that an agent proposes: what its workspace holds, or a branch that it pushed to `origin`, as one commit.

use std::sync::Arc;

use ignore::gitignore::Gitignore;
use ignore::gitignore::GitignoreBuilder;

use crate::engine::Engine;
use crate::git;
use crate::git::ObjectId;
use crate::git::Repository;
use crate::git::Side;
use crate::git::TreeChange;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::digest::Digest;
use crate::kit::error::Context as _;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::TreePath;
use crate::model::effect::Code;
use crate::model::effect::FileChange;
use crate::model::effect::FileState;
use crate::proposals::check;
use crate::sandbox;
use crate::sandbox::Capture;
use crate::sandbox::ChangeKind;
use crate::sandbox::Workspace;

/// Where the code of a proposal comes from.
pub(super) enum From<'a> {
    /// What the workspace holds now, committed or not.
    Workspace(&'a Arc<Workspace>),
    /// A branch that the agent pushed.
    Branch(&'a BranchName),
}

/// What becomes of a path that no proposal may hold: a name that is not UTF-8, a device, a file that is too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Odd {
    /// Nothing is proposed.
    Refused,
    /// Everything else is saved.
    LeftOut,
}

impl Odd {
    fn most_bytes(self) -> u64 {
        match self {
            Self::Refused => check::MOST_FILE_BYTES,
            Self::LeftOut => MOST_SAVED_BYTES,
        }
    }
}

/// A larger file is not saved while an agent works.
const MOST_SAVED_BYTES: u64 = 32 << 20;

impl Engine {
    /// The code as one commit on `parent`. Objects are written to the quarantine alone.
    pub(super) async fn code(
        &self,
        quarantine: &Repository,
        parent: &CommitId,
        from: From<'_>,
        message: &str,
    ) -> Result<Code> {
        let tree = match from {
            From::Workspace(workspace) => captured(quarantine, parent, workspace, Odd::Refused).await?,
            From::Branch(branch) => pushed(quarantine, branch).await?,
        };
        let files = changed(quarantine, parent, &tree).await?;
        Ok(Code { parent: parent.clone(), tree: tree.to_string(), message: message.trim().to_owned(), files })
    }

    /// The tree of what a workspace holds now, to be saved: what no repository can hold is left out.
    pub(in crate::engine) async fn work_so_far(
        &self,
        quarantine: &Repository,
        parent: &CommitId,
        workspace: &Arc<Workspace>,
    ) -> Result<ObjectId> {
        captured(quarantine, parent, workspace, Odd::LeftOut).await
    }
}

async fn pushed(quarantine: &Repository, branch: &BranchName) -> Result<ObjectId> {
    let missing = || {
        Error::invalid(format!("There is no branch `{branch}` on `origin`"))
            .hint("push it first: `git push origin HEAD:refs/heads/<branch>`")
            .field("branch")
    };
    let head = quarantine.branch(branch).await?.ok_or_else(missing)?;
    Ok(quarantine.commit(&head).await?.ok_or_else(missing)?.tree)
}

/// The tree of the workspace: the parent's, with what the overlay's upper directory says. `git` never runs in it.
async fn captured(
    quarantine: &Repository,
    parent: &CommitId,
    workspace: &Arc<Workspace>,
    odd: Odd,
) -> Result<ObjectId> {
    let ignored = ignored(quarantine, parent).await?;
    let workspace = Arc::clone(workspace);
    let changes = tokio::task::spawn_blocking(move || read_changes(&workspace, &ignored, odd))
        .await
        .context("Reading a workspace broke off")??;
    quarantine.tree_with(Some(parent), changes).await
}

/// The `.gitignore` at the root of the parent: build output is no proposal.
async fn ignored(quarantine: &Repository, parent: &CommitId) -> Result<Gitignore> {
    let path: TreePath = ".gitignore".parse()?;
    let mut builder = GitignoreBuilder::new("");
    if let Some(file) = quarantine.file(parent, &path).await?
        && let Some(text) = file.text()
    {
        for line in text.lines() {
            // A line that is no pattern ignores nothing, as in Git.
            let _ = builder.add_line(None, line);
        }
    }
    builder.build().context("Cannot read a `.gitignore`")
}

fn read_changes(workspace: &Workspace, ignored: &Gitignore, odd: Odd) -> Result<Vec<(TreePath, TreeChange)>> {
    let skip = |path: &[u8], folder: bool| {
        std::str::from_utf8(path).is_ok_and(|path| ignored.matched(path, folder).is_ignore())
    };
    let captured = sandbox::capture(workspace, sandbox::Bounds::default(), skip)?;
    let mut changes = Vec::new();
    for change in &captured.changes {
        match read_change(&captured, change, odd.most_bytes()) {
            Ok(change) => changes.push(change),
            Err(error) if odd == Odd::Refused => return Err(error),
            Err(_) => {}
        }
    }
    Ok(changes)
}

fn read_change(captured: &Capture, change: &sandbox::Change, most: u64) -> Result<(TreePath, TreeChange)> {
    let shown = String::from_utf8_lossy(&change.path);
    let path = std::str::from_utf8(&change.path)
        .map_err(|_| Error::invalid(format!("The name of `{shown}` is not UTF-8")).field("path"))?
        .parse::<TreePath>()?;
    let change = match &change.kind {
        ChangeKind::Written { executable, .. } => {
            let bytes = captured.read(path.as_str().as_bytes(), most)?;
            TreeChange::Write { bytes, executable: *executable }
        }
        ChangeKind::Link { target } => TreeChange::Link { target: target.clone() },
        ChangeKind::Removed => TreeChange::Remove,
        ChangeKind::FolderReplaced => TreeChange::RemoveAllBelow,
        ChangeKind::Special(what) => {
            let error = Error::invalid(format!("Cannot propose `{shown}`: it is {what}"));
            return Err(error.hint("remove it").field("path"));
        }
    };
    Ok((path, change))
}

/// Every path that differs between a commit and a tree, with the digests of both sides.
pub(super) async fn changed(quarantine: &Repository, parent: &CommitId, tree: &ObjectId) -> Result<Vec<FileChange>> {
    let (changes, more) = quarantine.changes(Side::Commit(parent), Side::Tree(tree), check::MOST_FILES).await?;
    if more {
        let message = format!("This changes more than {} files", check::MOST_FILES);
        return Err(Error::invalid(message).hint("leave generated files out, or propose it in parts"));
    }
    let mut files = Vec::new();
    for changed in &changes {
        let shown = git::object::shown(&changed.path);
        if shown.as_bytes() != changed.path {
            return Err(
                Error::invalid(format!("The path `{shown}` holds characters that a reader cannot see")).field("path")
            );
        }
        let old = state(quarantine, changed.old.as_ref()).await?;
        let new = state(quarantine, changed.new.as_ref()).await?;
        files.push(FileChange { path: shown, old, new });
    }
    Ok(files)
}

async fn state(quarantine: &Repository, side: Option<&git::FileSide>) -> Result<Option<FileState>> {
    let Some(side) = side else { return Ok(None) };
    // A submodule has no bytes here; the check refuses it by its mode.
    let bytes = quarantine.blob(&side.id).await?.unwrap_or_default();
    Ok(Some(FileState {
        mode: side.kind.mode().to_owned(),
        blob: side.id.to_string(),
        sha256: Digest::plain(&bytes),
        size: bytes.len() as u64,
    }))
}
