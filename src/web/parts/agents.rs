//! What agents did or did not do about an issue or a pull request, and why.

use crate::access::Action;
use crate::approvals;
use crate::engine::Engine;
use crate::forge::embedded::Issue;
use crate::kit::Result;
use crate::model::RepoId;
use crate::runs;
use crate::runs::Run;
use crate::web::entered::Entered;
use crate::web::pages::deliveries;
use crate::web::parts::approval::ApprovalRow;
use crate::web::parts::execution::ExecutionRow;
use crate::web::parts::run::RunRow;
use crate::web::stacks;

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

/// Decisions of rules that fit beside a conversation; the rest is on the hooks page.
const MOST_EXECUTIONS: i64 = 12;

impl Agents {
    /// Whether a person is waited for.
    pub fn asks(&self) -> bool {
        self.approvals.iter().any(|approval| approval.open)
    }

    /// What is known about this issue or pull request.
    pub async fn about(engine: &Engine, entered: &Entered, issue: &Issue) -> Result<Self> {
        let number = issue.number;
        let repo = entered.place.repository.id;
        let now = entered.visitor.cx.now();
        let of_number =
            runs::Filter { repos: Some(vec![repo]), number: Some(number), limit: 10, ..runs::Filter::default() };
        let asked = approvals::Filter {
            repos: Some(vec![repo]),
            number: Some(number),
            limit: 10,
            ..approvals::Filter::default()
        };
        let mut approvals = engine.approvals.list(&asked).await?;
        approvals.sort_by_key(|approval| !approval.open);
        let executions = engine.events.for_number(repo, number, MOST_EXECUTIONS).await?;
        let stacks = stacks::to_dispatch(engine, entered).await?;
        let no_stacks = match stacks.is_empty() && entered.may(Action::DispatchRun) {
            true => "No stack is in force in this repository".to_owned(),
            false => String::new(),
        };
        let mut runs = engine.runs.list(&of_number).await?;
        if let Some(opener) = opener(engine, repo, issue).await?
            && !runs.iter().any(|run| run.id == opener.id)
        {
            runs.push(opener);
        }
        Ok(Self {
            runs: runs.iter().map(|run| RunRow::of(run, now)).collect(),
            approvals: approvals.iter().map(|approval| ApprovalRow::of(approval, now)).collect(),
            executions: deliveries::rows(engine, &executions, now).await?,
            stacks,
            no_stacks,
        })
    }
}

/// The run that proposed this pull request, when an agent did.
async fn opener(engine: &Engine, repo: RepoId, issue: &Issue) -> Result<Option<Run>> {
    let Some(pull) = &issue.pull else { return Ok(None) };
    if pull.fork || issue.author.login != engine.forge.own().login {
        return Ok(None);
    }
    match engine.proposals.opener(repo, &pull.head_branch).await? {
        Some(run) => Ok(Some(engine.runs.run(run).await?)),
        None => Ok(None),
    }
}
