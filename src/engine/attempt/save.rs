//! What an agent did so far, saved while it works: a commit on a hidden ref of the run's quarantine.
//!
//! A deadline, a kill of the server and a lost lease then lose no more than the time since the last one. It holds the files
//! that differ from the checkout, but for what the `.gitignore` at the root names, and what no repository can hold. It is
//! never pushed or fetched: people see it on the run's page, and an attempt that goes on begins with it.

use std::convert::Infallible;
use std::sync::Arc;

use serde_json::json;
use tokio::time::MissedTickBehavior;

use crate::engine::Engine;
use crate::git::Expected;
use crate::git::NewCommit;
use crate::git::Side;
use crate::git::Who;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::AttemptId;
use crate::runs::Leased;
use crate::runs::NewEvent;
use crate::runs::Run;
use crate::runs::Saved;
use crate::sandbox::Workspace;

/// How many changed files are counted.
const MOST_COUNTED: usize = 20_000;

/// Saves again and again for as long as it is polled.
pub(super) async fn keep_saving(engine: &Engine, leased: &Leased, workspace: &Arc<Workspace>) -> Infallible {
    let period = engine.settings.checkpoint_every;
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = false;
    loop {
        ticks.tick().await;
        if let Err(error) = save(engine, &leased.run, leased.attempt.id, workspace).await {
            not_saved(engine, leased, &error, &mut told).await;
        }
    }
}

/// Saves for the last time. What cannot be saved is said, and the attempt ends as it would have.
pub(super) async fn save_at_the_end(engine: &Engine, leased: &Leased, workspace: &Arc<Workspace>) {
    if let Err(error) = save(engine, &leased.run, leased.attempt.id, workspace).await {
        not_saved(engine, leased, &error, &mut false).await;
    }
}

/// Saves what differs from the last time; nothing when that is nothing.
pub(in crate::engine) async fn save(
    engine: &Engine,
    run: &Run,
    attempt: AttemptId,
    workspace: &Arc<Workspace>,
) -> Result<Option<Saved>> {
    let Some(parent) = &run.dispatch.code_commit else { return Ok(None) };
    let quarantine = engine.git.quarantine_of(run.id);
    let tree = engine.work_so_far(&quarantine, parent, workspace).await?;
    let before = match engine.runs.attempt(attempt).await?.saved {
        Some(saved) => saved.commit,
        None => parent.clone(),
    };
    if quarantine.commit(&before).await?.is_some_and(|before| before.tree == tree) {
        return Ok(None);
    }
    let (changed, _) = quarantine.changes(Side::Commit(parent), Side::Tree(&tree), MOST_COUNTED).await?;
    let now = engine.clock.now();
    let by = Who { name: "forgehand".into(), email: "forgehand@forgehand.invalid".into(), at: now };
    let message = format!("Checkpoint of an attempt\n\nForgehand-Run: {}\nForgehand-Attempt: {attempt}", run.id);
    let commit = NewCommit { tree, parents: vec![parent.clone()], author: by.clone(), committer: by, message };
    let commit = quarantine.commit_tree(commit).await?;
    quarantine.update_ref(&format!("refs/forgehand/checkpoints/{attempt}"), &Expected::Any, Some(&commit)).await?;
    let saved = Saved { commit, files: i64::try_from(changed.len()).unwrap_or(i64::MAX), at: now };
    let mut tx = engine.db.begin().await?;
    engine.runs.save_work(&mut tx, run.id, attempt, &saved).await?;
    tx.commit().await?;
    engine.runs.announce(run.id);
    Ok(Some(saved))
}

/// Says once in the transcript that work cannot be saved, and why.
async fn not_saved(engine: &Engine, leased: &Leased, error: &Error, told: &mut bool) {
    tracing::warn!(attempt.id = %leased.attempt.id, error = %error.chain(), "cannot save the work of an attempt");
    if std::mem::replace(told, true) {
        return;
    }
    let line = NewEvent::ours("unsaved", json!({ "text": error.message() }));
    let noted = engine.runs.append(leased.run.id, Some(leased.attempt.id), engine.clock.now(), &[line]).await;
    if let Err(error) = noted {
        tracing::warn!(error = %error.chain(), "cannot say that work is not saved");
    }
}
