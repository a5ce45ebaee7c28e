//! The log of a check: a fold for each step, with rows that the live stream renders by the same templates.

use askama::Template;

use crate::checks::Batch;
use crate::checks::StepRow;
use crate::kit::clock::Timestamp;
use crate::kit::text;
use crate::web::parts::badge::Mark;
use crate::web::parts::html::Html;
use crate::web::parts::time;

/// One step with its lines.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/log_fold.html")]
pub struct Fold {
    /// Its number, which names it on the page.
    pub number: i64,
    /// What it is called.
    pub name: String,
    /// How it stands.
    pub mark: Mark,
    /// How it ended, in words.
    pub ending: String,
    /// How long it took, or takes so far.
    pub took: String,
    /// Whether its lines are shown.
    pub open: bool,
    /// Its lines.
    pub rows: Vec<Rows>,
}

/// Some lines that follow one another.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/log_rows.html")]
pub struct Rows {
    /// Its number in the log; page and stream agree by it.
    pub sequence: i64,
    /// The step that they belong to.
    pub step: i64,
    /// Says that lines before these were let go; empty when none were.
    pub gap: String,
    /// Numbers and lines.
    pub lines: Vec<(i64, Html)>,
}

impl Fold {
    /// A step as it is now, without its lines.
    pub fn of(step: &StepRow, now: Timestamp) -> Self {
        let mark = match step.state.as_str() {
            "running" => Mark::new("busy", "busy", "Running"),
            "success" => Mark::new("ok", "check", "Passed"),
            "lost" => Mark::new("calm", "lost", "Lost"),
            _ => Mark::new("bad", "cross", "Failed"),
        };
        Self {
            number: step.number,
            name: text::visible(&step.name),
            open: step.state == "running" || step.state == "failure",
            mark,
            ending: text::visible(&step.ending),
            took: time::took(step.started, step.ended.unwrap_or(now)),
            rows: Vec::new(),
        }
    }
}

impl Rows {
    /// The lines of a batch, when `before` was the last line that was shown. The text is made visible when it is kept.
    pub fn of(batch: &Batch, before: i64) -> Self {
        let lines = (batch.first_line..).zip(batch.lines.iter().map(|line| Html::shown(line)));
        let missing = batch.first_line - before - 1;
        let gap = match missing {
            ..=0 => String::new(),
            _ => format!("{missing} lines are not shown here"),
        };
        Self { sequence: batch.sequence, step: batch.step, gap, lines: lines.collect() }
    }
}
