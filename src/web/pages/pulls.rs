//! The pull requests of a repository.

use std::sync::Arc;

use askama::Template;
use axum::extract::Query;
use axum::extract::State;

use crate::engine::Engine;
use crate::forge::embedded;
use crate::model::CommitId;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::show;
use crate::web::paged::Paged;
use crate::web::pages::issues;
use crate::web::pages::issues::IssueRow;
use crate::web::parts::badge::Mark;
use crate::web::parts::pager::Pager;

/// `/{owner}/{repo}/pulls`
#[derive(Template)]
#[template(path = "pages/pulls.html")]
pub struct Pulls {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// `open` or `closed`.
    pub state: &'static str,
    /// How many are open.
    pub open: u64,
    /// How many are closed or merged.
    pub closed: u64,
    /// The rows.
    pub pulls: Vec<IssueRow>,
    /// Links to other pages.
    pub pager: Pager,
}

/// `GET /{owner}/{repo}/pulls`
pub async fn list(State(engine): State<Arc<Engine>>, entered: Entered, Query(paged): Query<Paged>) -> Answer {
    let closed = paged.state() == "closed";
    let state = if closed { embedded::State::Closed } else { embedded::State::Open };
    let search = embedded::Search { pulls: Some(true), state: Some(state), ..embedded::Search::default() };
    let found = engine.forge.issues(&entered.place, &search, paged.paging()).await?;
    let other = issues::other_count(&engine, &entered, &search).await?;
    let heads: Vec<&CommitId> = found.items.iter().filter_map(|issue| Some(&issue.pull.as_ref()?.head_sha)).collect();
    let statuses = engine.forge.newest_statuses(&entered.place, &heads).await?;
    let (root, now) = (entered.root(), entered.visitor.cx.now());
    let row = |issue: &embedded::Issue| {
        let head = issue.pull.as_ref().map(|pull| &pull.head_sha);
        let of_head = statuses.iter().filter(|status| Some(&status.sha) == head).cloned().collect::<Vec<_>>();
        let checks = (!of_head.is_empty()).then(|| Mark::check(embedded::StatusState::combined(&of_head).as_str()));
        IssueRow { checks, ..IssueRow::of(issue, &root, now) }
    };
    let (open, shut) = if closed { (other, found.total) } else { (found.total, other) };
    let state = if closed { "closed" } else { "open" };
    show(&Pulls {
        frame: entered.frame(&engine, "Pull requests").await?,
        repo: entered.head(Tab::Pulls),
        state,
        open,
        closed: shut,
        pager: Pager::new(&found, &format!("{root}/pulls?state={state}")),
        pulls: found.items.iter().map(row).collect(),
    })
}
