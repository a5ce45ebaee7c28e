//! The agent runs of a repository.

use crate::engine::Engine;
use crate::runs;
use crate::runs::State as RunState;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::show;
use crate::web::paged::Paged;
use crate::web::parts::pager::Pager;
use crate::web::parts::run::RunRow;
use crate::web::stacks;
use askama::Template;
use axum::extract::Query;
use axum::extract::State;
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
    /// The runs, newest first.
    pub runs: Vec<RunRow>,
    /// Links to other pages.
    pub pager: Pager,
    /// Stacks that can be dispatched by hand.
    pub stacks: Vec<String>,
    /// Branches to dispatch on.
    pub branches: Vec<String>,
}

/// Rows a page.
const ROWS: i64 = 30;

/// `GET /{owner}/{repo}/runs`
pub async fn list(State(engine): State<Arc<Engine>>, entered: Entered, Query(paged): Query<Paged>) -> Answer {
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
    let branches = entered.git(&engine).branches().await?;
    show(&Runs {
        frame: entered.frame(&engine, "Runs").await?,
        repo: entered.head(Tab::Runs),
        filter,
        runs: found.iter().map(|run| RunRow::of(run, now)).collect(),
        pager: Pager::by_cursor(more, &format!("{}/runs?state={filter}", entered.root())),
        stacks: stacks::to_dispatch(&engine, &entered).await?,
        branches: branches.iter().take(100).map(|branch| branch.name.to_string()).collect(),
    })
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
