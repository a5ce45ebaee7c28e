//! `/api/agents/v1`: stacks, rules, runs, approvals, checks, secrets, deliveries, executions, audit.
//!
//! A handler names who calls, asks one room or one verb, and gives [`answer`] what came: JSON, or an error in this API's
//! shape. Shapes are in [`wire`], made by hand.

mod answer;

mod wire;

mod stacks;

mod dispatch;

mod runs;

mod events;

mod steer;

mod approvals;

mod checks;

mod deliveries;

mod audit;

mod memory;
mod memory_import;
mod memory_lists;
mod models;
mod secrets;
mod tools;
mod usage;

mod openapi;

mod once;

mod refusal;

pub use refusal::Refusal;

use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::get;
use axum::routing::post;
use axum::routing::put;

use crate::engine::Engine;

/// The routes, grouped by what they are about.
pub fn router(engine: &Arc<Engine>) -> Router {
    let routes = Router::new()
        .route("/openapi.json", get(openapi::document))
        .route("/schemas/{kind}", get(openapi::schema))
        // What is in force.
        .route("/repos/{owner}/{repo}/stacks", get(stacks::stacks))
        .route("/repos/{owner}/{repo}/rules", get(stacks::rules))
        .route("/repos/{owner}/{repo}/rules/{name}/dry-run", post(dispatch::dry_run))
        .route("/repos/{owner}/{repo}/permissions/review", post(dispatch::review))
        // Runs.
        .route("/repos/{owner}/{repo}/runs", post(dispatch::dispatch))
        .route("/runs", get(runs::list))
        .route("/runs/{id}", get(runs::one))
        .route("/runs/{id}/attempts", get(runs::attempts))
        .route("/runs/{id}/context", get(runs::context))
        .route("/runs/{id}/proposal", get(runs::proposal))
        .route("/runs/{id}/events", get(events::events))
        .route("/runs/{id}/{verb}", post(steer::steer))
        // What people decide.
        .route("/approvals", get(approvals::list))
        .route("/approvals/{id}", get(approvals::one))
        .route("/approvals/{id}/decision", post(approvals::decide))
        // Checks of the forge itself.
        .route("/repos/{owner}/{repo}/checks", get(checks::list))
        .route("/repos/{owner}/{repo}/checks/{id}", get(checks::one).post(checks::steer_commit))
        .route("/repos/{owner}/{repo}/checks/{id}/log", get(checks::log))
        .route("/repos/{owner}/{repo}/checks/{id}/{verb}", post(checks::steer))
        // Secrets: names and grants, never a value.
        .route("/repos/{owner}/{repo}/tools", get(tools::list))
        .route("/repos/{owner}/{repo}/tools/{id}", post(tools::decide))
        .route("/repos/{owner}/{repo}/secrets", get(secrets::list))
        .route("/repos/{owner}/{repo}/secrets/{name}", put(secrets::set).delete(secrets::remove))
        .route("/repos/{owner}/{repo}/secrets/{name}/grant", post(secrets::grant))
        .route("/repos/{owner}/{repo}/secrets/{name}/revoke", post(secrets::revoke))
        .route("/orgs/{owner}/secrets", get(secrets::list))
        .route("/orgs/{owner}/secrets/{name}", put(secrets::set).delete(secrets::remove))
        .route("/orgs/{owner}/secrets/{name}/grant", post(secrets::grant))
        .route("/orgs/{owner}/secrets/{name}/revoke", post(secrets::revoke))
        .route("/orgs/{owner}/usage", get(usage::usage))
        // Models of the server: never a key.
        .route("/models", get(models::list))
        .route("/models/{name}", put(models::set).delete(models::remove))
        .route("/models/{name}/key", put(models::set_key).delete(models::forget_key))
        // Why something happened, or did not.
        .route("/repos/{owner}/{repo}/deliveries", get(deliveries::list))
        .route("/deliveries/{id}", get(deliveries::one))
        .route("/deliveries/{id}/replay", post(deliveries::replay))
        .route("/executions", get(deliveries::executions))
        // The company brain.
        .route("/orgs/{organisation}/memory/query", get(memory::query))
        .route("/orgs/{organisation}/memory/records/{*id}", get(memory::record))
        .route("/orgs/{organisation}/memory/snapshots/{id}", get(memory::snapshot))
        .route("/orgs/{organisation}/memory/import", post(memory_import::import))
        .route("/orgs/{organisation}/memory/updates", get(memory_lists::updates))
        .route("/orgs/{organisation}/memory/stale", get(memory_lists::stale))
        .route("/orgs/{organisation}/memory/unowned", get(memory_lists::unowned))
        .route("/orgs/{organisation}/memory/used", get(memory_lists::used))
        .route("/audit", get(audit::list))
        .layer(middleware::from_fn_with_state(Arc::clone(engine), once::once));
    Router::new().nest("/api/agents/v1", routes).with_state(Arc::clone(engine))
}
