//! One delivery: its bytes, what it meant, what each rule decided; replay and dry run.

use crate::access::Action;
use crate::engine::Engine;
use crate::events;
use crate::events::Delivery;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::page::Paging;
use crate::kit::text;
use crate::model::DeliveryId;
use crate::triggers;
use crate::triggers::Outcome;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::pages::deliveries;
use crate::web::parts::badge::Mark;
use crate::web::parts::digest::Mono;
use crate::web::parts::execution;
use crate::web::parts::execution::ExecutionRow;
use crate::web::parts::html::Html;
use crate::web::parts::size;
use crate::web::parts::time::When;
use crate::web::posted::Posted;
use askama::Template;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use serde::Deserialize;
use std::sync::Arc;

/// `/{owner}/{repo}/hooks/{id}`
#[derive(Template)]
#[template(path = "pages/delivery.html")]
pub struct DeliveryPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// The id.
    pub id: String,
    /// Verified, refused, known already.
    pub mark: Mark,
    /// Where it came from.
    pub source: String,
    /// The event in words.
    pub event: String,
    /// When it came.
    pub when: When,
    /// Digest of its bytes.
    pub digest: Mono,
    /// Its size.
    pub size: String,
    /// Its headers, without secrets.
    pub headers: Vec<(String, String)>,
    /// Its bytes.
    pub body: Html,
    /// Whether the person may see headers and bytes.
    pub raw: bool,
    /// What each rule decided.
    pub executions: Vec<ExecutionRow>,
    /// What each rule would decide now; none when it was not asked.
    pub dry_run: Option<Vec<DryRun>>,
    /// Whether the person may ask what rules would decide.
    pub may_dry_run: bool,
    /// Whether the person may replay it.
    pub may_replay: bool,
}

/// What one rule would decide.
#[derive(Clone, Debug)]
pub struct DryRun {
    /// Which rule.
    pub rule: String,
    /// What it would decide.
    pub mark: Mark,
    /// Why.
    pub reason: String,
    /// The prompt that it would give.
    pub prompt: Html,
}

/// A delivery, as an address names it.
#[derive(Debug, Deserialize)]
pub struct Named {
    id: String,
}

/// What the address asks for besides.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Besides {
    dry_run: Option<String>,
}

/// `GET /{owner}/{repo}/hooks/{id}`
pub async fn page(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Named>,
    Query(besides): Query<Besides>,
) -> Answer {
    let delivery = find(&engine, &entered, &named).await?;
    let (received, now) = (&delivery.received, entered.visitor.cx.now());
    let meant = engine.events.of_delivery(received.id).await?;
    let event = meant.first();
    let executions = match event {
        Some(event) => {
            let filter = events::Filter { event: Some(event.id), ..events::Filter::default() };
            engine.events.executions(&filter, Paging::new(None, Some(50))).await?.items
        }
        None => Vec::new(),
    };
    let dry_run = match (event, besides.dry_run) {
        (Some(event), Some(_)) => {
            let decided = engine.dry_run(&entered.visitor.cx, &entered.place, event.event.clone()).await?;
            Some(decided.iter().map(DryRun::of).collect())
        }
        _ => None,
    };
    let raw = entered.may(Action::ReadDeliveries);
    show(&DeliveryPage {
        frame: entered.frame(&engine, "Delivery").await?,
        repo: entered.head(Tab::Hooks),
        id: received.id.to_string(),
        mark: deliveries::mark(received.state),
        source: received.source.to_string(),
        event: event.map_or_else(|| received.name.clone(), |event| execution::words(&event.event)),
        when: When::new(received.at, now),
        digest: Mono::from(&received.digest),
        size: size::bytes(received.size),
        headers: if raw { delivery.headers.clone() } else { Vec::new() },
        body: if raw { Html::visible_bytes(bounded(&delivery.body)) } else { Html::default() },
        raw,
        executions: deliveries::rows(&engine, &executions, now).await?,
        dry_run,
        may_dry_run: entered.may(Action::DispatchRun),
        may_replay: entered.may(Action::ReplayDelivery),
    })
}

/// `POST /{owner}/{repo}/hooks/{id}/replay`
pub async fn replay(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Named>,
    _posted: Posted,
) -> Answer {
    let id: DeliveryId = named.id.parse().map_err(|_| Error::not_found("such delivery"))?;
    let copy = engine.replay(&entered.visitor.cx, &entered.place, id).await?;
    let said =
        Said::done("Replayed as a delivery of its own; what was answered within a rule's window is not answered again");
    go(&format!("{}/hooks/{copy}", entered.root()), Some(&said))
}

async fn find(engine: &Engine, entered: &Entered, named: &Named) -> Result<Delivery> {
    let id: DeliveryId = named.id.parse().map_err(|_| Error::not_found("such delivery"))?;
    let found = engine.events.delivery(id).await?;
    let here = found.filter(|delivery| delivery.received.repo == Some(entered.place.repository.id));
    here.ok_or_else(|| Error::not_found("delivery with this id"))
}

/// More bytes than these are left to the API.
fn bounded(body: &[u8]) -> &[u8] {
    &body[..body.len().min(64 * 1024)]
}

impl DryRun {
    fn of(decided: &triggers::Decision) -> Self {
        let (mark, reason, prompt) = match &decided.outcome {
            Outcome::Fires(firing) => (Mark::new("ok", "run", "Would fire"), &firing.reason, firing.prompt.as_str()),
            Outcome::Skips { reason } => (Mark::execution("skipped"), reason, ""),
            Outcome::Refuses { reason } => (Mark::execution("refused"), reason, ""),
        };
        Self { rule: decided.rule.clone(), mark, reason: text::visible(reason), prompt: Html::visible(prompt) }
    }
}
