//! The chained log, for whoever administers the server.

use std::sync::Arc;

use axum::extract::Query;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::access::Action;
use crate::access::Standing;
use crate::api::SignedIn;
use crate::api::agents::answer::answer;
use crate::audit::Filter;
use crate::engine::Engine;
use crate::kit::page::Paging;

/// Which page.
#[derive(Default, Deserialize)]
pub(super) struct Pages {
    page: Option<u32>,
    limit: Option<u32>,
}

/// `GET audit`
pub(super) async fn list(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Query(pages): Query<Pages>,
) -> Response {
    let listed = async {
        cx.authorize(Action::AdministerSite, &Standing::of_site(&cx))?;
        let page = engine.audit.list(&Filter::default(), Paging::new(pages.page, pages.limit)).await?;
        let entries: Vec<Value> = page
            .items
            .iter()
            .map(|entry| {
                json!({
                    "sequence": entry.sequence,
                    "at": entry.at.rfc3339(),
                    "actor": entry.actor,
                    "action": entry.action,
                    "subject": entry.subject,
                    "details": entry.details,
                    "hash": entry.hash,
                })
            })
            .collect();
        Ok(json!({ "entries": entries, "total": page.total }))
    };
    answer(&cx, listed.await)
}
