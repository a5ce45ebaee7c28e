//! A diff of several files as pages show it, unified or side by side: bounded, with line numbers, each file foldable.
//!
//! Long because words about lines stand between the lines of both forms.

use serde::Deserialize;

use crate::forge::embedded::LineSide;
use crate::git;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::digest::Digest;
use crate::model::TreePath;
use crate::proposals;
use crate::web::address;
use crate::web::colours;
use crate::web::parts::html::Html;
use crate::web::parts::remark::Conversation;
use crate::web::parts::size;

/// How an address asks to look at a diff, and where.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Look {
    /// `split` puts both sides beside each other.
    view: Option<String>,
    /// The path of one file that is to be shown whole, alone.
    whole: Option<String>,
    /// The path of the file in which somebody wants to say something about a line.
    file: Option<String>,
    /// That line: `new12` or `old7`.
    at: Option<String>,
    /// The address of the page.
    #[serde(skip)]
    address: String,
}

impl Look {
    /// On the page at this address.
    pub fn at(self, address: String) -> Self {
        Self { address, ..self }
    }

    fn split(&self) -> bool {
        self.view.as_deref() == Some("split")
    }

    fn view(&self) -> &'static str {
        if self.split() { "split" } else { "unified" }
    }
}

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
    /// The addresses of the same diff with one side above the other, and beside it; none where it is shown one way only.
    pub views: Option<(String, String)>,
    /// Whether the sides stand beside each other.
    pub split: bool,
    /// The conversation about its lines; none where there is none.
    pub talk: Option<Talk>,
    /// Conversations about files that do not differ any more.
    pub apart: Vec<Conversation>,
}

/// One file that differs.
#[derive(Clone, Debug, Default)]
pub struct DiffFile {
    /// An anchor.
    pub anchor: String,
    /// The path, visible.
    pub name: String,
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
    /// Where the whole file is shown; none when it is already, or cannot be.
    pub whole: Option<String>,
    /// Whether the sides stand beside each other.
    pub split: bool,
    /// Conversations about lines of it that changed since, or that the difference does not show.
    pub apart: Vec<Conversation>,
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
    /// What was said about it.
    pub talks: Vec<Conversation>,
    /// Where somebody can say something about it.
    pub talk: Option<String>,
    /// A form to say something about it; at most one line of a page has one.
    pub form: Option<Form>,
}

/// A form to say something about one line.
#[derive(Clone, Debug)]
pub struct Form {
    /// The path of the file.
    pub path: String,
    /// `new` or `old`.
    pub side: &'static str,
    /// The number of the line there.
    pub line: String,
    /// What the line says: what a suggestion starts from.
    pub text: Html,
}

/// The conversation about the lines of a pull request.
#[derive(Clone, Debug)]
pub struct Talk {
    /// The address of the pull request.
    pub address: String,
    /// The token of the session.
    pub csrf: String,
    /// The head that is looked at.
    pub head: String,
    /// Whether the person may review.
    pub may_review: bool,
    /// Whether the person may also judge: nobody judges a pull request of their own.
    pub may_judge: bool,
    /// What was said about lines.
    pub said: Vec<Conversation>,
    /// The review that the person still writes: how many words about lines, and what it says as a whole so far.
    pub draft: Option<(usize, String)>,
}

/// No conversation: for diffs that are not part of a pull request.
pub const SILENT: Option<Talk> = None;

/// Both sides of one row; a side is none where it has no line.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// Before.
    pub left: Option<&'a DiffLine>,
    /// After.
    pub right: Option<&'a DiffLine>,
}

impl Row<'_> {
    /// The lines of this row that somebody said something about, or wants to.
    pub fn talked(&self) -> Vec<&DiffLine> {
        let same = matches!((self.left, self.right), (Some(left), Some(right)) if std::ptr::eq(left, right));
        let right = self.right.filter(|_| !same);
        let lines = self.left.into_iter().chain(right);
        lines.filter(|line| !line.talks.is_empty() || line.form.is_some()).collect()
    }

    /// What stands over both sides, such as where a hunk begins.
    pub fn head(&self) -> Option<&Html> {
        self.left.filter(|line| line.kind == "hunk").map(|line| &line.text)
    }
}

