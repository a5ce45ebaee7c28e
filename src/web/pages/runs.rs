//! The agent runs of a repository, and beside them the checks of the forge itself.

use crate::checks;
use crate::checks::JobState;
use crate::engine::Engine;
use crate::kit::text;
use crate::runs;
use crate::runs::State as RunState;
use crate::web::address;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::show;
use crate::web::paged::Paged;
use crate::web::parts::job::JobRow;
use crate::web::parts::pager::Pager;
use crate::web::parts::run::RunRow;
use crate::web::stacks;
use askama::Template;
use axum::extract::Query;
use axum::extract::State;
use serde::Deserialize;
use std::sync::Arc;

/// `/{owner}/{repo}/runs`
#[derive(Template)]
#[template(path = "pages/runs.html")]
pub struct Runs {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// `all`, `live`, `waiting`, `failed` or `succeeded`.
    pub filter: &'static str,
    /// Whether checks are shown in place of runs.
    pub checks: bool,
    /// The signature that the checks are narrowed to; empty for none.
    pub signature: String,
    /// The checks, newest first.
    pub jobs: Vec<JobRow>,
    /// The runs, newest first.
    pub runs: Vec<RunRow>,
    /// Links to other pages.
    pub pager: Pager,
    /// Stacks that can be dispatched by hand.
    pub stacks: Vec<String>,
    /// Branches to dispatch on.
    pub branches: Vec<String>,
}

impl Runs {
    /// What addresses of other filters of this list begin with.
    pub fn kind(&self) -> &'static str {
        if self.checks { "kind=checks&" } else { "" }
    }
}

/// Rows a page.
const ROWS: i64 = 30;

/// `GET /{owner}/{repo}/runs`
pub async fn list(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Query(paged): Query<Paged>,
    Query(narrowed): Query<Narrowed>,
) -> Answer {
    if narrowed.kind.as_deref() == Some("checks") {
        return checks(&engine, &entered, &paged, narrowed.signature.unwrap_or_default()).await;
    }
    let (filter, states) = states(paged.state());
    let wanted = runs::Filter {
        repos: Some(vec![entered.place.repository.id]),
        states,
        before: paged.before(),
        limit: ROWS,
        ..runs::Filter::default()
    };
    let found = engine.runs.list(&wanted).await?;
    let more = (found.len() as i64 == ROWS).then(|| found.last().map(|run| run.id)).flatten();
    let now = entered.visitor.cx.now();
    let (branches, _) = entered.git(&engine).branch_names(100).await?;
    show(&Runs {
        frame: entered.frame(&engine, "Runs").await?,
        repo: entered.head(Tab::Runs),
        filter,
        checks: false,
        signature: String::new(),
        jobs: Vec::new(),
        runs: found.iter().map(|run| RunRow::of(run, now)).collect(),
        pager: Pager::by_cursor(more, &format!("{}/runs?state={filter}", entered.root())),
        stacks: stacks::to_dispatch(&engine, &entered).await?,
        branches: branches.iter().map(ToString::to_string).collect(),
    })
}

/// Which list, and what narrows it besides.
#[derive(Debug, Default, Deserialize)]
pub struct Narrowed {
    kind: Option<String>,
    signature: Option<String>,
}

async fn checks(engine: &Engine, entered: &Entered, paged: &Paged, signature: String) -> Answer {
    let (filter, states) = check_states(paged.state());
    let wanted = checks::Filter {
        states,
        signature: Some(signature.clone()).filter(|signature| !signature.is_empty()),
        before: paged.before(),
        limit: ROWS,
        ..checks::Filter::default()
    };
    let found = engine.checks.list(entered.place.repository.id, &wanted).await?;
    let more = (found.len() as i64 == ROWS).then(|| found.last().map(|job| job.id)).flatten();
    let now = entered.visitor.cx.now();
    let mut here = format!("{}/runs?kind=checks&state={filter}", entered.root());
    if !signature.is_empty() {
        here = format!("{here}&signature={}", address::escape(&signature));
    }
    show(&Runs {
        frame: entered.frame(engine, "Checks").await?,
        repo: entered.head(Tab::Runs),
        filter,
        checks: true,
        signature: text::visible_line(&signature, 100),
        jobs: found.iter().map(|job| JobRow::of(job, now)).collect(),
        runs: Vec::new(),
        pager: Pager::by_cursor(more, &here),
        stacks: Vec::new(),
        branches: Vec::new(),
    })
}

fn check_states(word: &str) -> (&'static str, Vec<JobState>) {
    match word {
        "live" => ("live", vec![JobState::Queued, JobState::Running]),
        "waiting" => ("waiting", vec![JobState::Waiting]),
        "failed" => ("failed", vec![JobState::Failure, JobState::Error]),
        "succeeded" => ("succeeded", vec![JobState::Success]),
        _ => ("all", Vec::new()),
    }
}

/// What a word in the address narrows the list to.
fn states(word: &str) -> (&'static str, Vec<RunState>) {
    match word {
        "live" => ("live", vec![RunState::Queued, RunState::Starting, RunState::Running, RunState::Applying]),
        "waiting" => ("waiting", vec![RunState::NeedsInput, RunState::AwaitingApproval]),
        "failed" => ("failed", vec![RunState::Failed, RunState::Refused, RunState::Lost]),
        "succeeded" => ("succeeded", vec![RunState::Succeeded]),
        _ => ("all", Vec::new()),
    }
}
