//! The inbox: what waits for a decision.

use crate::approvals;
use crate::engine::Engine;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::page::show;
use crate::web::paged::Paged;
use crate::web::parts::approval::ApprovalRow;
use crate::web::parts::pager::Pager;
use crate::web::visitor::Visitor;
use askama::Template;
use axum::extract::Query;
use axum::extract::State;
use std::sync::Arc;

/// `/approvals`
#[derive(Template)]
#[template(path = "pages/approvals.html")]
pub struct Approvals {
    /// What surrounds the page.
    pub frame: Frame,
    /// `open` or `decided`.
    pub state: &'static str,
    /// How many are open.
    pub open: u64,
    /// The rows.
    pub approvals: Vec<ApprovalRow>,
    /// Links to other pages.
    pub pager: Pager,
}

/// Rows a page.
const ROWS: i64 = 30;

/// `GET /approvals`
pub async fn list(State(engine): State<Arc<Engine>>, visitor: Visitor, Query(paged): Query<Paged>) -> Answer {
    visitor.account()?;
    let repos = visitor.repositories(&engine).await?;
    let state = if paged.state() == "decided" { "decided" } else { "open" };
    let wanted = approvals::Filter {
        open: Some(state == "open"),
        repos: Some(repos.clone()),
        elsewhere: true,
        number: None,
        before: paged.before(),
        limit: ROWS,
    };
    let found = engine.approvals.list(&wanted).await?;
    let more = (found.len() as i64 == ROWS).then(|| found.last().map(|approval| approval.id)).flatten();
    let now = visitor.cx.now();
    show(&Approvals {
        frame: visitor.frame(&engine, "Approvals").await?,
        state,
        open: engine.approvals.count_open(&repos).await?,
        approvals: found.iter().map(|approval| ApprovalRow::of(approval, now)).collect(),
        pager: Pager::by_cursor(more, &format!("/approvals?state={state}")),
    })
}
