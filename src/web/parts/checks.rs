//! The *Checks* box: commit statuses beside agent runs beside approvals asked.

use crate::checks::Job;
use crate::checks::JobState;
use crate::forge::embedded::Status;
use crate::kit::clock::Timestamp;
use crate::kit::text::visible;
use crate::model::CommitId;
use crate::web::parts::agents::Agents;
use crate::web::parts::approval::ApprovalRow;
use crate::web::parts::badge::Mark;
use crate::web::parts::html::Html;
use crate::web::parts::job;
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
    /// What a person may do to the forge's own checks of the commit.
    pub own: OwnChecks,
}

/// What a person may do to the forge's own checks of a commit. Nothing, when they may not.
#[derive(Clone, Debug, Default)]
pub struct OwnChecks {
    /// The commit.
    pub sha: String,
    /// Checks of a fork that wait for a person.
    pub waiting: usize,
    /// Checks that can run again because they did not pass.
    pub failed: usize,
    /// The page to come back to.
    pub next: String,
}

impl OwnChecks {
    /// What may be done to these by somebody who may.
    pub fn of(jobs: &[Job], sha: &CommitId, next: &str) -> Self {
        let again =
            |job: &&Job| job.state.is_bad() && !matches!(job.reason.as_str(), "needs" | "denied" | "broken_file");
        Self {
            sha: sha.to_string(),
            waiting: jobs.iter().filter(|job| job.state == JobState::Waiting).count(),
            failed: jobs.iter().filter(again).count(),
            next: next.to_owned(),
        }
    }
}

/// A check in a list.
#[derive(Clone, Debug)]
pub struct CheckRow {
    /// Its conclusion.
    pub mark: Mark,
    /// Its name.
    pub name: String,
    /// What its poster wrote about it.
    pub description: Html,
    /// Where it tells more.
    pub href: Option<String>,
    /// When it was posted.
    pub when: When,
    /// Stacks that can be dispatched on it; empty when it passed, or the person may not.
    pub stacks: Vec<String>,
}

impl Checks {
    /// What judged a commit, and what agents do about its pull request.
    pub fn of(statuses: &[Status], jobs: &[Job], agents: &Agents, now: Timestamp) -> Self {
        let mut statuses: Vec<CheckRow> =
            statuses.iter().map(|status| CheckRow::of(status, jobs, &agents.stacks, now)).collect();
        statuses
            .sort_by_key(|row| ["asks", "bad", "busy", "calm", "ok"].iter().position(|tone| *tone == row.mark.tone));
        let approvals: Vec<ApprovalRow> = agents.approvals.iter().filter(|approval| approval.open).cloned().collect();
        let runs = agents.runs.clone();
        let count = |tone: &str| {
            let marks = statuses.iter().map(|row| &row.mark).chain(runs.iter().take(1).map(|run| &run.mark));
            marks.filter(|mark| mark.tone == tone).count()
        };
        let counts = [
            (count("bad"), "failed"),
            (count("busy"), "running"),
            (approvals.len() + count("asks"), "waiting for a decision"),
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
        Self { summary, words: words.join(", "), statuses, runs, approvals, own: OwnChecks::default() }
    }
}

impl CheckRow {
    /// A commit status; a failed one can be handed to these stacks.
    pub fn of(status: &Status, jobs: &[Job], stacks: &[String], now: Timestamp) -> Self {
        let own = jobs.iter().find(|job| status.target_url.ends_with(&format!("/checks/{}", job.id)));
        let mark = own.map_or_else(|| Mark::check(status.state.as_str()), |job| Mark::job(job.state.as_str()));
        Self {
            name: visible(&status.context),
            description: match own {
                Some(_) => Html::sentence_shown(&status.description),
                None => Html::visible(&status.description),
            },
            href: own.map(job::href).or((!status.target_url.is_empty()).then(|| status.target_url.clone())),
            when: When::new(status.created, now),
            stacks: if mark.tone == "bad" { stacks.to_vec() } else { Vec::new() },
            mark,
        }
    }
}
