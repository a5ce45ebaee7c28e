//! The life of one attempt: from its lease to what it leaves.
//!
//! ```text
//!   prepare   snapshots are frozen: stack, context bundle, skills; quarantine, workspace
//!   watch     the sandbox runs; the lease beats; cancel, deadline and budget end it from outside
//!   servers   MCP servers of the stack are opened, and their tools held against what people agreed to
//!   tools     what the agent may ask of us while it runs; transcript, what it says
//!   ledger    what its calls of models cost, and what a day may cost
//!   save      meanwhile, and at its end: what it did so far becomes a commit on a hidden ref
//!   subagent  a part of the work for another stack, within the same attempt
//!   leave     what it left uncommitted becomes a proposal; the attempt ends with a reason
//!   keep      its workspace is put away for as long as it is kept
//!   go_on     another attempt begins with what was saved, and is told what happened
//! ```
//!
//! [`Attempts`](crate::engine::living::Attempts) knows the attempts of this process, so that a person who cancels one need not
//! wait for its next beat.

mod prepare;

mod gather;

mod reach;
mod recall;

mod servers;
mod skills;

mod family;
mod subagent;

mod tools;

mod look;

mod transcript;

mod ledger;

mod watch;

mod leave;

mod episode;

mod go_on;

mod keep;

mod save;

pub(super) use gather::trust_in;
pub(super) use go_on::earlier_work;
pub(super) use go_on::left_behind;
pub(super) use go_on::made_again;
pub(super) use keep::put_away;
pub(super) use prepare::OBJECTS;
pub(super) use save::save;

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
use crate::runs::Loss;

/// How long the end of an attempt waits before it is written again, at first and at most: a disk may be full for a moment.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The reason of an attempt whose server stopped in order.
const INTERRUPTED: &str = "interrupted";

/// How often a run is begun again by itself before a person has to.
pub(super) const MOST_IN_A_ROW: usize = 2;

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
    let mut prepared = prepare::prepare(engine, leased).await?;
    let ended = watch::watch(engine, leased, &mut prepared).await?;
    let left = leave::leave(engine, leased, &prepared, ended).await;
    keep::keep(engine, leased, &prepared.workspace).await;
    left
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
    let again = if left.reason == INTERRUPTED { engine.how_again(&leased.run).await? } else { None };
    let mut step = engine.step(&cx).await?;
    let now = step.now();
    let ended = if left.reason == INTERRUPTED {
        let loss = Loss { reason: INTERRUPTED, summary: &left.summary, again, most: MOST_IN_A_ROW };
        engine.runs.recover(&mut step, &leased.attempt, loss, now).await?;
        true
    } else {
        engine.runs.end_attempt(&mut step, leased.attempt.id, &left.reason, &left.summary, now).await?
    };
    // If not, it ended before: its lease was lost and somebody else gave it up, or this is tried again.
    if ended {
        let details = json!({ "attempt": leased.attempt.id, "reason": left.reason });
        step.finish("run.attempt_end", format!("run {}", leased.run.id), details).await?;
    } else {
        drop(step);
    }
    engine.settle_run(leased.run.id).await
}
