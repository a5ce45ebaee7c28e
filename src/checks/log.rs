//! From the bytes that a job writes to lines that can be kept and shown: whole, without escape sequences, bounded.
//!
//! The beginning of a long log is kept as it comes, and the end once the job has ended; what lies between is let go and
//! counted. Lines keep their numbers.

use std::collections::VecDeque;

use crate::kit::secretlike;
use crate::kit::text::bounded;
use crate::kit::text::visible;

/// Bytes that are kept as they come.
const MOST_BEGINNING: usize = 768 * 1024;
/// Bytes that are kept of what comes after, for the end.
const MOST_END: usize = 256 * 1024;
/// A longer line is cut.
const MOST_LINE: usize = 4 * 1024;
/// Lines of the current step that a failure is judged by.
const RECENT: usize = 400;

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Counted from 1 over the whole job.
    pub number: i64,
    /// The step that wrote it.
    pub step: i64,
    /// What it says, with every invisible code point as an escape.
    pub text: String,
}

/// Some lines of a log as they are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Counted from 1 in its job.
    pub sequence: i64,
    /// The step that wrote them.
    pub step: i64,
    /// The number of the first one.
    pub first_line: i64,
    /// What they say.
    pub lines: Vec<String>,
}

/// Takes what a job writes, and gives the lines that are to be kept.
#[derive(Debug, Default)]
pub struct Keeper {
    step: i64,
    lines: i64,
    /// Bytes of all lines that were given out.
    kept: usize,
    unfinished: Vec<u8>,
    /// Whether the rest of a line that was cut is still to come.
    cut: bool,
    ready: Vec<Line>,
    end: VecDeque<Line>,
    end_bytes: usize,
    recent: VecDeque<String>,
}

impl Keeper {
    /// Goes on after these lines and bytes, which an earlier begin of the job left.
    pub fn after(lines: i64, bytes: i64) -> Self {
        Self { lines, kept: usize::try_from(bytes).unwrap_or(0), ..Self::default() }
    }

    /// From here on, what comes is of this step. Gives the number that its first line will have.
    pub fn step(&mut self, number: i64) -> i64 {
        self.finish_line();
        self.step = number;
        self.recent.clear();
        self.lines + 1
    }

    /// Takes some bytes.
    pub fn take(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let ends = piece.ends_with(b"\n");
            if !self.cut {
                let room = (8 * MOST_LINE).saturating_sub(self.unfinished.len());
                self.unfinished.extend_from_slice(&piece[..piece.len().min(room)]);
                self.cut = piece.len() > room;
            }
            if ends {
                self.end_line();
            }
        }
    }

    /// A line of our own.
    pub fn say(&mut self, text: &str) {
        self.finish_line();
        self.add(text.to_owned());
    }

    /// Lines that are ready to be stored.
    pub fn ready(&mut self) -> Vec<Line> {
        std::mem::take(&mut self.ready)
    }

    /// What is left when the job has ended: the end of a log that was too long.
    pub fn rest(&mut self) -> Vec<Line> {
        self.finish_line();
        let mut rest = self.ready();
        rest.extend(self.end.drain(..));
        self.end_bytes = 0;
        rest
    }

    /// The last lines of the current step.
    pub fn recent(&mut self) -> Vec<String> {
        self.finish_line();
        self.recent.iter().cloned().collect()
    }

    fn finish_line(&mut self) {
        if !self.unfinished.is_empty() {
            self.end_line();
        }
    }

    fn end_line(&mut self) {
        let bytes = std::mem::take(&mut self.unfinished);
        self.cut = false;
        let text = plain(&String::from_utf8_lossy(&bytes));
        let (clean, _) = secretlike::redact(&text);
        let mut shown = visible(bounded(&clean, MOST_LINE));
        if clean.len() > MOST_LINE {
            shown.push('…');
        }
        self.add(shown);
    }

    fn add(&mut self, text: String) {
        self.lines += 1;
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(text.clone());
        let bytes = text.len() + 1;
        let line = Line { number: self.lines, step: self.step, text };
        if self.kept + bytes <= MOST_BEGINNING && self.end.is_empty() {
            self.kept += bytes;
            self.ready.push(line);
            return;
        }
        self.end_bytes += bytes;
        self.end.push_back(line);
        while self.end_bytes > MOST_END {
            let Some(gone) = self.end.pop_front() else { return };
            self.end_bytes -= gone.text.len() + 1;
        }
    }
}