impl Diff {
    /// What differs between two trees, looked at as an address asks.
    pub async fn read(git: &git::Repository, sides: (git::Side<'_>, git::Side<'_>), look: &Look) -> Result<Self> {
        let Some(path) = &look.whole else {
            let diff = git.diff(sides.0, sides.1, &git::DiffBounds::default()).await?;
            return Ok(Self::of(&diff, look));
        };
        let path: TreePath = path.parse().map_err(|_| Error::not_found("such file"))?;
        let found = git.diff_of(sides.0, sides.1, &path, &git::DiffBounds::WHOLE).await?;
        let file = found.ok_or_else(|| Error::not_found("such file in this comparison"))?;
        let (added, removed) = (file.additions, file.deletions);
        let file = DiffFile { open: true, whole: None, ..DiffFile::of(&file, true, look) };
        Ok(Self { files: vec![file], added, removed, ..Self::of(&git::Diff::default(), look) })
    }

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
/// Bytes of one line that are shown.
const MOST_LINE: usize = 10_000;
/// Unchanged lines around a change that stay in sight when a whole file is on the page.
const AROUND: usize = 5;

impl Diff {
    /// What Git found, coloured by the language of each file.
    pub fn of(diff: &git::Diff, look: &Look) -> Self {
        let files = diff.files.iter().enumerate();
        let files = files.map(|(at, file)| DiffFile::of(file, at < OPEN_FILES, look)).collect();
        let note = if diff.truncated {
            format!("Only a part is shown: {} files differ. Clone the repository to see all of it.", diff.total_files)
        } else {
            String::new()
        };
        let view = |view| format!("{}?view={view}", look.address);
        let views = (!look.address.is_empty()).then(|| (view("unified"), view("split")));
        let split = look.split();
        Self {
            files,
            added: diff.additions,
            removed: diff.deletions,
            note,
            views,
            split,
            talk: None,
            apart: Vec::new(),
        }
    }

