//! A unified diff of several files as pages show it: bounded, with line numbers, each file foldable.

use crate::web::parts::html::Html;

/// The files that differ between two trees.
#[derive(Clone, Debug, Default)]
pub struct Diff {
    /// The files, sorted by path.
    pub files: Vec<DiffFile>,
    /// Lines added in all files.
    pub added: u64,
    /// Lines removed in all files.
    pub removed: u64,
    /// Says what was left out, when something was.
    pub note: String,
}

/// One file that differs.
#[derive(Clone, Debug, Default)]
pub struct DiffFile {
    /// An anchor.
    pub anchor: String,
    /// The path, with invisible code points shown.
    pub path: Html,
    /// The path before, when the file moved.
    pub from: Option<Html>,
    /// What happened to it: `new`, `deleted`, `renamed`, `mode 100644 → 100755`; empty for a plain edit.
    pub what: String,
    /// Lines added.
    pub added: u64,
    /// Lines removed.
    pub removed: u64,
    /// Whether it is shown unfolded.
    pub open: bool,
    /// Said instead of lines: binary, too large, a link with its target.
    pub note: String,
    /// The lines.
    pub lines: Vec<DiffLine>,
}

/// One line of a diff.
#[derive(Clone, Debug)]
pub struct DiffLine {
    /// `add`, `cut`, `same` or `hunk`: a class of the stylesheet.
    pub kind: &'static str,
    /// The number before; empty when there is none.
    pub old: String,
    /// The number after; empty when there is none.
    pub new: String,
    /// The text.
    pub text: Html,
}

impl Diff {
    /// `3 files`.
    pub fn count(&self) -> String {
        match self.files.len() {
            1 => "1 file".to_owned(),
            count => format!("{count} files"),
        }
    }
}

impl DiffLine {
    /// The sign before the text.
    pub fn sign(&self) -> &'static str {
        match self.kind {
            "add" => "+",
            "cut" => "-",
            _ => " ",
        }
    }
}

impl DiffFile {
    /// Five squares that show how much was added and removed.
    pub fn squares(&self) -> [&'static str; 5] {
        let total = self.added + self.removed;
        let mut squares = [""; 5];
        if total == 0 {
            return squares;
        }
        let shown = total.min(5);
        let added = (self.added * shown).div_ceil(total).min(shown);
        for (index, square) in (0..).zip(squares.iter_mut()) {
            if index < shown {
                *square = if index < added { "add" } else { "cut" };
            }
        }
        squares
    }
}
