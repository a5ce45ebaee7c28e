//! What differs between two trees: files with modes and ids, hunks with three lines of context, all of it bounded.

use crate::git::EntryKind;
use crate::git::ObjectId;
use crate::git::Repository;
use crate::git::repository::unbuilt;
use crate::kit::Result;
use crate::model::CommitId;

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
    /// Bytes of one side of one file; larger files are told but not compared.
    pub file_bytes: u64,
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
    /// How many files differ, also beyond the bound.
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
        Self { files: 300, lines: 20_000, file_bytes: 1024 * 1024 }
    }
}

impl Repository {
    /// What differs between two trees.
    pub async fn diff(&self, from: Side<'_>, to: Side<'_>, bounds: &DiffBounds) -> Result<Diff> {
        let _ = (from, to, bounds);
        Err(unbuilt())
    }

    /// The paths that differ, sorted, at most `most`; both paths of a renamed file. Without reading any blob.
    pub async fn changed_paths(&self, from: Side<'_>, to: Side<'_>, most: usize) -> Result<Vec<String>> {
        let _ = (from, to, most);
        Err(unbuilt())
    }
}

impl Diff {
    /// The difference in the format of `git diff`, for `.diff` addresses and agents. Says in a comment line what is left
    /// out.
    pub fn unified(&self) -> Vec<u8> {
        Vec::new()
    }
}
