//! One row of a run's transcript. The live stream sends the same row, rendered by the same template.

use askama::Template;

use crate::web::parts::html::Html;

/// One event of an attempt.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/transcript_row.html")]
pub struct TranscriptRow {
    /// Its number in the attempt; rows and stream agree by it.
    pub sequence: i64,
    /// Time since the attempt began: `0:12`.
    pub at: String,
    /// A symbol of `static/icons.svg`.
    pub icon: &'static str,
    /// `ok`, `bad`, `asks`, `busy` or `calm`.
    pub tone: &'static str,
    /// What happened, in a few words: `read_file`.
    pub head: String,
    /// Beside it, in monospace: the arguments of a tool in one line.
    pub detail: Html,
    /// Text of the model or of us.
    pub said: Html,
    /// Long output, folded.
    pub output: Html,
    /// What the fold says: `42 lines`.
    pub output_label: String,
    /// Whether it failed.
    pub failed: bool,
}
