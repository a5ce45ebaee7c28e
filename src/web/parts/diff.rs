//! A unified diff of several files as pages show it: bounded, with line numbers, each file foldable.

use crate::git;
use crate::kit::digest::Digest;
use crate::proposals;
use crate::web::colours;
use crate::web::parts::html::Html;
use crate::web::parts::size;

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
    /// The lines, in blocks that can be folded.
    pub blocks: Vec<Block>,
}

/// Lines that stand together.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// What a folded block says; empty for one that is open.
    pub folded: String,
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

/// Files that are shown unfolded; the rest is one click away.
const OPEN_FILES: usize = 30;
/// Unchanged lines around a change that stay in sight when a whole file is on the page.
const AROUND: usize = 5;

impl Diff {
    /// What Git found, coloured by the language of each file.
    pub fn of(diff: &git::Diff) -> Self {
        let files = diff.files.iter().enumerate().map(|(at, file)| DiffFile::of(file, at < OPEN_FILES)).collect();
        let note = if diff.truncated {
            format!("Only a part is shown: {} files differ. Clone the repository to see all of it.", diff.total_files)
        } else {
            String::new()
        };
        Self { files, added: diff.additions, removed: diff.deletions, note }
    }
}

impl DiffFile {
    fn of(file: &git::diff::FileDiff, open: bool) -> Self {
        let moved = file.status == git::diff::Status::Renamed;
        Self {
            anchor: anchor(&file.path),
            path: Html::shown(&file.path),
            from: moved.then(|| Html::shown(&file.old_path)),
            what: what(file),
            added: file.additions,
            removed: file.deletions,
            open: open && file.additions + file.deletions <= 1500,
            note: note(file),
            blocks: file.hunks.iter().map(|hunk| Block::of(hunk, &file.path)).collect(),
        }
    }

    /// A file of an effect: every line of both versions, so that every byte can be recovered from the page. Runs of
    /// unchanged lines are folded, not left out. Nothing is coloured: colours are no part of the bytes.
    pub fn of_view(file: &proposals::FileView) -> Self {
        let mode = match (&file.old_mode, &file.new_mode) {
            (Some(old), Some(new)) if old != new => format!("{old} → {new}"),
            (_, Some(new)) if new != "100644" => new.clone(),
            _ => String::new(),
        };
        let (note, blocks) = match &file.body {
            proposals::FileBody::Lines(lines) => (String::new(), fold(lines)),
            proposals::FileBody::Bytes(digits) => {
                ("It holds NUL bytes; here they are in hexadecimal.".to_owned(), vec![Block::of_digits(digits)])
            }
        };
        Self {
            anchor: anchor(&file.path),
            path: Html::shown(&file.path),
            from: None,
            what: [file.change, mode.as_str()].join(" ").trim().to_owned(),
            added: file.added as u64,
            removed: file.removed as u64,
            open: true,
            note,
            blocks,
        }
    }
}

fn anchor(path: &str) -> String {
    format!("diff-{}", Digest::plain(path.as_bytes()).short())
}

fn what(file: &git::diff::FileDiff) -> String {
    let mode = match (&file.old, &file.new) {
        (Some(old), Some(new)) if old.kind != new.kind => format!("{} → {}", old.kind.mode(), new.kind.mode()),
        (None, Some(new)) if new.kind != git::EntryKind::File => new.kind.mode().to_owned(),
        _ => String::new(),
    };
    let word = match file.status {
        git::diff::Status::Added => "new",
        git::diff::Status::Deleted => "deleted",
        git::diff::Status::Renamed => "renamed",
        git::diff::Status::Modified => "",
    };
    [word, mode.as_str()].join(" ").trim().to_owned()
}

