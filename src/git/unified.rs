//! A difference in the format of `git diff`, for `.diff` addresses and for agents.

use std::io::Write as _;

use crate::git::Diff;
use crate::git::diff::FileDiff;
use crate::git::diff::FileSide;
use crate::git::diff::Hunk;
use crate::git::diff::Line;
use crate::git::diff::LineKind;
use crate::git::diff::Status;

impl Diff {
    /// The difference in the format of `git diff`. Says in lines of its own, which no `git apply` takes for a change, what is
    /// left out.
    pub fn unified(&self) -> Vec<u8> {
        let mut text = Vec::new();
        for file in &self.files {
            write_file(&mut text, file).expect("memory takes what is written to it");
        }
        if self.total_files > self.files.len() {
            let left = self.total_files - self.files.len();
            writeln!(text, "# {left} more files differ and are left out").expect("memory takes what is written to it");
        }
        text
    }
}

fn write_file(text: &mut Vec<u8>, file: &FileDiff) -> std::io::Result<()> {
    let (old, new) = (quoted("a/", &file.old_path), quoted("b/", &file.path));
    writeln!(text, "diff --git {old} {new}")?;
    let mode = |side: &Option<FileSide>| side.as_ref().map_or("", |side| side.kind.mode());
    match file.status {
        Status::Added => writeln!(text, "new file mode {}", mode(&file.new))?,
        Status::Deleted => writeln!(text, "deleted file mode {}", mode(&file.old))?,
        Status::Modified | Status::Renamed => {
            if mode(&file.old) != mode(&file.new) {
                writeln!(text, "old mode {}\nnew mode {}", mode(&file.old), mode(&file.new))?;
            }
            if file.status == Status::Renamed {
                writeln!(text, "rename from {}\nrename to {}", quoted("", &file.old_path), quoted("", &file.path))?;
            }
        }
    }
    const NOTHING: &str = "0000000000000000000000000000000000000000";
    let id = |side: &Option<FileSide>| side.as_ref().map_or(NOTHING.to_owned(), |side| side.id.to_string());
    if id(&file.old) != id(&file.new) {
        writeln!(text, "index {}..{}", id(&file.old), id(&file.new))?;
    }
    let old = if file.old.is_some() { old } else { "/dev/null".into() };
    let new = if file.new.is_some() { new } else { "/dev/null".into() };
    if file.binary {
        writeln!(text, "Binary files {old} and {new} differ")?;
    }
    if !file.hunks.is_empty() {
        writeln!(text, "--- {old}\n+++ {new}")?;
    }
    for hunk in &file.hunks {
        write_hunk(text, hunk)?;
    }
    if file.truncated {
        writeln!(text, "# more of this file differs and is left out")?;
    }
    Ok(())
}

fn write_hunk(text: &mut Vec<u8>, hunk: &Hunk) -> std::io::Result<()> {
    let range = |start: u32, count: u32| if count == 1 { start.to_string() } else { format!("{start},{count}") };
    let (old, new) = (range(hunk.old_start, hunk.old_count), range(hunk.new_start, hunk.new_count));
    writeln!(text, "@@ -{old} +{new} @@")?;
    for line in &hunk.lines {
        text.push(match line.kind {
            LineKind::Context => b' ',
            LineKind::Added => b'+',
            LineKind::Deleted => b'-',
        });
        text.extend_from_slice(&line.bytes);
        text.push(b'\n');
        if line.no_newline {
            text.extend_from_slice(b"\\ No newline at end of file\n");
        }
    }
    Ok(())
}

impl Hunk {
    /// The lines that lead to one of them, this one last and at most so many, in the format of `git diff`.
    pub fn leading_to(&self, line: usize, most: usize) -> String {
        let end = self.lines.len().min(line + 1);
        let lines: Vec<Line> = self.lines[end.saturating_sub(most)..end].to_vec();
        let numbers = |number: fn(&Line) -> Option<u32>| {
            let mut known = lines.iter().filter_map(number);
            let first = known.next();
            (first.unwrap_or(0), u32::try_from(known.count()).unwrap_or(0) + u32::from(first.is_some()))
        };
        let (old_start, old_count) = numbers(|line| line.old_number);
        let (new_start, new_count) = numbers(|line| line.new_number);
        let cut = Self { old_start, old_count, new_start, new_count, lines };
        let mut text = Vec::new();
        write_hunk(&mut text, &cut).expect("memory takes what is written to it");
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// A path as `git` writes it: in quotes when it holds what a reader of the format could take for something else.
fn quoted(side: &str, path: &str) -> String {
    if path.chars().any(|c| matches!(c, '"' | '\\' | '\n' | '\t')) {
        let path = path.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
        return format!("\"{side}{path}\"");
    }
    format!("{side}{path}")
}
