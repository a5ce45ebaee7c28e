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
use std::time::Duration;

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

/// How long the end of an attempt waits before it is written again, at first and at most: a disk may be full for a moment.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

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
        let mut wait = FIRST_WAIT;
        while let Err(error) = end(&engine, &leased, &left).await {
            tracing::error!(attempt.id = %attempt, error = %error.chain(), "cannot end an attempt");
            if wait > LONGEST_WAIT {
                // Its lease runs out, and it is begun again.
                break;
            }
            tokio::time::sleep(wait).await;
            wait *= 2;
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
    // If not, it ended before: its lease was lost and somebody else gave it up, or this is tried again.
    if ended {
        let details = json!({ "attempt": leased.attempt.id, "reason": left.reason });
        step.finish("run.attempt_end", format!("run {}", leased.run.id), details).await?;
    } else {
        drop(step);
    }
    engine.settle_run(leased.run.id).await
}
