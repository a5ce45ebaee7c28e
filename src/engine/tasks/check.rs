//! Says on commits what became of checks, and takes jobs from the queue, as many as this process may work on at one time.

use std::sync::Arc;

use crate::engine::Engine;
use crate::engine::check;
use crate::kit::Result;

pub(super) async fn step(engine: &Arc<Engine>) -> Result<bool> {
    let mut worked = engine.tell_checks().await?;
    worked |= engine.checks.release(engine.clock.now()).await?;
    for job in engine.checks.lost(engine.clock.now()).await? {
        if !engine.checking.holds(job.id) {
            engine.give_up_check(&job).await?;
            worked = true;
        }
    }
    while engine.sandbox_missing().is_none() {
        let Some(place) = engine.checking.place(engine.settings.checkers) else { break };
        let Some(job) = engine.checks.claim(&engine.settings.runner_name, engine.clock.now()).await? else { break };
        check::begin(engine, job, place);
        worked = true;
    }
    Ok(worked)
}
