//! Fetches imports and mirrors that are due. Each is a task of its own, so that a slow server holds up nobody else.

use std::sync::Arc;

use crate::engine::Engine;
use crate::kit::Result;

pub(super) async fn step(engine: &Arc<Engine>) -> Result<bool> {
    let mut worked = false;
    for repo in engine.forge.due_origins(engine.clock.now()).await? {
        worked |= engine.begin_fetch(repo).await?.is_some();
    }
    Ok(worked)
}
