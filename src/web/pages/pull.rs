//! One pull request with its tabs: conversation, commits, files, checks.

use askama::Template;

use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::pages::code::CommitLine;
use crate::web::pages::issue::Agents;
use crate::web::pages::issues::Label;
use crate::web::parts::approval::ApprovalRow;
use crate::web::parts::badge::Mark;
use crate::web::parts::diff::Diff;
use crate::web::parts::digest::Mono;
use crate::web::parts::person::Who;
use crate::web::parts::run::RunRow;
use crate::web::parts::time::When;
use crate::web::parts::timeline::Moment;

/// `/{owner}/{repo}/pulls/{n}` and its tabs.
#[derive(Template)]
#[template(path = "pages/pull.html")]
pub struct PullPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// What every tab shows.
    pub pull: PullHead,
    /// Checks, runs and approvals.
    pub checks: Checks,
    /// What agents did or did not do here.
    pub agents: Agents,
    /// The tab's own things.
    pub tab: PullTab,
}

/// What every tab of a pull request shows.
#[derive(Clone, Debug)]
pub struct PullHead {
    /// Its number.
    pub number: i64,
    /// Its title.
    pub title: String,
    /// Its state.
    pub mark: Mark,
    /// Whether it is open.
    pub open: bool,
    /// Who opened it.
    pub author: Who,
    /// When.
    pub when: When,
    /// The branch that is to change.
    pub base: String,
    /// The branch with the changes.
    pub head: String,
    /// The newest commit.
    pub head_commit: Mono,
    /// How many commits it brings.
    pub commits: usize,
    /// How many files it changes.
    pub files: usize,
    /// Its labels.
    pub labels: Vec<Label>,
    /// Labels that it could get.
    pub other_labels: Vec<String>,
    /// Whether the person may comment.
    pub may_comment: bool,
    /// Whether the person may close it and change its labels.
    pub may_triage: bool,
    /// Whether the person may merge it.
    pub may_merge: bool,
    /// Why it cannot be merged; empty when it can.
    pub no_merge: String,
}

/// What one tab shows.
pub enum PullTab {
    /// What was said and what happened.
    Conversation(Vec<Moment>),
    /// The commits.
    Commits(Vec<CommitLine>),
    /// The diff.
    Files(Diff),
    /// Only the checks.
    Checks,
}

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

impl PullPage {
    /// The name of the tab that is shown.
    pub fn shown(&self) -> &'static str {
        match self.tab {
            PullTab::Conversation(_) => "conversation",
            PullTab::Commits(_) => "commits",
            PullTab::Files(_) => "files",
            PullTab::Checks => "checks",
        }
    }
}
