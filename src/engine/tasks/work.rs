//! Takes attempts from the queue, as many as this process may work on at one time.

use std::sync::Arc;

use crate::engine::Engine;
use crate::engine::attempt;
use crate::kit::Result;

pub(super) async fn step(engine: &Arc<Engine>) -> Result<bool> {
    let mut worked = false;
    while engine.sandbox_missing().is_none() {
        let Some(place) = engine.living.place(engine.settings.runners) else { break };
        let Some(leased) = engine.runs.claim(&engine.settings.runner_name, engine.clock.now()).await? else { break };
        attempt::begin(engine, leased, place);
        worked = true;
    }
    Ok(worked)
}
