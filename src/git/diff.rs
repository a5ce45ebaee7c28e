//! What differs between two trees: files with modes and ids, hunks with some lines of context, all of it bounded.

use crate::git::EntryKind;
use crate::git::ObjectId;
use crate::git::Repository;
use crate::git::compare;
use crate::git::compare::Pair;
use crate::git::hunks;
use crate::git::hunks::Room;
use crate::git::object::is_binary;
use crate::git::object::shown;
use crate::git::repository::object_id;
use crate::git::repository::oid;
use crate::git::tree::blob;
use crate::git::tree::kind;
use crate::git::tree::size;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::model::CommitId;
use crate::model::TreePath;

/// One side of a comparison.
#[derive(Clone, Copy, Debug)]
pub enum Side<'a> {
    /// Nothing: every file of the other side is new.
    Empty,
    /// The tree of a commit.
    Commit(&'a CommitId),
    /// A tree.
    Tree(&'a ObjectId),
}

/// How much of a difference is worked out. What is left out is said, never silently dropped.
#[derive(Clone, Copy, Debug)]
pub struct DiffBounds {
    /// Files.
    pub files: usize,
    /// Lines over all hunks, context included.
    pub lines: usize,
    /// Bytes over all lines.
    pub bytes: usize,
    /// Bytes of one side of one file; larger files are told but not compared.
    pub file_bytes: u64,
    /// Lines shown before and after a change.
    pub around: u32,
}

impl DiffBounds {
    /// For one file, whole: every line of it, and much more of a large one.
    pub const WHOLE: Self =
        Self { files: 1, lines: 50_000, bytes: 16 * 1024 * 1024, file_bytes: 8 * 1024 * 1024, around: u32::MAX };

    fn room(&self) -> Room {
        Room { lines: self.lines, bytes: self.bytes, around: self.around }
    }
}

/// What differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// The files, by path.
    pub files: Vec<FileDiff>,
    /// Lines added in the files that were compared.
    pub additions: u64,
    /// Lines deleted in the files that were compared.
    pub deletions: u64,
    /// How many files differ, also beyond the bound; at most 20,000 are counted.
    pub total_files: usize,
    /// Whether a file or a hunk was left out.
    pub truncated: bool,
}

/// One file that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDiff {
    /// The path before, visible; another than `path` for a renamed file.
    pub old_path: String,
    /// The path after, or before for a deleted file; visible.
    pub path: String,
    /// The same path as it is; it need not be UTF-8.
    pub raw_path: Vec<u8>,
    /// What happened.
    pub status: Status,
    /// What it was; none when it is new.
    pub old: Option<FileSide>,
    /// What it is; none when it is gone.
    pub new: Option<FileSide>,
    /// Whether one side is not text.
    pub binary: bool,
    /// What changed; empty for binary files, submodules and pure renames.
    pub hunks: Vec<Hunk>,
    /// Lines added.
    pub additions: u64,
    /// Lines deleted.
    pub deletions: u64,
    /// Whether hunks were left out.
    pub truncated: bool,
}

/// One side of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSide {
    /// What it is.
    pub kind: EntryKind,
    /// The blob, or the commit of a submodule.
    pub id: ObjectId,
    /// Bytes; 0 for a submodule.
    pub size: u64,
}

/// One path that differs, as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The path; it need not be UTF-8.
    pub path: Vec<u8>,
    /// What it was; none when it is new.
    pub old: Option<FileSide>,
    /// What it is; none when it is gone.
    pub new: Option<FileSide>,
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is new.
    Added,
    /// It is gone.
    Deleted,
    /// Its bytes or its mode changed.
    Modified,
    /// It moved, perhaps with changes.
    Renamed,
}

/// Lines that stand together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// The first line before, counted from 1; 0 when there is none.
    pub old_start: u32,
    /// How many lines before.
    pub old_count: u32,
    /// The first line after, counted from 1; 0 when there is none.
    pub new_start: u32,
    /// How many lines after.
    pub new_count: u32,
    /// The lines.
    pub lines: Vec<Line>,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What happened to it.
    pub kind: LineKind,
    /// Its number before.
    pub old_number: Option<u32>,
    /// Its number after.
    pub new_number: Option<u32>,
    /// Its bytes, without the line feed.
    pub bytes: Vec<u8>,
    /// Whether the file ends here without a line feed.
    pub no_newline: bool,
}

/// What happened to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// It is on both sides.
    Context,
    /// It is new.
    Added,
    /// It is gone.
    Deleted,
}

impl Default for DiffBounds {
    fn default() -> Self {
        Self { files: 300, lines: 20_000, bytes: 8 * 1024 * 1024, file_bytes: 1024 * 1024, around: 3 }
    }
}

impl Repository {
    /// What differs between two trees.
    pub async fn diff(&self, from: Side<'_>, to: Side<'_>, bounds: &DiffBounds) -> Result<Diff> {
        let (from, to, bounds) = (from.object(), to.object(), *bounds);
        self.blocking(move |repository| {
            let (pairs, mut truncated) =
                compare::pairs(repository, tree_of(repository, from)?, tree_of(repository, to)?)?;
            let pairs = compare::with_renames(repository, pairs)?;
            let total_files = pairs.len();
            truncated |= total_files > bounds.files;
            let mut room = bounds.room();
            let files = pairs.into_iter().take(bounds.files).map(|pair| file(repository, pair, &bounds, &mut room));
            let files = files.collect::<Result<Vec<_>>>()?;
            Ok(Diff {
                additions: files.iter().map(|file| file.additions).sum(),
                deletions: files.iter().map(|file| file.deletions).sum(),
                truncated: truncated || files.iter().any(|file| file.truncated),
                total_files,
                files,
            })
        })
        .await
    }

