//! `/api/agents/v1`: stacks, rules, runs, approvals, deliveries, executions, audit.

mod refusal;

pub use refusal::Refusal;

use std::sync::Arc;

use axum::Router;

use crate::engine::Engine;

/// The routes, grouped by what they are about.
pub fn router(engine: &Arc<Engine>) -> Router {
    Router::new().with_state(Arc::clone(engine))
}
