//! One issue: what was said, what happened, and what agents did or did not do.

use askama::Template;

use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::pages::issues::Label;
use crate::web::parts::approval::ApprovalRow;
use crate::web::parts::badge::Mark;
use crate::web::parts::execution::ExecutionRow;
use crate::web::parts::person::Who;
use crate::web::parts::run::RunRow;
use crate::web::parts::time::When;
use crate::web::parts::timeline::Moment;

/// `/{owner}/{repo}/issues/{n}`
#[derive(Template)]
#[template(path = "pages/issue.html")]
pub struct IssuePage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
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
    /// What was said and what happened.
    pub moments: Vec<Moment>,
    /// Its labels.
    pub labels: Vec<Label>,
    /// Labels that it could get.
    pub other_labels: Vec<String>,
    /// What agents did or did not do here.
    pub agents: Agents,
    /// Whether the person may comment.
    pub may_comment: bool,
    /// Whether the person may close it and change its labels.
    pub may_triage: bool,
}

/// What agents did or did not do about an issue or a pull request.
#[derive(Clone, Debug, Default)]
pub struct Agents {
    /// Runs, newest first.
    pub runs: Vec<RunRow>,
    /// Approvals, open ones first.
    pub approvals: Vec<ApprovalRow>,
    /// What rules decided about each event, newest first.
    pub executions: Vec<ExecutionRow>,
    /// Stacks that can be dispatched by hand; empty when the person may not.
    pub stacks: Vec<String>,
    /// Why there are no stacks to dispatch.
    pub no_stacks: String,
}
