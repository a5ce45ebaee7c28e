//! Two versions of a file, line by line.

use imara_diff::Algorithm;
use imara_diff::Diff;
use imara_diff::InternedInput;

use crate::kit::text::visible_bytes;

/// One line of a file view.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Line {
    /// `+` added, `-` removed, a space for neither.
    pub sign: char,
    /// Its number in the old version.
    pub old: Option<u32>,
    /// Its number in the new version.
    pub new: Option<u32>,
    /// The line without its line feed, invisible code points as escapes.
    pub text: String,
    /// False for a last line without a line feed.
    pub line_feed: bool,
}

/// Every line of both versions, in order.
pub fn compare(old: &[u8], new: &[u8]) -> Vec<Line> {
    let input = InternedInput::new(old, new);
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    let mut lines = Vec::with_capacity(input.after.len());
    let (mut old_at, mut new_at) = (0u32, 0u32);
    let text = |token: imara_diff::Token| -> &[u8] { input.interner[token] };
    for hunk in diff.hunks() {
        while new_at < hunk.after.start {
            lines.push(line(' ', Some(old_at), Some(new_at), text(input.after[new_at as usize])));
            (old_at, new_at) = (old_at + 1, new_at + 1);
        }
        for at in hunk.before.clone() {
            lines.push(line('-', Some(at), None, text(input.before[at as usize])));
        }
        for at in hunk.after.clone() {
            lines.push(line('+', None, Some(at), text(input.after[at as usize])));
        }
        (old_at, new_at) = (hunk.before.end, hunk.after.end);
    }
    while (new_at as usize) < input.after.len() {
        lines.push(line(' ', Some(old_at), Some(new_at), text(input.after[new_at as usize])));
        (old_at, new_at) = (old_at + 1, new_at + 1);
    }
    lines
}

fn line(sign: char, old: Option<u32>, new: Option<u32>, bytes: &[u8]) -> Line {
    let (bytes, line_feed) = match bytes.strip_suffix(b"\n") {
        Some(bytes) => (bytes, true),
        None => (bytes, false),
    };
    let text = visible_bytes(bytes);
    Line { sign, old: old.map(|at| at + 1), new: new.map(|at| at + 1), text, line_feed }
}
