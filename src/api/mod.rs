//! The doors for programs: `/api/v1`, the forge's own interface in Gitea's shape; `/api/agents/v1`, everything about runs;
//! and Git itself.
//!
//! Who is who: [`SignedIn`] turns the `Authorization` header into a context for all three; a `Refusal` turns our errors
//! into each API's shape. A handler extracts, asks one room or one verb of the engine, and answers. Wire structs are built
//! by hand from domain types, so that nothing leaks by accident.
//!
//! To add an endpoint: a file in `agents/` or `v1/`, and a line in its table of contents.

mod signed_in;

pub mod agents;

pub mod git;

pub mod v1;

pub use signed_in::SignedIn;

use std::sync::Arc;

use axum::Router;

use crate::engine::Engine;

/// The doors for programs.
pub fn router(engine: &Arc<Engine>) -> Router {
    let forge = Router::new().nest("/api/v1", v1::router()).merge(git::router());
    agents::router(engine).merge(forge.with_state(engine.clone()))
}
