//! The lines that differ between two texts, with some lines around them.

use std::ops::Range;

use imara_diff::Algorithm;
use imara_diff::Diff;
use imara_diff::InternedInput;

use crate::git::diff::Hunk;
use crate::git::diff::Line;
use crate::git::diff::LineKind;

/// How much may still be told.
#[derive(Debug)]
pub(super) struct Room {
    pub lines: usize,
    pub bytes: usize,
    /// Lines shown before and after a change.
    pub around: u32,
}

/// What came of a comparison.
#[derive(Debug, Default)]
pub(super) struct Compared {
    pub hunks: Vec<Hunk>,
    pub additions: u64,
    pub deletions: u64,
    pub truncated: bool,
}

impl Room {
    pub fn is_full(&self) -> bool {
        self.lines == 0 || self.bytes == 0
    }

    fn take(&mut self, bytes: usize) -> bool {
        if self.lines == 0 || self.bytes < bytes {
            (self.lines, self.bytes) = (0, 0);
            return false;
        }
        self.lines -= 1;
        self.bytes -= bytes;
        true
    }
}

/// Compares two texts line by line. All lines are counted; those that find room are told.
pub(super) fn of(before: &[u8], after: &[u8], room: &mut Room) -> Compared {
    let input = InternedInput::new(before, after);
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    let changes: Vec<_> = diff.hunks().collect();
    let mut compared = Compared {
        additions: u64::from(diff.count_additions()),
        deletions: u64::from(diff.count_removals()),
        ..Compared::default()
    };
    let around = room.around;
    let old_end = u32::try_from(input.before.len()).unwrap_or(u32::MAX);
    let mut rest = changes.as_slice();
    while let Some(first) = rest.first() {
        // Changes whose surroundings touch stand in one hunk.
        let near = rest
            .windows(2)
            .take_while(|two| two[1].before.start - two[0].before.end <= around.saturating_mul(2))
            .count()
            + 1;
        let (group, later) = rest.split_at(near);
        rest = later;
        let lead = around.min(first.before.start);
        let last = &group[near - 1];
        let trail = around.min(old_end - last.before.end);
        let mut writer = Writer {
            old: first.before.start - lead,
            new: first.after.start - lead,
            lines: Vec::new(),
            input: &input,
            room,
        };
        let (old_start, new_start) = (writer.old, writer.new);
        let mut whole = true;
        for change in group {
            let same = change.before.start - writer.old;
            whole = whole && writer.context(same) && writer.deleted(&change.before) && writer.added(&change.after);
        }
        whole = whole && writer.context(trail);
        let lines = writer.lines;
        let count = |kind: LineKind| u32::try_from(lines.iter().filter(|l| l.kind != kind).count()).unwrap_or(u32::MAX);
        let (old_count, new_count) = (count(LineKind::Added), count(LineKind::Deleted));
        if !lines.is_empty() {
            compared.hunks.push(Hunk {
                old_start: old_start + u32::from(old_count > 0),
                old_count,
                new_start: new_start + u32::from(new_count > 0),
                new_count,
                lines,
            });
        }
        if !whole {
            compared.truncated = true;
            break;
        }
    }
    compared
}

/// Writes the lines of one hunk while there is room.
struct Writer<'a, 'b> {
    old: u32,
    new: u32,
    lines: Vec<Line>,
    input: &'a InternedInput<&'b [u8]>,
    room: &'a mut Room,
}

impl Writer<'_, '_> {
    fn context(&mut self, count: u32) -> bool {
        (0..count).all(|_| {
            let told = self.push(LineKind::Context, Some(self.old), Some(self.new));
            (self.old, self.new) = (self.old + 1, self.new + 1);
            told
        })
    }

    fn deleted(&mut self, range: &Range<u32>) -> bool {
        range.clone().all(|at| {
            self.old = at + 1;
            self.push(LineKind::Deleted, Some(at), None)
        })
    }

    fn added(&mut self, range: &Range<u32>) -> bool {
        range.clone().all(|at| {
            self.new = at + 1;
            self.push(LineKind::Added, None, Some(at))
        })
    }

    fn push(&mut self, kind: LineKind, old: Option<u32>, new: Option<u32>) -> bool {
        let token = match (old, new) {
            (_, Some(new)) => self.input.after[new as usize],
            (Some(old), None) => self.input.before[old as usize],
            (None, None) => return true,
        };
        let whole = self.input.interner[token];
        let bytes = whole.strip_suffix(b"\n").unwrap_or(whole);
        if !self.room.take(bytes.len()) {
            return false;
        }
        self.lines.push(Line {
            kind,
            old_number: old.map(|at| at + 1),
            new_number: new.map(|at| at + 1),
            bytes: bytes.to_vec(),
            no_newline: bytes.len() == whole.len(),
        });
        true
    }
}
