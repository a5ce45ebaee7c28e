//! The *Checks* box: commit statuses beside agent runs beside approvals asked.

use crate::forge::embedded::Status;
use crate::kit::clock::Timestamp;
use crate::kit::text::visible;
use crate::web::parts::agents::Agents;
use crate::web::parts::approval::ApprovalRow;
use crate::web::parts::badge::Mark;
use crate::web::parts::run::RunRow;
use crate::web::parts::time::When;

/// What stands in the *Checks* box: statuses beside agent runs beside approvals asked.
#[derive(Clone, Debug, Default)]
pub struct Checks {
    /// All in one word.
    pub summary: Option<Mark>,
    /// In a sentence: `1 failed, 2 passed, 1 waits for a decision`.
    pub words: String,
    /// Commit statuses and checks.
    pub statuses: Vec<CheckRow>,
    /// Agent runs on this pull request.
    pub runs: Vec<RunRow>,
    /// Approvals that wait here.
    pub approvals: Vec<ApprovalRow>,
}

/// A check in a list.
#[derive(Clone, Debug)]
pub struct CheckRow {
    /// Its conclusion.
    pub mark: Mark,
    /// Its name.
    pub name: String,
    /// What its poster wrote about it.
    pub description: String,
    /// Where it tells more.
    pub href: Option<String>,
    /// When it was posted.
    pub when: When,
    /// Stacks that can be dispatched on it; empty when it passed, or the person may not.
    pub stacks: Vec<String>,
}

impl Checks {
    /// What judged a commit, and what agents do about its pull request.
    pub fn of(statuses: &[Status], agents: &Agents, now: Timestamp) -> Self {
        let mut statuses: Vec<CheckRow> =
            statuses.iter().map(|status| CheckRow::of(status, &agents.stacks, now)).collect();
        statuses.sort_by_key(|row| ["bad", "busy", "ok"].iter().position(|tone| *tone == row.mark.tone));
        let approvals: Vec<ApprovalRow> = agents.approvals.iter().filter(|approval| approval.open).cloned().collect();
        let runs = agents.runs.clone();
        let count = |tone: &str| {
            let marks = statuses.iter().map(|row| &row.mark).chain(runs.iter().take(1).map(|run| &run.mark));
            marks.filter(|mark| mark.tone == tone).count()
        };
        let counts = [
            (count("bad"), "failed"),
            (count("busy"), "running"),
            (approvals.len(), "waiting for a decision"),
            (count("ok"), "passed"),
        ];
        let words: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        let summary = match counts {
            [(1.., _), ..] => Some(Mark::check("failure")),
            [_, _, (1.., _), _] => Some(Mark::approval("open")),
            [_, (1.., _), ..] => Some(Mark::check("pending")),
            [_, _, _, (1.., _)] => Some(Mark::check("success")),
            _ => None,
        };
        Self { summary, words: words.join(", "), statuses, runs, approvals }
    }
}

impl CheckRow {
    /// A commit status; a failed one can be handed to these stacks.
    pub fn of(status: &Status, stacks: &[String], now: Timestamp) -> Self {
        let failed = matches!(status.state.as_str(), "failure" | "error");
        Self {
            mark: Mark::check(status.state.as_str()),
            name: visible(&status.context),
            description: visible(&status.description),
            href: (!status.target_url.is_empty()).then(|| status.target_url.clone()),
            when: When::new(status.created, now),
            stacks: if failed { stacks.to_vec() } else { Vec::new() },
        }
    }
}
