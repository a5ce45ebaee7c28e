//! Deliveries and executions: why something happened, or did not.

use std::sync::Arc;

use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::access::Action;
use crate::access::Cx;
use crate::api::SignedIn;
use crate::api::agents::answer::answer;
use crate::api::agents::answer::place;
use crate::api::agents::wire;
use crate::engine::Engine;
use crate::events::Delivery;
use crate::events::Filter;
use crate::forge::embedded::Place;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::page::Paging;

/// Which page of a list.
#[derive(Default, Deserialize)]
pub(super) struct Pages {
    page: Option<u32>,
    limit: Option<u32>,
}

/// `GET repos/{o}/{r}/deliveries`
pub(super) async fn list(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path((owner, repo)): Path<(String, String)>,
    Query(pages): Query<Pages>,
) -> Response {
    let listed = async {
        let place = place(&engine, &cx, &owner, &repo).await?;
        cx.authorize(Action::ReadDeliveries, &place.standing)?;
        let page = engine.events.deliveries(place.repository.id, Paging::new(pages.page, pages.limit)).await?;
        Ok(json!({ "deliveries": page.items.iter().map(wire::delivery).collect::<Vec<Value>>(), "total": page.total }))
    };
    answer(&cx, listed.await)
}

/// A delivery of a repository whose deliveries whoever calls may read.
async fn entered(engine: &Arc<Engine>, cx: &Cx, id: &str, action: Action) -> Result<(Delivery, Place)> {
    let unknown = || Error::not_found("delivery with this id");
    let delivery = engine.events.delivery(id.parse()?).await?.ok_or_else(unknown)?;
    let repo = delivery.received.repo.ok_or_else(unknown)?;
    let place = engine.forge.enter_by_id(cx, repo).await.map_err(|_| unknown())?;
    cx.authorize(action, &place.standing)?;
    Ok((delivery, place))
}

/// `GET deliveries/{id}`
pub(super) async fn one(State(engine): State<Arc<Engine>>, SignedIn(cx): SignedIn, Path(id): Path<String>) -> Response {
    let found = async {
        let (delivery, _) = entered(&engine, &cx, &id, Action::ReadDeliveries).await?;
        let mut value = wire::delivery(&delivery.received);
        value["headers"] = json!(delivery.headers);
        value["body"] = json!(String::from_utf8_lossy(&delivery.body));
        let events = engine.events.of_delivery(delivery.received.id).await?;
        let mut executions = Vec::new();
        for event in &events {
            let filter = Filter { event: Some(event.id), ..Filter::default() };
            let page = engine.events.executions(&filter, Paging::new(None, Some(50))).await?;
            executions.extend(page.items.iter().map(wire::execution));
        }
        value["events"] = events
            .iter()
            .map(|event| json!({ "id": event.id, "state": event.state.as_str(), "reason": event.reason }))
            .collect();
        value["executions"] = Value::Array(executions);
        Ok(value)
    };
    answer(&cx, found.await)
}

/// `POST deliveries/{id}/replay`
pub(super) async fn replay(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path(id): Path<String>,
) -> Response {
    let replayed = async {
        let (delivery, place) = entered(&engine, &cx, &id, Action::ReplayDelivery).await?;
        let copy = engine.replay(&cx, &place, delivery.received.id).await?;
        Ok(json!({ "delivery": copy }))
    };
    answer(&cx, replayed.await)
}

/// What narrows the list of executions.
#[derive(Default, Deserialize)]
pub(super) struct Wanted {
    repo: Option<String>,
    rule: Option<String>,
    decision: Option<String>,
    page: Option<u32>,
    limit: Option<u32>,
}

/// `GET executions?repo=`
pub(super) async fn executions(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Query(wanted): Query<Wanted>,
) -> Response {
    let listed = async {
        let address = wanted.repo.as_deref().and_then(|address| address.split_once('/'));
        let (owner, repo) = address.ok_or_else(|| {
            Error::invalid("Executions are listed for one repository").hint("name it: `?repo=owner/name`").field("repo")
        })?;
        let place = place(&engine, &cx, owner, repo).await?;
        let filter = Filter {
            repo: Some(place.repository.id),
            rule: wanted.rule,
            decision: wanted.decision.as_deref().map(str::parse).transpose()?,
            event: None,
        };
        let page = engine.events.executions(&filter, Paging::new(wanted.page, wanted.limit)).await?;
        Ok(json!({ "executions": page.items.iter().map(wire::execution).collect::<Vec<Value>>(), "total": page.total }))
    };
    answer(&cx, listed.await)
}
