//! The workspace of an attempt: opened fresh, or the one that the attempt before it left; and put away at the end.

use std::sync::Arc;

use serde_json::json;

use crate::engine::Engine;
use crate::engine::attempt::go_on;
use crate::engine::attempt::save;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::model::AttemptId;
use crate::model::CommitId;
use crate::runs::AttemptKind;
use crate::runs::FolderState;
use crate::runs::Leased;
use crate::runs::NewEvent;
use crate::runs::Run;
use crate::sandbox::Label;
use crate::sandbox::Tier;
use crate::sandbox::Workspace;

/// Opens the workspace of an attempt. One that goes on works where the one before it worked, if that is still there;
/// otherwise what was saved is laid into a fresh one.
pub(super) async fn open(engine: &Engine, leased: &Leased, commit: &CommitId) -> Result<Arc<Workspace>> {
    let run = &leased.run;
    let workspace = match reopened(engine, leased, commit).await? {
        Some(workspace) => workspace,
        None => {
            let dispatch = &run.dispatch;
            let branch = dispatch.code_branch.as_ref();
            let fresh = engine.workspace(&dispatch.repo, commit, branch, tier_of(run)).await?;
            Arc::new(fresh)
        }
    };
    workspace.label(&label(engine, run, leased.attempt.id, commit))?;
    Ok(workspace)
}

/// Lays what was saved into a workspace that nobody worked in yet. Done when the quarantine is there.
pub(super) async fn begin(engine: &Engine, leased: &Leased, workspace: &Arc<Workspace>) -> Result<()> {
    let touched = {
        let workspace = Arc::clone(workspace);
        tokio::task::spawn_blocking(move || workspace.is_touched()).await.context("Looking at a workspace broke off")?
    };
    if touched {
        return save::save(engine, &leased.run, leased.attempt.id, workspace).await.map(drop);
    }
    go_on::lay_earlier_work(engine, leased, workspace).await
}

async fn reopened(engine: &Engine, leased: &Leased, commit: &CommitId) -> Result<Option<Arc<Workspace>>> {
    let Some(before) = leased.attempt.begins_with.filter(|_| leased.attempt.kind == AttemptKind::Resume) else {
        return Ok(None);
    };
    if !engine.workspaces.is_kept(&before.to_string()) {
        return Ok(None);
    }
    let run = &leased.run;
    let lower = engine.checkout(&run.dispatch.repo, commit, run.dispatch.code_branch.as_ref(), tier_of(run)).await?;
    let (workspaces, wanted) = (engine.workspaces.clone(), label(engine, run, before, commit));
    let opened = tokio::task::spawn_blocking(move || workspaces.reopen(&wanted, &lower));
    let now = engine.clock.now();
    match opened.await.context("Opening a workspace broke off")? {
        Ok(opened) => {
            let mut tx = engine.db.begin().await?;
            engine.runs.move_folder(&mut tx, (run.id, before), FolderState::Taken, now).await?;
            tx.commit().await?;
            Ok(opened.map(Arc::new))
        }
        Err(error) => {
            let body = json!({ "state": "refused", "text": error.message() });
            let line = NewEvent::ours("workspace", body);
            engine.runs.append(run.id, Some(leased.attempt.id), now, &[line]).await?;
            Ok(None)
        }
    }
}

/// Puts the workspace of an attempt that has ended away. What cannot be kept is thrown away: what was saved stays.
pub(super) async fn keep(engine: &Engine, leased: &Leased, workspace: &Arc<Workspace>) {
    if let Err(error) = put_away(engine, &leased.run, leased.attempt.id, workspace).await {
        tracing::warn!(attempt.id = %leased.attempt.id, error = %error.chain(), "cannot keep a workspace");
    }
}

/// The same, for whoever has a workspace of an attempt.
pub(in crate::engine) async fn put_away(
    engine: &Engine,
    run: &Run,
    attempt: AttemptId,
    workspace: &Arc<Workspace>,
) -> Result<()> {
    let period = engine.settings.keep_workspaces;
    let Some(commit) = run.dispatch.code_commit.as_ref().filter(|_| !period.is_zero()) else { return Ok(()) };
    // It may have lost its trust while its agent worked.
    let run = engine.runs.run(run.id).await?;
    workspace.label(&label(engine, &run, attempt, commit))?;
    let kept = Arc::clone(workspace);
    let bytes = tokio::task::spawn_blocking(move || kept.keep()).await.context("Keeping a workspace broke off")??;
    let Some(bytes) = bytes else { return Ok(()) };
    let mut tx = engine.db.begin().await?;
    let until = engine.clock.now().plus(period);
    engine.runs.keep_folder(&mut tx, attempt, i64::try_from(bytes).unwrap_or(i64::MAX), until).await?;
    tx.commit().await
}

/// What the workspace of an attempt is known by.
pub(in crate::engine) fn label(engine: &Engine, run: &Run, attempt: AttemptId, commit: &CommitId) -> Label {
    let (dispatch, tier) = (&run.dispatch, tier_of(run));
    let key = engine.checkout_key(&dispatch.repo, commit, dispatch.code_branch.as_ref(), tier);
    Label { name: attempt.to_string(), key, tier }
}

/// Whose hands a run is in.
pub(in crate::engine) fn tier_of(run: &Run) -> Tier {
    if run.dispatch.trusted { Tier::Trusted } else { Tier::Untrusted }
}
