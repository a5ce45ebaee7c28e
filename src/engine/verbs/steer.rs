//! People steer a run: cancel, retry, answer.

use serde_json::json;

use crate::access::Action;
use crate::access::Cx;
use crate::engine::Engine;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::RunId;
use crate::runs::NewEvent;
use crate::runs::Run;
use crate::runs::State;

impl Engine {
    /// The run, if whoever acts may read its repository.
    pub async fn enter_run(&self, cx: &Cx, run: RunId) -> Result<(Run, crate::forge::embedded::Place)> {
        let unknown = || Error::not_found(format!("run {}", run.short()));
        let found = self.runs.run(run).await?;
        let place = self.forge.enter_by_id(cx, found.dispatch.repo.id).await.map_err(|_| unknown())?;
        Ok((found, place))
    }

    /// The run, if whoever acts may steer it: who asked for it may, and whoever may steer any.
    async fn steered(&self, cx: &Cx, run: RunId) -> Result<Run> {
        let (found, place) = self.enter_run(cx, run).await?;
        if cx.person().is_none() || cx.person() != found.dispatch.requester {
            cx.authorize(Action::SteerRun, &place.standing)?;
        }
        Ok(found)
    }

    /// Cancels a run. A living agent is ended within seconds.
    pub async fn cancel(&self, cx: &Cx, run: RunId, reason: &str) -> Result<()> {
        self.steered(cx, run).await?;
        let mut step = self.step(cx).await?;
        let now = step.now();
        self.runs.ask_cancel(&mut step, run, &cx.actor.name(), now).await?;
        self.approvals.withdraw(&mut step, run, "its run was cancelled", now).await?;
        step.finish("run.cancel", format!("run {run}"), json!({ "reason": reason })).await?;
        self.living.cancel(run);
        self.runs.announce(run);
        Ok(())
    }

    /// Asks for another attempt on the same snapshots; `refresh` is a new run's business.
    pub async fn retry(&self, cx: &Cx, run: RunId, reason: &str, refresh: bool) -> Result<()> {
        self.steered(cx, run).await?;
        if refresh {
            return Err(Error::invalid("A retry with `refresh` is not supported yet")
                .hint("dispatch a new run: it reads everything as it is now")
                .field("refresh"));
        }
        let mut step = self.step(cx).await?;
        let now = step.now();
        let attempt = self.runs.retry(&mut step, run, &cx.actor.name(), now).await?;
        let details = json!({ "reason": reason, "attempt": attempt.number });
        step.finish("run.retry", format!("run {run}"), details).await?;
        self.runs.announce(run);
        Ok(())
    }

    /// Answers the question of an agent.
    pub async fn answer(&self, cx: &Cx, run: RunId, text: &str) -> Result<()> {
        self.steered(cx, run).await?;
        if text.trim().is_empty() {
            return Err(Error::invalid("The answer is empty").field("text"));
        }
        let mut step = self.step(cx).await?;
        let now = step.now();
        let found = self.runs.lock(&mut step, run).await?;
        if found.state != State::NeedsInput {
            return Err(Error::conflict(format!("Run {} has asked nothing: it is `{}`", run.short(), found.state)));
        }
        let body = json!({ "by": cx.actor.name(), "text": text });
        self.runs.note(&mut step, run, None, now, &[NewEvent::ours("answer", body)]).await?;
        self.runs.change_state(&mut step, &found, State::Running, now).await?;
        step.finish("run.answer", format!("run {run}"), json!({ "bytes": text.len() })).await?;
        self.runs.announce(run);
        Ok(())
    }
}
