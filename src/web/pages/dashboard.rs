//! What waits for the person, what runs, what failed, and their repositories.

use crate::approvals;
use crate::engine::Engine;
use crate::forge::embedded::Repository;
use crate::forge::embedded::Wanted;
use crate::kit::clock::Timestamp;
use crate::kit::page::Paging;
use crate::kit::text;
use crate::runs;
use crate::runs::State as RunState;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::page::show;
use crate::web::parts::approval::ApprovalRow;
use crate::web::parts::run::RunRow;
use crate::web::parts::time::When;
use crate::web::visitor::Visitor;
use askama::Template;
use axum::extract::State;
use std::sync::Arc;

/// `/`
#[derive(Template)]
#[template(path = "pages/dashboard.html")]
pub struct Dashboard {
    /// What surrounds the page.
    pub frame: Frame,
    /// Approvals that this person may decide, oldest first.
    pub waiting: Vec<ApprovalRow>,
    /// Runs that live.
    pub running: Vec<RunRow>,
    /// Runs that ended badly, newest first.
    pub failed: Vec<RunRow>,
    /// Repositories that the person sees.
    pub repositories: Vec<RepositoryRow>,
    /// What stops agents from running on this machine; empty when nothing does.
    pub trouble: Vec<String>,
}

/// A repository in a list.
#[derive(Clone, Debug)]
pub struct RepositoryRow {
    /// `owner/name`.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether only members see it.
    pub private: bool,
    /// Open issues.
    pub issues: u64,
    /// Open pull requests.
    pub pulls: u64,
    /// When it last changed.
    pub when: When,
}

/// Rows of each list.
const ROWS: i64 = 10;

/// `GET /`
pub async fn page(State(engine): State<Arc<Engine>>, visitor: Visitor) -> Answer {
    visitor.account()?;
    let repos = visitor.repositories(&engine).await?;
    let now = visitor.cx.now();
    let asked = approvals::Filter {
        open: Some(true),
        repos: Some(repos.clone()),
        elsewhere: true,
        limit: ROWS,
        ..approvals::Filter::default()
    };
    let mut waiting = engine.approvals.list(&asked).await?;
    waiting.reverse();
    let in_states = |states: &[RunState]| runs::Filter {
        repos: Some(repos.clone()),
        states: states.to_vec(),
        limit: ROWS,
        ..runs::Filter::default()
    };
    let living = [RunState::Queued, RunState::Starting, RunState::Running, RunState::NeedsInput, RunState::Applying];
    let running = engine.runs.list(&in_states(&living)).await?;
    let failed = engine.runs.list(&in_states(&[RunState::Failed, RunState::Lost])).await?;
    let wanted = Wanted { own_only: true, ..Wanted::default() };
    let repositories = engine.forge.repositories(&visitor.cx, &wanted, Paging::new(None, None)).await?;
    show(&Dashboard {
        frame: visitor.frame(&engine, "What waits for you").await?,
        waiting: waiting.iter().map(|approval| ApprovalRow::of(approval, now)).collect(),
        running: running.iter().map(|run| RunRow::of(run, now)).collect(),
        failed: failed.iter().map(|run| RunRow::of(run, now)).collect(),
        repositories: repositories.items.iter().map(|repository| RepositoryRow::of(repository, now)).collect(),
        trouble: engine.sandbox_missing().map(str::to_owned).into_iter().collect(),
    })
}

impl RepositoryRow {
    /// A repository as seen from now.
    pub fn of(repository: &Repository, now: Timestamp) -> Self {
        Self {
            name: format!("{}/{}", repository.owner_name, repository.name),
            description: text::visible_line(&repository.description, 200),
            private: repository.private,
            issues: repository.open_issues.unsigned_abs(),
            pulls: repository.open_pulls.unsigned_abs(),
            when: When::new(repository.updated, now),
        }
    }
}
