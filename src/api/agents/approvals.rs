//! What people are asked, and what they say.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::api::SignedIn;
use crate::api::agents::answer::answer;
use crate::api::agents::answer::input;
use crate::api::agents::answer::narrowed;
use crate::api::agents::wire;
use crate::approvals::Filter;
use crate::engine::Engine;
use crate::engine::verbs::DecideApproval;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::digest::Digest;

/// What narrows the list.
#[derive(Default, Deserialize)]
pub(super) struct Wanted {
    state: Option<String>,
    repo: Option<String>,
    cursor: Option<String>,
    limit: Option<i64>,
}

/// `GET approvals`
pub(super) async fn list(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Query(wanted): Query<Wanted>,
) -> Response {
    let listed = async {
        let filter = Filter {
            open: open(wanted.state.as_deref())?,
            repos: narrowed(&engine, &cx, wanted.repo.as_deref()).await?,
            elsewhere: true,
            before: wanted.cursor.as_deref().map(str::parse).transpose()?,
            limit: wanted.limit.unwrap_or(30).clamp(1, 100),
            ..Filter::default()
        };
        let approvals = engine.approvals.list(&filter).await?;
        let next = (approvals.len() as i64 == filter.limit).then(|| approvals.last().map(|last| last.id)).flatten();
        let list: Vec<Value> = approvals.iter().map(|approval| wire::approval(approval, &[])).collect();
        Ok(json!({ "approvals": list, "next_cursor": next }))
    };
    answer(&cx, listed.await)
}

fn open(state: Option<&str>) -> Result<Option<bool>> {
    match state {
        None | Some("" | "all") => Ok(None),
        Some("open") => Ok(Some(true)),
        Some("closed") => Ok(Some(false)),
        Some(_) => Err(Error::invalid("The state of an approval is `open`, `closed` or `all`").field("state")),
    }
}

/// `GET approvals/{id}`: with every byte of its effects.
pub(super) async fn one(State(engine): State<Arc<Engine>>, SignedIn(cx): SignedIn, Path(id): Path<String>) -> Response {
    let found = async {
        let (approval, _) = engine.enter_approval(&cx, id.parse()?).await?;
        let proposed = engine.proposals.of_run(approval.run).await?;
        let mut value = wire::approval(&approval, &proposed);
        for (place, asked) in approval.effects.iter().enumerate() {
            if let Some(found) = proposed.iter().find(|found| found.id == asked.effect) {
                let view = engine.view(found).await?;
                value["effects"][place]["view_digest"] = json!(view.digest());
                value["effects"][place]["view"] = json!(view);
            }
        }
        Ok(value)
    };
    answer(&cx, found.await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    decision: String,
    #[serde(default)]
    effects: Option<Vec<Digest>>,
    #[serde(default)]
    reason: String,
}

/// `POST approvals/{id}/decision`
pub(super) async fn decide(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let decided = async {
        let said: Said = input(&body)?;
        let wanted = DecideApproval { given: said.decision.parse()?, effects: said.effects, reason: said.reason };
        let approval = engine.decide_approval(&cx, id.parse()?, wanted).await?;
        Ok(wire::approval(&approval, &engine.proposals.of_run(approval.run).await?))
    };
    answer(&cx, decided.await)
}
