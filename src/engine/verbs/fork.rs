//! A person forks a run: another run about the same thing, by the same or another stack, that begins with the work that was
//! saved. It reads stacks and policy as they are now, and the code as the first one saw it, which its work is made on.

use std::time::Duration;

use serde_json::json;

use crate::access::Action;
use crate::access::Cx;
use crate::context::Trust;
use crate::engine::Engine;
use crate::engine::Trusted;
use crate::engine::attempt;
use crate::engine::verbs::steer::words;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::AttemptId;
use crate::model::RunId;
use crate::policy;
use crate::runs::NewEvent;
use crate::runs::NewRun;
use crate::runs::Run;
use crate::triggers;

/// How a run is forked.
#[derive(Clone, Debug, Default)]
pub struct Fork {
    /// Which stack; none for the same one.
    pub stack: Option<String>,
    /// What the agent is told beside the task.
    pub text: String,
    /// Why.
    pub reason: String,
    /// Whether it looks at the code as it is now, and begins without the work.
    pub refresh: bool,
}

impl Engine {
    /// Makes another run of a run; gives the new one.
    pub async fn fork(&self, cx: &Cx, run: RunId, fork: Fork) -> Result<RunId> {
        let (found, place) = self.enter_run(cx, run).await?;
        cx.authorize(Action::DispatchRun, &place.standing)?;
        let by = cx.person().ok_or_else(|| Error::denied("Only a person can fork a run"))?;
        let stack = fork.stack.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| found.dispatch.stack.clone());
        let trusted = self.trusted(&found.dispatch.repo).await?.ok_or_else(|| {
            Error::conflict(format!("Cannot fork run {}: the default branch has no commit", run.short()))
        })?;
        self.still_allowed(&found, &trusted, &stack).await?;
        let login = cx.actor.name();
        // The tier of the work goes with it: what an untrusted run did is not laundered by a fork.
        let is_trusted = found.dispatch.trusted && attempt::trust_in(self, &found, &login).await? == Trust::Trusted;
        let begins_with = if fork.refresh { None } else { self.newest_work(run).await? };
        let new = NewRun {
            stack: stack.clone(),
            rule: None,
            event: None,
            requester: Some(by),
            requester_login: login,
            trusted: is_trusted,
            code_commit: if fork.refresh {
                Some(self.code_now(&found).await?)
            } else {
                found.dispatch.code_commit.clone()
            },
            config_commit: trusted.commit.clone(),
            ceiling_commit: trusted.ceiling.clone(),
            policy_digest: trusted.policy_digest,
            forked_from: Some(run),
            ..found.dispatch.clone()
        };
        let mut step = self.step(cx).await?;
        let now = step.now();
        self.room_for_one_more(&mut step, &found, &trusted).await?;
        let made = self.runs.enqueue_fork(&mut step, new, (begins_with, words(&fork.text)?), now).await?;
        self.give_models(&mut step, made.id, (&trusted, &stack)).await?;
        let body = json!({ "into": made.id, "by": made.dispatch.requester_login, "stack": stack });
        self.runs.note(&mut step, run, None, now, &[NewEvent::ours("forked", body)]).await?;
        let details = json!({ "into": made.id, "stack": stack, "reason": fork.reason, "refresh": fork.refresh });
        step.finish("run.fork", format!("run {run}"), details).await?;
        self.runs.announce(run);
        Ok(made.id)
    }

    /// The newest attempt of a run that has work to begin with, since the run last looked at the world anew.
    async fn newest_work(&self, run: RunId) -> Result<Option<AttemptId>> {
        let attempts = self.runs.attempts(run).await?;
        let since = attempts.iter().rposition(|attempt| attempt.fresh).unwrap_or(0);
        for attempt in attempts[since..].iter().rev() {
            let has_work = attempt.saved.is_some() || attempt::earlier_work(self, attempt).await?.is_some();
            if has_work {
                return Ok(Some(attempt.id));
            }
        }
        Ok(None)
    }

    /// The limits of policy hold for a fork as for any run.
    async fn room_for_one_more(&self, tx: &mut crate::db::Tx, run: &Run, trusted: &Trusted) -> Result<()> {
        let repo = run.dispatch.repo.id;
        let now = self.clock.now();
        let (recent, open) = self.runs.load(tx, repo, now.minus(Duration::from_secs(3600))).await?;
        let (spent, spent_of_owner) = self.spent_today(tx, &run.dispatch.repo, now).await?;
        let load = triggers::Load {
            answered: None,
            holders: Vec::new(),
            runs_last_hour: u32::try_from(recent).unwrap_or(u32::MAX),
            concurrent: u32::try_from(open).unwrap_or(u32::MAX),
            usd_today: Some(spent),
            usd_today_of_owner: Some(spent_of_owner),
            limits: policy::limits(&trusted.catalog.policy, &trusted.catalog.ceiling),
        };
        match triggers::room(&load) {
            None => Ok(()),
            Some(why) => {
                Err(Error::invalid(format!("Cannot fork run {}: {why}", run.id.short())).code("DISPATCH_REFUSED"))
            }
        }
    }
}