/// A line as a terminal would leave it: without escape sequences, and with only what was written over the rest.
fn plain(line: &str) -> String {
    let line = line.strip_suffix('\n').unwrap_or(line);
    let line = line.trim_end_matches('\r');
    let line = line.rsplit('\r').next().unwrap_or(line);
    let mut text = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c != '\u{1b}' {
            text.push(c);
            continue;
        }
        match chars.next() {
            // A control sequence ends with its first letter; an operating system command with a bell or `ESC \`.
            Some('[') => skip_to(&mut chars, |c| ('@'..='~').contains(&c)),
            Some(']') => {
                let mut last = ' ';
                skip_to(&mut chars, |c| {
                    let ends = c == '\u{7}' || (last == '\u{1b}' && c == '\\');
                    last = c;
                    ends
                });
            }
            _ => {}
        }
    }
    text
}

fn skip_to(chars: &mut std::str::Chars<'_>, mut last: impl FnMut(char) -> bool) {
    for c in chars.by_ref() {
        if last(c) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lines: Vec<Line>) -> Vec<String> {
        lines.into_iter().map(|line| format!("{}|{}|{}", line.number, line.step, line.text)).collect()
    }

    #[test]
    fn bytes_become_numbered_lines_wherever_they_are_split() {
        let mut keeper = Keeper::default();
        assert_eq!(keeper.step(1), 1);
        for piece in ["one\ntw", "o\n\x1b[31mred\x1b", "[0m\r\n10%\r100%\nlast"] {
            keeper.take(piece.as_bytes());
        }
        assert_eq!(texts(keeper.ready()), ["1|1|one", "2|1|two", "3|1|red", "4|1|100%"]);
        assert_eq!(keeper.step(2), 6);
        keeper.take(b"\0\xff\x1b]0;title\x07x\n");
        assert_eq!(texts(keeper.rest()), ["5|1|last", "6|2|⟦U+0000⟧\u{fffd}x"]);
    }

    #[test]
    fn secrets_are_cut_out_and_long_lines_are_cut() {
        let mut keeper = Keeper::default();
        keeper.take(b"token ghp_0123456789abcdefghijABCDEFGHIJ012345 end\n");
        let line = keeper.rest().remove(0).text;
        assert!(!line.contains("ghp_") && line.ends_with("end"), "{line}");
        keeper.take(&[b"x".repeat(1 << 20), b"\nnext\n".to_vec()].concat());
        let lines = keeper.rest();
        assert_eq!((lines.len(), lines[0].text.chars().count()), (2, MOST_LINE + 1));
        assert_eq!(lines[1].text, "next");
    }

    #[test]
    fn a_long_log_keeps_its_beginning_and_its_end() {
        let mut keeper = Keeper::default();
        let mut kept = Vec::new();
        for number in 1..=60_000 {
            keeper.take(format!("this is line {number:06} of a very long log\n").as_bytes());
            kept.extend(keeper.ready());
        }
        kept.extend(keeper.rest());
        let bytes: usize = kept.iter().map(|line| line.text.len() + 1).sum();
        assert!(bytes <= MOST_BEGINNING + MOST_END, "{bytes}");
        assert_eq!((kept[0].number, kept[kept.len() - 1].number), (1, 60_000));
        assert!(
            kept.iter().all(|line| line.text.contains(&format!("{:06}", line.number))),
            "numbers are those of the log"
        );
        assert!(kept.len() < 60_000);
    }
}
