//! A window on a long transcript: the newest lines, those around one that an address names, or those with some words.
//!
//! A run may have tens of thousands of lines. A page shows some hundred, and its size does not depend on how many there are.

use serde::Deserialize;

use crate::engine::Engine;
use crate::kit::Result;
use crate::kit::text::visible_line;
use crate::model::RunId;
use crate::runs::TranscriptEvent;
use crate::web::parts::size;

/// Where somebody wants to look in the transcript.
#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    /// From about this line on.
    at: Option<i64>,
    /// At lines with these words.
    q: Option<String>,
}

/// Lines that are shown at once.
const WINDOW: i64 = 200;

/// Lines before the one that an address names.
const BEFORE: i64 = 20;

/// Lines that a search finds.
const FOUND: i64 = 200;

/// The lines that are shown, out of how many.
pub struct Window {
    /// The lines.
    pub lines: Vec<TranscriptEvent>,
    /// The number of the last line of all.
    pub last: i64,
    /// What is searched for; empty when nothing is.
    pub words: String,
}

impl Window {
    /// The newest lines; or those from about a line on; or those with some words.
    pub async fn read(engine: &Engine, run: RunId, wanted: &Wanted) -> Result<Self> {
        let last = engine.runs.last_line(run).await?;
        let words = visible_line(wanted.q.as_deref().unwrap_or_default().trim(), 200);
        let lines = match (words.is_empty(), wanted.at) {
            (false, _) => engine.runs.search_transcript(run, &words, FOUND).await?,
            (true, Some(at)) => {
                // The last lines fill a window too.
                let from = (at - BEFORE).min(last - WINDOW).max(0);
                engine.runs.transcript(run, from, WINDOW).await?
            }
            (true, None) => engine.runs.transcript_end(run, WINDOW).await?,
        };
        Ok(Self { lines, last, words })
    }

    /// Which lines of how many; empty when all are shown.
    pub fn says(&self) -> String {
        let (Some(first), Some(end)) = (self.lines.first(), self.lines.last()) else {
            return if self.words.is_empty() { String::new() } else { "No line holds this".to_owned() };
        };
        match (self.words.is_empty(), self.lines.len() as i64) {
            (false, FOUND) => format!("The newest {FOUND} lines that hold this"),
            (false, found) => size::plural(usize::try_from(found).unwrap_or(0), "line holds this", "lines hold this"),
            (true, _) if first.sequence == 1 && end.sequence == self.last => String::new(),
            (true, _) => {
                let [first, end, last] = [first.sequence, end.sequence, self.last].map(size::count);
                format!("Lines {first} to {end} of {last}")
            }
        }
    }

    /// The address of the lines before these; empty at the start.
    pub fn earlier(&self, run: RunId) -> String {
        match self.lines.first() {
            Some(first) if self.words.is_empty() && first.sequence > 1 => {
                format!("/runs/{run}?at={}", (first.sequence - WINDOW + BEFORE).max(1))
            }
            _ => String::new(),
        }
    }

    /// The address of the lines after these; empty at the end.
    pub fn later(&self, run: RunId) -> String {
        match self.lines.last() {
            Some(end) if self.words.is_empty() && end.sequence < self.last => {
                format!("/runs/{run}?at={}", end.sequence + BEFORE + 1)
            }
            _ => String::new(),
        }
    }
}
