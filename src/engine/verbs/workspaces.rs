//! Workspaces of attempts that have ended, as people see and mend them; and how long they are kept.

use std::sync::Arc;

use serde_json::json;

use crate::access::Cx;
use crate::engine::Engine;
use crate::engine::attempt;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::AttemptId;
use crate::model::RunId;
use crate::runs::Attempt;
use crate::runs::FolderState;
use crate::runs::Look;
use crate::runs::Run;
use crate::sandbox::Label;

/// How many are swept in one turn.
const MOST: i64 = 20;

impl Engine {
    /// How the workspace of an attempt looks.
    pub fn look_at_workspace(&self, attempt: &Attempt) -> Look {
        attempt.look(self.workspaces.is_kept(&attempt.id.to_string()))
    }

    /// Whether the code of a run moved on since its agent saw it.
    pub async fn is_stale(&self, run: &Run) -> bool {
        // A branch that is gone moved too.
        self.code_now(run).await.ok() != run.dispatch.code_commit
    }

    /// Makes the workspace of an attempt again from what was saved of it.
    pub async fn recover_workspace(&self, cx: &Cx, run: RunId, number: i64) -> Result<()> {
        let (found, attempt) = self.steered_attempt(cx, run, number).await?;
        let look = self.look_at_workspace(&attempt);
        if !look.may_be_recovered() {
            return Err(not_now("recover", number, look));
        }
        if attempt.saved.is_none() {
            return Err(Error::conflict(format!("Nothing of the work of attempt {number} was saved"))
                .hint("retry the run instead"));
        }
        let workspace = attempt::made_again(self, &found, &attempt).await?;
        attempt::put_away(self, &found, attempt.id, &workspace).await?;
        let step = self.step(cx).await?;
        step.finish("run.workspace_recover", format!("run {run}"), json!({ "attempt": number })).await?;
        self.runs.announce(run);
        Ok(())
    }

    /// Throws the workspace of an attempt away; what was saved of it stays.
    pub async fn archive_workspace(&self, cx: &Cx, run: RunId, number: i64) -> Result<()> {
        let (_, attempt) = self.steered_attempt(cx, run, number).await?;
        let look = self.look_at_workspace(&attempt);
        if !look.may_be_archived() {
            return Err(not_now("archive", number, look));
        }
        let mut step = self.step(cx).await?;
        let now = step.now();
        self.runs.move_folder(&mut step, (run, attempt.id), FolderState::Archived, now).await?;
        step.finish("run.workspace_archive", format!("run {run}"), json!({ "attempt": number })).await?;
        self.workspaces.let_go(&attempt.id.to_string());
        self.runs.announce(run);
        Ok(())
    }

    async fn steered_attempt(&self, cx: &Cx, run: RunId, number: i64) -> Result<(Run, Attempt)> {
        let found = self.steered(cx, run).await?;
        let attempt = self.runs.attempts(run).await?.into_iter().find(|attempt| attempt.number == number);
        Ok((found, attempt.ok_or_else(|| Error::not_found(format!("attempt {number}")))?))
    }

    /// Throws away what was kept long enough, and the oldest while there is too much. Answers whether there was any.
    pub(in crate::engine) async fn sweep_workspaces(&self) -> Result<bool> {
        let now = self.clock.now();
        let mut due = self.runs.folders_due(now, MOST).await?;
        let most = i64::try_from(self.settings.keep_bytes).unwrap_or(i64::MAX);
        if due.is_empty() && self.runs.folder_bytes().await? > most {
            due = self.runs.folders_due(crate::kit::clock::Timestamp(i64::MAX), 1).await?;
        }
        for attempt in &due {
            let mut tx = self.db.begin().await?;
            self.runs.move_folder(&mut tx, (attempt.run, attempt.id), FolderState::Swept, now).await?;
            tx.commit().await?;
            self.workspaces.let_go(&attempt.id.to_string());
        }
        Ok(!due.is_empty())
    }

    /// Takes care of the workspaces that a server left which died: saves what is in them, and keeps them.
    pub(in crate::engine) async fn adopt_workspaces(&self) -> Result<()> {
        for label in self.workspaces.all_kept()? {
            let known = match label.name.parse::<AttemptId>() {
                Ok(id) => self.runs.attempt(id).await.ok(),
                Err(_) => None,
            };
            let Some(attempt) = known else {
                self.workspaces.let_go(&label.name);
                continue;
            };
            if attempt.folder.is_some_and(|folder| folder.state == FolderState::Kept) {
                continue;
            }
            if let Err(error) = self.adopt(&attempt, &label).await {
                tracing::warn!(attempt.id = %attempt.id, error = %error.chain(), "cannot take over a workspace");
                self.workspaces.let_go(&label.name);
            }
        }
        Ok(())
    }

    async fn adopt(&self, attempt: &Attempt, label: &Label) -> Result<()> {
        let run = self.runs.run(attempt.run).await?;
        let Some(workspace) = attempt::left_behind(self, &run, label).await? else { return Ok(()) };
        let workspace = Arc::new(workspace);
        attempt::save(self, &run, attempt.id, &workspace).await?;
        attempt::put_away(self, &run, attempt.id, &workspace).await
    }
}

fn not_now(verb: &str, number: i64, look: Look) -> Error {
    Error::conflict(format!("Cannot {verb} the workspace of attempt {number}: it is `{}`", look.as_str()))
        .code("NOT_IN_THIS_STATE")
}
