//! Gives queued executions their turn: when a place is free, the rule is asked again about the same event.

use crate::engine::Engine;
use crate::engine::firing::Fired;
use crate::events::Decision;
use crate::events::Execution;
use crate::kit::Result;
use crate::triggers::Outcome;

/// How many are looked at in one turn.
const MOST: u32 = 20;

pub(super) async fn step(engine: &Engine) -> Result<bool> {
    let waiting = {
        let mut connection = engine.db.read().await?;
        engine.events.waiting(&mut connection, MOST).await?
    };
    let mut worked = false;
    for execution in waiting {
        worked |= one(engine, &execution).await?;
    }
    Ok(worked)
}

/// Answers whether the execution waits no more.
async fn one(engine: &Engine, execution: &Execution) -> Result<bool> {
    let Some(stored) = engine.events.event(execution.what.event).await? else {
        return refuse(engine, execution, "its event is gone").await;
    };
    let Some(trusted) = engine.trusted(&stored.event.repo).await? else {
        return refuse(engine, execution, "the default branch has no commit any more").await;
    };
    let decisions = engine.ask_rules(&stored.event, &trusted).await?;
    let found = decisions.into_iter().find(|decision| decision.rule == execution.what.rule);
    let Some(Outcome::Fires(firing)) = found.map(|decision| decision.outcome) else {
        return refuse(engine, execution, "the rule changed while it waited, and does not fire any more").await;
    };
    let fired = Fired { stored: &stored, trusted: &trusted, rule: &execution.what.rule, firing: &firing };
    let mut tx = engine.db.begin().await?;
    let became = engine.fire(&mut tx, &fired).await?;
    if became.decision == Decision::Queued {
        return Ok(false);
    }
    let resolved = engine.events.resolve(&mut tx, execution.id, (became.decision, became.into), &became.reason).await?;
    if resolved {
        tx.commit().await?;
        engine.poke.poke();
    }
    Ok(resolved)
}

async fn refuse(engine: &Engine, execution: &Execution, reason: &str) -> Result<bool> {
    let mut tx = engine.db.begin().await?;
    let done = engine.events.resolve(&mut tx, execution.id, (Decision::Refused, None), reason).await?;
    tx.commit().await?;
    Ok(done)
}
