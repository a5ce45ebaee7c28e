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
use crate::web::pages::issues::IssueRow;
use crate::web::pages::ticked::Ticks;
use crate::web::parts::badge::Mark;
use crate::web::parts::pager::Pager;
use crate::web::parts::searched;
use crate::web::parts::searched::Searched;

/// `/{owner}/{repo}/pulls`
#[derive(Template)]
#[template(path = "pages/pulls.html")]
pub struct Pulls {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// The search and its tabs.
    pub searched: Searched,
    /// The rows.
    pub pulls: Vec<IssueRow>,
    /// What can be done to rows that are ticked.
    pub ticks: Ticks,
    /// Links to other pages.
    pub pager: Pager,
}

/// `GET /{owner}/{repo}/pulls`
pub async fn list(State(engine): State<Arc<Engine>>, entered: Entered, Query(paged): Query<Paged>) -> Answer {
    let query = searched::query(&paged);
    let search = searched::search(&entered, &query, true);
    let found = engine.forge.search(&entered.place, &search, paged.paging()).await?;
    let searched = Searched::of(&engine, &entered, &query, true, &found).await?;
    let found = found.page;
    let heads: Vec<&CommitId> = found.items.iter().filter_map(|issue| Some(&issue.pull.as_ref()?.head_sha)).collect();
    let statuses = engine.forge.newest_statuses(&entered.place, &heads).await?;
    let (root, now) = (entered.root(), entered.visitor.cx.now());
    let row = |issue: &embedded::Issue| {
        let head = issue.pull.as_ref().map(|pull| &pull.head_sha);
        let of_head = statuses.iter().filter(|status| Some(&status.sha) == head).cloned().collect::<Vec<_>>();
        let checks = (!of_head.is_empty()).then(|| Mark::check(embedded::StatusState::combined(&of_head).as_str()));
        IssueRow { checks, ..IssueRow::of(issue, &root, now) }
    };
    show(&Pulls {
        frame: entered.frame(&engine, "Pull requests").await?,
        repo: entered.head(Tab::Pulls),
        ticks: Ticks::of(&engine, &entered, "pulls", &query).await?,
        pager: Pager::new(&found, &searched.here()),
        searched,
        pulls: found.items.iter().map(row).collect(),
    })
}
