//! Takes attempts from the queue, as many as this process may work on at one time. Where there is no sandbox, what waits is
//! refused with the reason: nobody would come for it.

use std::sync::Arc;

use serde_json::json;

use crate::access::Cx;
use crate::engine::Engine;
use crate::engine::attempt;
use crate::kit::Result;
use crate::model::RunId;
use crate::runs::State;

/// How many are refused in one turn.
const MOST: i64 = 50;

pub(super) async fn step(engine: &Arc<Engine>) -> Result<bool> {
    let mut worked = false;
    if let Some(why) = engine.sandbox_missing().filter(|_| engine.settings.runners > 0) {
        for run in engine.runs.in_state(State::Queued, MOST).await? {
            refuse(engine, run.id, why).await?;
            worked = true;
        }
        return Ok(worked);
    }
    while engine.sandbox_missing().is_none() {
        let Some(place) = engine.living.place(engine.settings.runners) else { break };
        let Some(leased) = engine.runs.claim(&engine.settings.runner_name, engine.clock.now()).await? else { break };
        attempt::begin(engine, leased, place);
        worked = true;
    }
    Ok(worked)
}

async fn refuse(engine: &Engine, run: RunId, why: &str) -> Result<()> {
    let cx = Cx::system(&engine.clock);
    let mut step = engine.step(&cx).await?;
    let now = step.now();
    engine.runs.refuse(&mut step, run, ("sandbox_missing", why), now).await?;
    engine.approvals.withdraw(&mut step, run, "its run was refused", now).await?;
    step.finish("run.refuse", format!("run {run}"), json!({ "why": why })).await?;
    engine.runs.announce(run);
    Ok(())
}