fn note(file: &git::diff::FileDiff) -> String {
    let bytes = |side: &Option<git::diff::FileSide>| side.as_ref().map_or(0, |side| side.size);
    match (file.binary, file.truncated, file.hunks.is_empty()) {
        (true, ..) => {
            format!("Binary: {} before, {} now", size::bytes(bytes(&file.old)), size::bytes(bytes(&file.new)))
        }
        (false, true, _) => "The rest of this file is too long to show here".to_owned(),
        (false, false, true) if file.status == git::diff::Status::Renamed => "Moved without a change".to_owned(),
        (false, false, true) => "No line changed".to_owned(),
        (false, false, false) => String::new(),
    }
}

impl Block {
    fn of(hunk: &git::diff::Hunk, path: &str) -> Self {
        let header = format!("@@ -{},{} +{},{} @@", hunk.old_start, hunk.old_count, hunk.new_start, hunk.new_count);
        let mut lines = vec![DiffLine::hunk(&header)];
        let after = coloured(hunk, path, git::diff::LineKind::Deleted);
        let before = coloured(hunk, path, git::diff::LineKind::Added);
        let (mut after, mut before) = (after.into_iter(), before.into_iter());
        for line in &hunk.lines {
            let (kind, text) = match line.kind {
                git::diff::LineKind::Context => ("same", after.next().and(before.next())),
                git::diff::LineKind::Added => ("add", after.next()),
                git::diff::LineKind::Deleted => ("cut", before.next()),
            };
            let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
            let text = text.unwrap_or_else(|| Html::visible_bytes(&line.bytes));
            lines.push(DiffLine { kind, old: number(line.old_number), new: number(line.new_number), text });
            if line.no_newline {
                lines.push(DiffLine::hunk("No line feed at the end of the file"));
            }
        }
        Self { folded: String::new(), lines }
    }

    fn of_digits(digits: &str) -> Self {
        let rows = digits.as_bytes().chunks(64).enumerate().map(|(at, row)| {
            let text = Html::visible_bytes(row);
            DiffLine { kind: "add", old: String::new(), new: format!("{:x}", at * 32), text }
        });
        Self { folded: String::new(), lines: rows.collect() }
    }
}

/// One side of a hunk, coloured as a text of its own; empty when a line is not UTF-8.
fn coloured(hunk: &git::diff::Hunk, path: &str, without: git::diff::LineKind) -> Vec<Html> {
    let mut text = String::new();
    for line in hunk.lines.iter().filter(|line| line.kind != without) {
        let Ok(line) = std::str::from_utf8(&line.bytes) else { return Vec::new() };
        text.push_str(line);
        text.push('\n');
    }
    colours::lines(&text, path)
}

/// Folds runs of unchanged lines that are far from any change.
fn fold(lines: &[proposals::Line]) -> Vec<Block> {
    let near = |at: usize| {
        let from = at.saturating_sub(AROUND);
        lines[from..lines.len().min(at + AROUND + 1)].iter().any(|line| line.sign != ' ')
    };
    let mut blocks: Vec<(bool, Vec<DiffLine>)> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let shown = near(at);
        match blocks.last_mut() {
            Some((open, block)) if *open == shown => block.push(DiffLine::of_view(line)),
            _ => blocks.push((shown, vec![DiffLine::of_view(line)])),
        }
        if !line.line_feed {
            let (_, block) = blocks.last_mut().expect("a line was just put there");
            block.push(DiffLine::hunk("No line feed at the end of the file"));
        }
    }
    let finish = |(open, lines): (bool, Vec<DiffLine>)| {
        let folded =
            if open || lines.len() <= AROUND { String::new() } else { format!("{} unchanged lines", lines.len()) };
        Block { folded, lines }
    };
    blocks.into_iter().map(finish).collect()
}

impl DiffLine {
    fn hunk(text: &str) -> Self {
        Self { kind: "hunk", old: String::new(), new: String::new(), text: Html::visible(text) }
    }

    fn of_view(line: &proposals::Line) -> Self {
        let kind = match line.sign {
            '+' => "add",
            '-' => "cut",
            _ => "same",
        };
        let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
        Self { kind, old: number(line.old), new: number(line.new), text: Html::shown(&line.text) }
    }

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
