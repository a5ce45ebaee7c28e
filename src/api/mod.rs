//! The JSON doors: `/api/v1`, the forge's own interface in Gitea's shape, and `/api/agents/v1`, everything about runs.
//!
//! Who is who: [`SignedIn`] turns the `Authorization` header into a context; [`Answer`] turns our errors into each API's
//! shape. A handler extracts, asks one room or one verb of the engine, and answers. Wire structs are built by hand from
//! domain types, so that nothing leaks by accident.
//!
//! To add an endpoint: a file in `agents/` or `v1/`, and a line in its table of contents.

mod signed_in;

pub mod agents;

pub use signed_in::SignedIn;

use std::sync::Arc;

use axum::Router;

use crate::engine::Engine;

/// Both JSON doors.
pub fn router(engine: &Arc<Engine>) -> Router {
    agents::router(engine)
}
