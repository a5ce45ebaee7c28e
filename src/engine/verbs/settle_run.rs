//! Where a run stands once its agent is done, looked at again whenever something of it changed.

use serde_json::json;

use crate::access::Cx;
use crate::db::Tx;
use crate::engine::Engine;
use crate::engine::conclude::AgentEnd;
use crate::engine::conclude::Effects;
use crate::engine::conclude::Next;
use crate::engine::conclude::conclude;
use crate::kit::Result;
use crate::model::EffectId;
use crate::model::RunId;
use crate::model::Verdict;
use crate::runs::AttemptState;
use crate::runs::NewEvent;
use crate::runs::State;

impl Engine {
    /// Moves a run to the state that follows from what its agent left, what people said and what was written.
    pub async fn settle_run(&self, id: RunId) -> Result<()> {
        let attempts = self.runs.attempts(id).await?;
        let Some(last) = attempts.last().filter(|attempt| attempt.state == AttemptState::Ended) else { return Ok(()) };
        let agent = AgentEnd {
            reason: last.reason.clone().unwrap_or_default(),
            summary: last.summary.clone().unwrap_or_default(),
        };
        let cx = Cx::system(&self.clock);
        let mut step = self.step(&cx).await?;
        let now = step.now();
        let run = self.runs.lock(&mut step, id).await?;
        if run.state.is_final() {
            return Ok(());
        }
        match conclude(&agent, &self.effects_of(id).await?) {
            Next::Waits(state) if state == run.state => return Ok(()),
            Next::Waits(state) => {
                self.runs.change_state(&mut step, &run, state, now).await?;
                step.finish_noted().await?;
            }
            Next::Ends { state, reason, summary } => {
                self.runs.finish(&mut step, &run, state, (&reason, &summary), now).await?;
                let details = json!({ "state": state, "reason": reason });
                step.finish("run.end", format!("run {id}"), details).await?;
            }
        }
        self.runs.announce(id);
        Ok(())
    }

    async fn effects_of(&self, run: RunId) -> Result<Effects> {
        let proposed = self.proposals.of_run(run).await?;
        let asked = self.approvals.of_run(run).await?;
        Ok(Effects {
            asked: asked.iter().flat_map(|approval| &approval.effects).map(|asked| asked.state).collect(),
            written: self.write_backs.of_run(run).await?.iter().map(|written| written.state).collect(),
            denied_by_policy: proposed.iter().filter(|effect| effect.new.verdict == Verdict::Deny).count(),
        })
    }

    /// Looks once more where runs stand that seem to be at work. Whatever changes something of a run does this too, but in a
    /// step of its own, which may fail although the change was made.
    pub(in crate::engine) async fn settle_runs_at_work(&self) -> Result<()> {
        self.settle_runs_in(&[State::Starting, State::Running, State::NeedsInput, State::Applying]).await
    }

    /// The same for every run that has not ended: also those that wait for people, of which there may be many.
    pub(in crate::engine) async fn settle_all_runs(&self) -> Result<()> {
        self.settle_runs_at_work().await?;
        self.settle_runs_in(&[State::AwaitingApproval]).await
    }

    async fn settle_runs_in(&self, states: &[State]) -> Result<()> {
        for state in states {
            for run in self.runs.in_state(*state, 10_000).await? {
                self.settle_run(run.id).await?;
            }
        }
        Ok(())
    }

    /// Tells a run what became of one of its effects: it stands in the transcript, and a living agent sees it.
    pub(in crate::engine) async fn tell_run(
        &self,
        tx: &mut Tx,
        run: RunId,
        effect: EffectId,
        (decision, by, why): (&str, &str, &str),
    ) -> Result<()> {
        let proposed = self.proposals.effect_in(tx, effect).await?;
        let body = json!({
            "effect": proposed.digest.short(),
            "kind": proposed.new.effect.kind(),
            "decision": decision,
            "by": by,
            "why": why,
        });
        self.runs.note(tx, run, Some(proposed.new.attempt), self.clock.now(), &[NewEvent::ours("decision", body)]).await
    }
}