    /// Puts the conversations of a pull request beside its lines. Those whose lines changed stand below their file, and
    /// those whose file does not differ any more below all.
    pub fn with_talk(mut self, mut talk: Talk, look: &Look) -> Self {
        let mut said = std::mem::take(&mut talk.said);
        for file in &mut self.files {
            file.with_talk(&mut said, &talk, look);
        }
        let shown = |name: &String| self.files.iter().any(|file| file.name == *name);
        if look.whole.is_some() {
            said.retain(|one| shown(&one.path));
        }
        Self { talk: Some(talk), apart: said, ..self }
    }
}

impl DiffFile {
    /// Takes the conversations that belong to this file.
    fn with_talk(&mut self, said: &mut Vec<Conversation>, talk: &Talk, look: &Look) {
        let asked = look.at.as_deref().filter(|_| look.file.as_deref() == Some(&self.name));
        let base = format!("{}?view={}&file={}", look.address, look.view(), address::escape(&self.name));
        for line in self.blocks.iter_mut().flat_map(|block| &mut block.lines) {
            let (side, number) = match line.kind {
                "cut" => (LineSide::Old, line.old.clone()),
                "add" | "same" => (LineSide::New, line.new.clone()),
                _ => continue,
            };
            line.talks = said.extract_if(.., |one| one.ends_at(&self.name, (&line.old, &line.new))).collect();
            self.open |= !line.talks.is_empty();
            if talk.may_review {
                let at = format!("{}{number}", side.as_str());
                line.form = (asked == Some(&at)).then(|| Form {
                    path: self.name.clone(),
                    side: side.as_str(),
                    line: number,
                    text: line.text.clone(),
                });
                line.talk = Some(format!("{base}&at={at}#say"));
            }
        }
        self.open |= asked.is_some();
        let here = |one: &mut Conversation| one.now.as_ref().map_or(&one.path, |lines| &lines.path) == &self.name;
        self.apart = said.extract_if(.., here).collect();
    }
}

impl DiffFile {
    fn of(file: &git::diff::FileDiff, open: bool, look: &Look) -> Self {
        let moved = file.status == git::diff::Status::Renamed;
        Self {
            anchor: anchor(&file.path),
            name: file.path.clone(),
            path: Html::shown(&file.path),
            from: moved.then(|| Html::shown(&file.old_path)),
            what: what(file),
            added: file.additions,
            removed: file.deletions,
            open: open && file.additions + file.deletions <= 1500,
            note: note(file),
            blocks: file.hunks.iter().map(|hunk| Block::of(hunk, &file.path)).collect(),
            whole: whole(file, look),
            split: look.split(),
            apart: Vec::new(),
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
            name: file.path.clone(),
            path: Html::shown(&file.path),
            from: None,
            what: [file.change, mode.as_str()].join(" ").trim().to_owned(),
            added: file.added as u64,
            removed: file.removed as u64,
            open: true,
            note,
            blocks,
            whole: None,
            split: false,
            apart: Vec::new(),
        }
    }
}

/// The address that shows a whole file of a diff.
fn whole(file: &git::diff::FileDiff, look: &Look) -> Option<String> {
    let edited = file.old.is_some() && file.new.is_some() && !file.binary && !file.hunks.is_empty();
    if look.address.is_empty() || file.raw_path != file.path.as_bytes() || !(edited || file.truncated) {
        return None;
    }
    Some(format!("{}?view={}&whole={}", look.address, look.view(), address::escape(&file.path)))
}

/// The anchor of a file on the page of a diff.
pub fn anchor(path: &str) -> String {
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
            let text = text.unwrap_or_else(|| cut(&line.bytes));
            lines.push(DiffLine::new(kind, number(line.old_number), number(line.new_number), text));
            if line.no_newline {
                lines.push(DiffLine::hunk("No line feed at the end of the file"));
            }
        }
        Self { folded: String::new(), lines }
    }

    /// The lines with both sides beside each other: what went stands left of what came.
    pub fn rows(&self) -> Vec<Row<'_>> {
        let mut rows = Vec::new();
        let mut rest = self.lines.as_slice();
        while let Some(line) = rest.first() {
            if !matches!(line.kind, "add" | "cut") {
                rows.push(Row { left: Some(line), right: Some(line) });
                rest = &rest[1..];
                continue;
            }
            let cuts = rest.iter().take_while(|line| line.kind == "cut").count();
            let adds = rest[cuts..].iter().take_while(|line| line.kind == "add").count();
            for at in 0..cuts.max(adds) {
                rows.push(Row { left: rest[..cuts].get(at), right: rest[cuts..cuts + adds].get(at) });
            }
            rest = &rest[cuts + adds..];
        }
        rows
    }

    fn of_digits(digits: &str) -> Self {
        let rows = digits.as_bytes().chunks(64).enumerate().map(|(at, row)| {
            let text = Html::visible_bytes(row);
            DiffLine::new("add", String::new(), format!("{:x}", at * 32), text)
        });
        Self { folded: String::new(), lines: rows.collect() }
    }
}

/// A line as the page shows it: of a very long one the beginning.
fn cut(bytes: &[u8]) -> Html {
    if bytes.len() <= MOST_LINE {
        return Html::visible_bytes(bytes);
    }
    // A code point that begins before the end is not cut in two.
    let end = (MOST_LINE - 3..=MOST_LINE).rev().find(|at| bytes[*at] & 0xc0 != 0x80).unwrap_or(MOST_LINE);
    let said = format!(" … and {} more", size::bytes((bytes.len() - end) as u64));
    Html::visible_bytes(&[&bytes[..end], said.as_bytes()].concat())
}

/// One side of a hunk, coloured as a text of its own; empty when a line is not UTF-8.
fn coloured(hunk: &git::diff::Hunk, path: &str, without: git::diff::LineKind) -> Vec<Html> {
    let mut text = String::new();
    for line in hunk.lines.iter().filter(|line| line.kind != without) {
        if line.bytes.len() > MOST_LINE {
            return Vec::new();
        }
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
    fn new(kind: &'static str, old: String, new: String, text: Html) -> Self {
        Self { kind, old, new, text, talks: Vec::new(), talk: None, form: None }
    }

    fn hunk(text: &str) -> Self {
        Self::new("hunk", String::new(), String::new(), Html::visible(text))
    }

    fn of_view(line: &proposals::Line) -> Self {
        let kind = match line.sign {
            '+' => "add",
            '-' => "cut",
            _ => "same",
        };
        let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
        Self::new(kind, number(line.old), number(line.new), Html::shown(&line.text))
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