    /// What differs in one file, by its path after, or before for a deleted one; none when it does not differ.
    pub async fn diff_of(
        &self,
        from: Side<'_>,
        to: Side<'_>,
        path: &TreePath,
        bounds: &DiffBounds,
    ) -> Result<Option<FileDiff>> {
        let (from, to, path, bounds) = (from.object(), to.object(), path.clone(), *bounds);
        self.blocking(move |repository| {
            let (pairs, _) = compare::pairs(repository, tree_of(repository, from)?, tree_of(repository, to)?)?;
            let pairs = compare::with_renames(repository, pairs)?;
            let wanted = pairs.into_iter().find(|pair| pair.path == path.as_str().as_bytes());
            wanted.map(|pair| file(repository, pair, &bounds, &mut bounds.room())).transpose()
        })
        .await
    }

    /// Every path that differs, sorted, with both sides and no guess of renames; at most `most`. True when there are more.
    /// Without reading any blob.
    pub async fn changes(&self, from: Side<'_>, to: Side<'_>, most: usize) -> Result<(Vec<Changed>, bool)> {
        let (from, to) = (from.object(), to.object());
        self.blocking(move |repository| {
            let (pairs, cut) = compare::pairs(repository, tree_of(repository, from)?, tree_of(repository, to)?)?;
            let cut = cut || pairs.len() > most;
            let changed = |pair: Pair| Changed {
                old: side(repository, pair.old),
                new: side(repository, pair.new),
                path: pair.path,
            };
            Ok((pairs.into_iter().take(most).map(changed).collect(), cut))
        })
        .await
    }

    /// The paths that differ, visible and sorted, at most `most`; both paths of a renamed file. Without reading any blob.
    pub async fn changed_paths(&self, from: Side<'_>, to: Side<'_>, most: usize) -> Result<Vec<String>> {
        let (from, to) = (from.object(), to.object());
        self.blocking(move |repository| {
            let (pairs, _) = compare::pairs(repository, tree_of(repository, from)?, tree_of(repository, to)?)?;
            Ok(pairs.into_iter().take(most).map(|pair| shown(&pair.path)).collect())
        })
        .await
    }
}

impl Side<'_> {
    fn object(self) -> Option<gix::ObjectId> {
        match self {
            Self::Empty => None,
            Self::Commit(id) => Some(oid(id)),
            Self::Tree(id) => Some(oid(id)),
        }
    }
}

/// The tree of a commit or a tree.
fn tree_of(repository: &gix::Repository, id: Option<gix::ObjectId>) -> Result<Option<gix::ObjectId>> {
    let Some(id) = id else { return Ok(None) };
    let Some(object) = repository.try_find_object(id).context("Cannot look for a tree")? else {
        return Err(Error::not_found("commit"));
    };
    let tree = object.peel_to_tree().map_err(|_| Error::not_found("commit"))?;
    Ok(Some(tree.id))
}

fn side(repository: &gix::Repository, leaf: Option<compare::Leaf>) -> Option<FileSide> {
    leaf.map(|leaf| FileSide {
        kind: kind(leaf.mode.kind()),
        id: object_id(leaf.id),
        size: if leaf.mode.is_commit() { 0 } else { size(repository, &leaf.id) },
    })
}

/// Compares the two sides of one file.
fn file(repository: &gix::Repository, pair: Pair, bounds: &DiffBounds, room: &mut Room) -> Result<FileDiff> {
    let status = match (&pair.old, &pair.new) {
        (None, _) => Status::Added,
        (_, None) => Status::Deleted,
        _ if pair.old_path.is_some() => Status::Renamed,
        _ => Status::Modified,
    };
    let (old, new) = (side(repository, pair.old), side(repository, pair.new));
    let mut told = FileDiff {
        old_path: shown(pair.old_path.as_ref().unwrap_or(&pair.path)),
        path: shown(&pair.path),
        raw_path: pair.path,
        status,
        old,
        new,
        binary: false,
        hunks: Vec::new(),
        additions: 0,
        deletions: 0,
        truncated: false,
    };
    let sides = || told.old.iter().chain(&told.new);
    if sides().any(|side| side.kind == EntryKind::Submodule) || pair.old.map(|l| l.id) == pair.new.map(|l| l.id) {
        return Ok(told);
    }
    if room.is_full() || sides().any(|side| side.size > bounds.file_bytes) {
        told.truncated = true;
        return Ok(told);
    }
    let bytes = |side: Option<compare::Leaf>| match side {
        Some(leaf) => Ok(blob(repository, leaf.id)?.unwrap_or_default()),
        None => Ok(Vec::new()),
    };
    let (before, after): (Vec<u8>, Vec<u8>) = (bytes(pair.old)?, bytes(pair.new)?);
    if is_binary(&before) || is_binary(&after) {
        told.binary = true;
        return Ok(told);
    }
    let compared = hunks::of(&before, &after, room);
    (told.additions, told.deletions) = (compared.additions, compared.deletions);
    (told.hunks, told.truncated) = (compared.hunks, compared.truncated);
    Ok(told)
}
