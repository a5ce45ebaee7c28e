//! Looks after what nobody pokes for: requests that expire, runners that fall silent.

use std::time::Duration;

use serde_json::json;

use crate::access::Cx;
use crate::engine::Engine;
use crate::engine::attempt::MOST_IN_A_ROW;
use crate::kit::Result;
use crate::model::EffectId;
use crate::runs::Attempt;
use crate::runs::AttemptState;
use crate::runs::Loss;

/// How long a key waits for a run that waits for its turn.
const LONGEST_QUEUE: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) async fn step(engine: &Engine) -> Result<bool> {
    let expired = expire(engine).await?;
    forget_keys(engine).await?;
    settle_calls(engine).await?;
    let lost = engine.runs.lost_attempts(engine.clock.now()).await?;
    for attempt in &lost {
        if !engine.living.holds(attempt.id) {
            give_up(engine, attempt).await?;
        }
    }
    Ok(expired)
}

/// After a restart: nobody works on what this process held before.
pub(super) async fn recover(engine: &Engine) -> Result<()> {
    engine.adopt_workspaces().await?;
    for attempt in engine.runs.held_by(&engine.settings.runner_name).await? {
        give_up(engine, &attempt).await?;
    }
    engine.forge.recover_origins(engine.clock.now()).await?;
    engine.recover_checks().await?;
    engine.forge.reconcile_left_over(engine.clock.now()).await?;
    engine.settle_all_runs().await?;
    engine.look_for_moved_targets(None).await
}

/// Keys that people brought for runs which have ended, or which were never made.
async fn forget_keys(engine: &Engine) -> Result<()> {
    let now = engine.clock.now();
    for brought in engine.models.brought().await? {
        let over = match brought.run {
            Some(run) => engine.runs.run(run).await?.state.is_final(),
            None => brought.at < now.minus(LONGEST_QUEUE),
        };
        if over {
            engine.models.forget_brought(brought.event, now).await?;
        }
    }
    Ok(())
}

/// Calls of models that nobody settled, of attempts that are over: a server died in the middle of them.
async fn settle_calls(engine: &Engine) -> Result<()> {
    for attempt in engine.models.unsettled().await? {
        let over = engine.runs.attempt(attempt).await?.state == AttemptState::Ended;
        if over && !engine.living.holds(attempt) {
            engine.models.settle_left(attempt).await?;
        }
    }
    Ok(())
}

async fn give_up(engine: &Engine, attempt: &Attempt) -> Result<()> {
    let cx = Cx::system(&engine.clock);
    let kind = engine.how_again(&engine.runs.run(attempt.run).await?).await?;
    let summary = match &attempt.saved {
        Some(saved) => format!("its runner disappeared; {} of its files are saved", saved.files),
        None => "its runner disappeared".to_owned(),
    };
    let loss = Loss { reason: "lost", summary: &summary, again: kind, most: MOST_IN_A_ROW };
    let mut step = engine.step(&cx).await?;
    let now = step.now();
    let again = engine.runs.recover(&mut step, attempt, loss, now).await?;
    let details = json!({ "attempt": attempt.id, "number": attempt.number, "again": again });
    step.finish("run.attempt_lost", format!("run {}", attempt.run), details).await?;
    engine.runs.announce(attempt.run);
    Ok(())
}

async fn expire(engine: &Engine) -> Result<bool> {
    let cx = Cx::system(&engine.clock);
    let mut step = engine.step(&cx).await?;
    let now = step.now();
    let late = engine.approvals.expire(&mut step, now).await?;
    if late.is_empty() {
        return Ok(false);
    }
    for (effect, run) in &late {
        engine.tell_run(&mut step, *run, *effect, ("expired", "forgehand", "nobody decided in time")).await?;
    }
    let effects: Vec<EffectId> = late.iter().map(|(effect, _)| *effect).collect();
    step.finish("approval.expire", format!("{} effects", late.len()), json!({ "effects": effects })).await?;
    for (_, run) in late {
        engine.settle_run(run).await?;
    }
    Ok(true)
}
