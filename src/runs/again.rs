//! Another attempt of the same run: because a person says so, or because a runner went away.

use serde_json::json;

use crate::db::Tx;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::AttemptId;
use crate::model::RunId;
use crate::runs::Again;
use crate::runs::Attempt;
use crate::runs::AttemptKind;
use crate::runs::NewEvent;
use crate::runs::Run;
use crate::runs::Runs;
use crate::runs::Saved;
use crate::runs::Snapshots;
use crate::runs::State;
use crate::runs::Verb;
use crate::runs::store;
use crate::runs::verb::Becomes;

/// Who begins attempts again that no person asked for.
pub(super) const BY_ITSELF: &str = "forgehand";

/// An attempt whose runner went away.
#[derive(Clone, Copy, Debug)]
pub struct Loss<'a> {
    /// `lost` or `interrupted`.
    pub reason: &'static str,
    /// Why, in a sentence.
    pub summary: &'a str,
    /// How it is begun again; none leaves that to a person.
    pub again: Option<AttemptKind>,
    /// How often it is begun again without a person.
    pub most: usize,
}

impl Runs {
    /// Adds an attempt to a run whose agent has ended.
    pub async fn begin_again(&self, tx: &mut Tx, run: RunId, again: Again<'_>, now: Timestamp) -> Result<Attempt> {
        let found = self.lock(tx, run).await?;
        let verb = if again.kind == AttemptKind::Resume { Verb::Resume } else { Verb::Retry };
        if verb.check(run, found.state)? != Becomes::Attempt {
            return Err(Error::conflict(format!("The agent of run {} still lives", run.short())));
        }
        if let Some(snapshots) = &again.snapshots {
            self.look_anew(tx, &found, snapshots, now).await?;
        }
        self.requeue(tx, &found, &again, now).await
    }

    /// Ends an attempt whose runner went away, and begins it again if it should be. Answers whether there is another
    /// attempt; if not, the run is over.
    pub async fn recover(&self, tx: &mut Tx, attempt: &Attempt, loss: Loss<'_>, now: Timestamp) -> Result<bool> {
        let run = self.lock(tx, attempt.run).await?;
        if !self.end_attempt(tx, attempt.id, loss.reason, loss.summary, now).await? || run.state.is_final() {
            return Ok(false);
        }
        if run.cancel_asked_by.is_some() {
            self.finish(tx, &run, State::Cancelled, ("cancelled", "it was cancelled while its runner was away"), now)
                .await?;
            return Ok(false);
        }
        let attempts = store::attempts(tx, run.id).await?;
        let alone = attempts.iter().rev().take_while(|attempt| attempt.asked_by == BY_ITSELF).count();
        let Some(kind) = loss.again.filter(|_| alone < loss.most) else {
            let state = if loss.reason == "lost" { State::Lost } else { State::Failed };
            let told = if loss.again.is_some() {
                format!("{}, {} times in a row", loss.summary, alone + 1)
            } else {
                loss.summary.to_owned()
            };
            self.finish(tx, &run, state, (loss.reason, &told), now).await?;
            return Ok(false);
        };
        let begins_with = (kind == AttemptKind::Resume).then_some(attempt.id);
        let again = Again { kind, asked_by: BY_ITSELF, message: None, begins_with, snapshots: None };
        self.requeue(tx, &run, &again, now).await?;
        Ok(true)
    }

    /// Keeps what is saved of an attempt's work.
    pub async fn save_work(&self, tx: &mut Tx, run: RunId, attempt: AttemptId, saved: &Saved) -> Result<()> {
        store::save(tx, attempt, saved).await?;
        let body = json!({ "commit": saved.commit, "files": saved.files });
        self.note(tx, run, Some(attempt), saved.at, &[NewEvent::ours("checkpoint", body)]).await
    }

    async fn requeue(&self, tx: &mut Tx, run: &Run, again: &Again<'_>, now: Timestamp) -> Result<Attempt> {
        run.state.check(State::Queued)?;
        let attempt = self.add_attempt(tx, run.id, again, now).await?;
        store::reopen(tx, run.id).await?;
        let body = json!({
            "state": "queued",
            "by": again.asked_by,
            "attempt": attempt.number,
            "kind": again.kind.as_str(),
            "text": again.message,
        });
        self.note(tx, run.id, Some(attempt.id), now, &[NewEvent::ours("state", body)]).await?;
        Ok(attempt)
    }

    /// Puts the world as it is now in place of what the run was dispatched with.
    async fn look_anew(&self, tx: &mut Tx, run: &Run, now_is: &Snapshots, now: Timestamp) -> Result<()> {
        let was = run.dispatch.snapshots();
        store::refresh(tx, run.id, now_is).await?;
        let body = json!({
            "code": { "was": was.code_commit, "is": now_is.code_commit },
            "config": { "was": was.config_commit, "is": now_is.config_commit },
            "policy": { "was": was.policy_digest, "is": now_is.policy_digest },
        });
        self.note(tx, run.id, None, now, &[NewEvent::ours("refreshed", body)]).await
    }
}
