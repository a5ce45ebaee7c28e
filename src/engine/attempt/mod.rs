//! The life of one attempt: from its lease to what it leaves.
//!
//! ```text
//!   prepare   snapshots are frozen: stack, context bundle; quarantine, workspace
//!   watch     the sandbox runs; the lease beats; cancel, deadline and budget end it from outside
//!   tools     what the agent may ask of us while it runs; transcript, what it says
//!   leave     what it left uncommitted becomes a proposal; the attempt ends with a reason
//! ```
//!
//! [`Attempts`](crate::engine::living::Attempts) knows the attempts of this process, so that a person who cancels one need not
//! wait for its next beat.

mod prepare;

mod gather;

mod tools;

mod transcript;

mod watch;

mod leave;

pub(super) use prepare::OBJECTS;

use std::sync::Arc;

use serde_json::json;

use crate::access::Cx;
use crate::engine::Engine;
use crate::engine::attempt::leave::Left;
use crate::engine::living::Place;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::model::AttemptId;
use crate::model::RunId;
use crate::runs::Leased;

/// Begins an attempt in a task of its own. The place is given back when it has ended.
pub(super) fn begin(engine: &Arc<Engine>, leased: Leased, place: Place<AttemptId, RunId>) {
    let engine = Arc::clone(engine);
    engine.living.enter(leased.attempt.id, leased.run.id);
    #[expect(
        clippy::disallowed_methods,
        reason = "`Living` owns the task by its place: it waits for all of them to end"
    )]
    tokio::spawn(async move {
        let attempt = leased.attempt.id;
        let left = match live(&engine, &leased).await {
            Ok(left) => left,
            Err(error) => could_not(&error),
        };
        if let Err(error) = end(&engine, &leased, &left).await {
            tracing::error!(attempt.id = %attempt, error = %error.chain(), "cannot end an attempt");
        }
        engine.living.leave(attempt);
        drop(place);
        engine.poke.poke();
    });
}

async fn live(engine: &Arc<Engine>, leased: &Leased) -> Result<Left> {
    let prepared = prepare::prepare(engine, leased).await?;
    let ended = watch::watch(engine, leased, &prepared).await?;
    leave::leave(engine, leased, &prepared, ended).await
}

/// An attempt that could not be made ends with a sentence for the reader; a failure of our own shows none of its causes.
fn could_not(error: &Error) -> Left {
    if error.kind() == ErrorKind::Internal {
        tracing::error!(error = %error.chain(), "an attempt failed");
        return Left { reason: "internal".into(), summary: "the server failed; its log says why".into() };
    }
    let hints: String = error.hints().iter().map(|hint| format!("; hint: {hint}")).collect();
    Left { reason: error.code_name().to_ascii_lowercase(), summary: format!("{}{hints}", error.message()) }
}

async fn end(engine: &Engine, leased: &Leased, left: &Left) -> Result<()> {
    let cx = Cx::system(&engine.clock);
    let mut step = engine.step(&cx).await?;
    let now = step.now();
    let ended = engine.runs.end_attempt(&mut step, leased.attempt.id, &left.reason, &left.summary, now).await?;
    if !ended {
        // Its lease was lost, and somebody else has given it up already.
        return Ok(());
    }
    let details = json!({ "attempt": leased.attempt.id, "reason": left.reason });
    step.finish("run.attempt_end", format!("run {}", leased.run.id), details).await?;
    engine.settle_run(leased.run.id).await
}
