//! Deliveries of a repository, and what each rule decided about them.

use crate::engine::Engine;
use crate::events::DeliveryState;
use crate::events::Execution;
use crate::events::Received;
use crate::events::StoredEvent;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::DeliveryId;
use crate::model::EventId;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::show;
use crate::web::paged::Paged;
use crate::web::parts::badge::Mark;
use crate::web::parts::execution;
use crate::web::parts::execution::ExecutionRow;
use crate::web::parts::pager::Pager;
use crate::web::parts::time::When;
use askama::Template;
use axum::extract::Query;
use axum::extract::State;
use std::sync::Arc;

/// `/{owner}/{repo}/hooks`
#[derive(Template)]
#[template(path = "pages/deliveries.html")]
pub struct Deliveries {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// The deliveries, newest first.
    pub deliveries: Vec<DeliveryRow>,
    /// Links to other pages.
    pub pager: Pager,
    /// The newest decisions of rules.
    pub executions: Vec<ExecutionRow>,
}

/// A delivery in a list.
#[derive(Clone, Debug)]
pub struct DeliveryRow {
    /// Its address.
    pub href: String,
    /// Its short id.
    pub id: String,
    /// Verified, refused, known already.
    pub mark: Mark,
    /// Where it came from.
    pub source: String,
    /// The event in words.
    pub event: String,
    /// What rules made of it: `1 dispatched, 2 skipped`.
    pub outcome: String,
    /// When.
    pub when: When,
}

/// Rows a page.
const ROWS: i64 = 30;

/// Decisions below them.
const MOST_EXECUTIONS: i64 = 20;

/// `GET /{owner}/{repo}/hooks`
pub async fn list(State(engine): State<Arc<Engine>>, entered: Entered, Query(paged): Query<Paged>) -> Answer {
    let repo = entered.place.repository.id;
    let found = engine.events.newest_deliveries(repo, paged.before(), ROWS).await?;
    let more = (found.len() as i64 == ROWS).then(|| found.last().map(|received| received.id)).flatten();
    let ids: Vec<DeliveryId> = found.iter().map(|received| received.id).collect();
    let meant = engine.events.of_deliveries(&ids).await?;
    let executions = engine.events.newest_executions(repo, MOST_EXECUTIONS).await?;
    let (root, now) = (entered.root(), entered.visitor.cx.now());
    let row = |received: &Received| {
        let event = meant.iter().find(|event| event.delivery == received.id);
        DeliveryRow::of(received, event, &root, now)
    };
    show(&Deliveries {
        frame: entered.frame(&engine, "Hooks").await?,
        repo: entered.head(Tab::Hooks),
        deliveries: found.iter().map(row).collect(),
        pager: Pager::by_cursor(more, &format!("{root}/hooks")),
        executions: rows(&engine, &executions, now).await?,
    })
}

/// Decisions of rules with the events that they are about, in one more question to the room.
pub(in crate::web) async fn rows(
    engine: &Engine,
    executions: &[Execution],
    now: Timestamp,
) -> Result<Vec<ExecutionRow>> {
    let mut ids: Vec<EventId> = executions.iter().map(|execution| execution.what.event).collect();
    ids.sort();
    ids.dedup();
    let events = engine.events.events(&ids).await?;
    let row = |execution: &Execution| {
        let event = events.iter().find(|event| event.id == execution.what.event);
        ExecutionRow::of(execution, event, now)
    };
    Ok(executions.iter().map(row).collect())
}

impl DeliveryRow {
    fn of(received: &Received, event: Option<&StoredEvent>, root: &str, now: Timestamp) -> Self {
        let came_to = event.and_then(|event| event.reason.clone()).or_else(|| received.outcome.clone());
        Self {
            href: format!("{root}/hooks/{}", received.id),
            id: received.id.short(),
            mark: mark(received.state),
            source: received.source.to_string(),
            event: event.map_or_else(|| received.name.clone(), |event| execution::words(&event.event)),
            outcome: came_to.unwrap_or_else(|| "The rules have not looked at it yet".to_owned()),
            when: When::new(received.at, now),
        }
    }
}

/// What became of a delivery.
pub(super) fn mark(state: DeliveryState) -> Mark {
    match state {
        DeliveryState::Received => Mark::new("busy", "queued", "Received"),
        DeliveryState::Routed => Mark::new("ok", "check", "Routed"),
        DeliveryState::Unattached => Mark::new("calm", "skip", "About another repository"),
        DeliveryState::Unreadable => Mark::new("bad", "warn", "Unreadable"),
        DeliveryState::Duplicate => Mark::new("calm", "copy", "Known already"),
        DeliveryState::Quarantined => Mark::new("bad", "shield", "Quarantined: its id came with other bytes"),
    }
}
