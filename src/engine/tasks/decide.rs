//! Asks the rules about each event, once, and stores what each decided and why.

use crate::engine::Engine;
use crate::engine::verbs::commands;
use crate::events::EventState;
use crate::events::StoredEvent;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::model::ActorKind;

/// How many events are decided in one turn.
const MOST: u32 = 50;

/// How often one event is tried, about two hours in all, before it is left to a person.
const MOST_TRIES: i64 = 20;

pub(super) async fn step(engine: &Engine) -> Result<bool> {
    let pending = engine.events.pending(MOST).await?;
    for stored in &pending {
        if let Err(error) = one(engine, stored).await {
            tracing::error!(event.id = %stored.id, error = %error.chain(), "cannot decide an event");
            put_aside(engine, stored, &error).await?;
        }
    }
    Ok(!pending.is_empty())
}

/// An event that cannot be decided must not hold up those behind it, and must not be lost either: what may pass is
/// tried again, what stays wrong is settled with its reason and can be replayed.
async fn put_aside(engine: &Engine, stored: &StoredEvent, error: &Error) -> Result<()> {
    let passing = matches!(error.kind(), ErrorKind::Internal | ErrorKind::Unavailable);
    let mut tx = engine.db.begin().await?;
    if passing && stored.tries < MOST_TRIES {
        let reason = format!("it could not be decided yet and is tried again: {}", error.message());
        engine.events.postpone(&mut tx, stored, &reason).await?;
    } else {
        let reason = format!("it could not be decided: {}", error.message());
        engine.events.settle(&mut tx, stored.id, EventState::Ignored, &reason).await?;
    }
    tx.commit().await
}

async fn one(engine: &Engine, stored: &StoredEvent) -> Result<()> {
    // What is checked does not depend on who did it: an agent's branch is checked like a person's.
    engine.plan_checks(stored).await?;
    engine.wind_after(stored).await?;
    engine.check_brain(stored).await?;
    // Before any queue or limit is looked at: our own hand starts and cancels nothing.
    if stored.event.actor.kind == ActorKind::Own {
        let mut tx = engine.db.begin().await?;
        let reason = "our own hand did it, and own events are dropped first";
        engine.events.settle(&mut tx, stored.id, EventState::Ignored, reason).await?;
        tx.commit().await?;
    } else {
        commands::obey(engine, stored).await?;
        engine.decide_event(stored).await?;
    }
    engine.look_for_moved_targets(Some(stored.event.repo.id)).await
}
