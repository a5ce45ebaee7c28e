//! Stacks and rules as they are in force, with what is wrong.

use std::sync::Arc;

use axum::extract::Path;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use crate::api::SignedIn;
use crate::api::agents::answer::answer;
use crate::api::agents::answer::place;
use crate::api::agents::wire;
use crate::catalog::Sourced;
use crate::engine::Engine;
use crate::engine::Trusted;
use crate::kit::Result;

type Address = Path<(String, String)>;

/// `GET repos/{o}/{r}/stacks`
pub(super) async fn stacks(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path((owner, repo)): Address,
) -> Response {
    let found = async {
        let place = place(&engine, &cx, &owner, &repo).await?;
        let trusted = engine.trusted(&place.repository.reference()).await?;
        Ok(in_force("stacks", trusted.as_ref(), |trusted| {
            trusted.catalog.stacks.iter().map(|(name, stack)| sourced(name, stack)).collect()
        }))
    };
    answer(&cx, found.await)
}

/// `GET repos/{o}/{r}/rules`
pub(super) async fn rules(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path((owner, repo)): Address,
) -> Response {
    let found: Result<Value> = async {
        let place = place(&engine, &cx, &owner, &repo).await?;
        let trusted = engine.trusted(&place.repository.reference()).await?;
        Ok(in_force("rules", trusted.as_ref(), |trusted| {
            trusted.catalog.rules.iter().map(|(name, rule)| sourced(name, rule)).collect()
        }))
    }
    .await;
    answer(&cx, found)
}

fn in_force(what: &str, trusted: Option<&Trusted>, list: impl Fn(&Trusted) -> Vec<Value>) -> Value {
    let Some(trusted) = trusted else {
        return json!({ what: [], "commit": null, "diagnostics": [], "broken": false });
    };
    let diagnostics: Vec<Value> = trusted.catalog.diagnostics.iter().map(wire::diagnostic).collect();
    json!({
        what: list(trusted),
        "commit": trusted.commit,
        "ceiling_commit": trusted.ceiling,
        "policy_digest": trusted.policy_digest,
        "broken": trusted.catalog.is_broken(),
        "diagnostics": diagnostics,
    })
}

fn sourced<T: Serialize>(name: &str, found: &Sourced<T>) -> Value {
    json!({ "name": name, "path": found.path, "scope": found.scope, "resolved": found.value })
}
