//! People steer a run: cancel, retry, resume, answer.

use serde_json::json;

use crate::access::Action;
use crate::access::Cx;
use crate::agents::Adapter;
use crate::context::Trust;
use crate::engine::AfterStop;
use crate::engine::Engine;
use crate::engine::Trusted;
use crate::engine::attempt;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::CommitId;
use crate::model::RunId;
use crate::runs::Again;
use crate::runs::AttemptKind;
use crate::runs::Becomes;
use crate::runs::NewEvent;
use crate::runs::Run;
use crate::runs::Snapshots;
use crate::runs::State;
use crate::runs::Verb;

/// The longest that a person tells an agent at once.
const MOST_WORDS: usize = 16 * 1024;

impl Engine {
    /// The run, if whoever acts may read its repository.
    pub async fn enter_run(&self, cx: &Cx, run: RunId) -> Result<(Run, crate::forge::embedded::Place)> {
        let unknown = || Error::not_found(format!("run {}", run.short()));
        let found = self.runs.run(run).await?;
        let place = self.forge.enter_by_id(cx, found.dispatch.repo.id).await.map_err(|_| unknown())?;
        Ok((found, place))
    }

    /// The run, if whoever acts may steer it: who asked for it may, and whoever may steer any.
    pub(super) async fn steered(&self, cx: &Cx, run: RunId) -> Result<Run> {
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

    /// Asks for another attempt: on the same snapshots, or with `refresh` on the world as it is now.
    pub async fn retry(&self, cx: &Cx, run: RunId, reason: &str, refresh: bool) -> Result<()> {
        let found = self.steered(cx, run).await?;
        Verb::Retry.check(run, found.state)?;
        let seen = if refresh { Some(self.world_now(&found).await?) } else { None };
        let by = cx.actor.name();
        let snapshots = seen.as_ref().map(|(snapshots, _)| snapshots.clone());
        let again = Again { kind: AttemptKind::Retry, asked_by: &by, message: None, begins_with: None, snapshots };
        let mut step = self.step(cx).await?;
        let now = step.now();
        if let Some((_, trusted)) = &seen {
            self.models.thaw(&mut step, run).await?;
            self.give_models(&mut step, run, (trusted, &found.dispatch.stack)).await?;
        }
        let attempt = self.runs.begin_again(&mut step, run, again, now).await?;
        let details = json!({ "reason": reason, "attempt": attempt.number, "refresh": refresh });
        step.finish("run.retry", format!("run {run}"), details).await?;
        self.runs.announce(run);
        Ok(())
    }

    /// Tells the agent of a run more. One that lives reads it at its next step; one that has ended goes on, with the work
    /// that was saved.
    pub async fn resume(&self, cx: &Cx, run: RunId, text: &str) -> Result<()> {
        let found = self.steered(cx, run).await?;
        if Verb::Resume.check(run, found.state)? == Becomes::Words {
            return self.tell(cx, &found, text).await;
        }
        let last = self.runs.attempts(run).await?.pop();
        let by = cx.actor.name();
        let again = Again {
            kind: AttemptKind::Resume,
            asked_by: &by,
            message: words(text)?,
            begins_with: last.map(|attempt| attempt.id),
            snapshots: None,
        };
        let mut step = self.step(cx).await?;
        let now = step.now();
        let attempt = self.runs.begin_again(&mut step, run, again, now).await?;
        step.finish("run.resume", format!("run {run}"), json!({ "attempt": attempt.number, "bytes": text.len() }))
            .await?;
        self.runs.announce(run);
        Ok(())
    }

    /// Answers the question of an agent.
    pub async fn answer(&self, cx: &Cx, run: RunId, text: &str) -> Result<()> {
        let found = self.steered(cx, run).await?;
        Verb::Answer.check(run, found.state)?;
        self.tell(cx, &found, text).await
    }

    /// Words for a living agent.
    async fn tell(&self, cx: &Cx, run: &Run, text: &str) -> Result<()> {
        let text = words(text)?.ok_or_else(|| Error::invalid("There is nothing in it").field("text"))?;
        let by = cx.actor.name();
        let stranger = attempt::trust_in(self, run, &by).await? != Trust::Trusted;
        let mut step = self.step(cx).await?;
        let now = step.now();
        let found = self.runs.lock(&mut step, run.id).await?;
        // It may have ended meanwhile.
        Verb::Resume.check(run.id, found.state).and_then(|becomes| match becomes {
            Becomes::Words => Ok(()),
            _ => Err(Error::conflict(format!("Run {} has ended meanwhile", run.id.short())).hint("send it again")),
        })?;
        if stranger {
            self.runs.distrust(&mut step, run.id, std::slice::from_ref(&by), now).await?;
        }
        let answers = found.state == State::NeedsInput;
        let kind = if answers { "answer" } else { "told" };
        let body = json!({ "by": by, "text": text });
        self.runs.note(&mut step, run.id, None, now, &[NewEvent::ours(kind, body)]).await?;
        if answers {
            self.runs.change_state(&mut step, &found, State::Running, now).await?;
        }
        let action = if answers { "run.answer" } else { "run.tell" };
        step.finish(action, format!("run {}", run.id), json!({ "bytes": text.len() })).await?;
        self.runs.announce(run.id);
        Ok(())
    }

    /// What a run would be dispatched with now, if its stack may still run.
    async fn world_now(&self, run: &Run) -> Result<(Snapshots, Trusted)> {
        let repo = &run.dispatch.repo;
        let trusted = self
            .trusted(repo)
            .await?
            .ok_or_else(|| Error::conflict(format!("Cannot look at {repo} anew: its default branch has no commit")))?;
        self.still_allowed(run, &trusted, &run.dispatch.stack).await?;
        let snapshots = Snapshots {
            code_commit: Some(self.code_now(run).await?),
            config_commit: trusted.commit.clone(),
            ceiling_commit: trusted.ceiling.clone(),
            policy_digest: trusted.policy_digest,
        };
        Ok((snapshots, trusted))
    }

    /// The commit that a run about the same thing would work on now.
    pub(super) async fn code_now(&self, run: &Run) -> Result<CommitId> {
        let dispatch = &run.dispatch;
        if let Some(number) = dispatch.number
            && let Some(pull) = self.reader.pull(&dispatch.repo, number).await?
        {
            return Ok(pull.head.sha);
        }
        let branch = match &dispatch.code_branch {
            Some(branch) => branch.clone(),
            None => self.reader.default_branch(&dispatch.repo).await?,
        };
        self.reader
            .branch_head(&dispatch.repo, &branch)
            .await?
            .ok_or_else(|| Error::conflict(format!("The branch `{branch}` is gone")).hint("retry without looking anew"))
    }

    /// Says what is missing if a stack may not run about the same thing now.
    pub(super) async fn still_allowed(&self, run: &Run, trusted: &Trusted, stack: &str) -> Result<()> {
        let fork = match run.dispatch.number {
            Some(number) => self.reader.pull(&run.dispatch.repo, number).await?.is_some_and(|pull| pull.fork),
            None => false,
        };
        let review = self.review(&run.dispatch.repo, trusted, (stack, fork)).await?;
        if review.allowed {
            return Ok(());
        }
        let missing = review.missing.iter().map(|missing| format!("{} `{}`", missing.kind, missing.name));
        let told: Vec<String> = missing.chain(review.reasons.iter().cloned()).collect();
        let error = Error::invalid(format!("The stack `{stack}` may not run now: {}", told.join("; ")));
        Err(review
            .missing
            .iter()
            .fold(error, |error, missing| error.hint(missing.hint.clone()))
            .code("DISPATCH_REFUSED"))
    }

    /// How a run is begun again whose server went away; none leaves it to a person.
    pub(in crate::engine) async fn how_again(&self, run: &Run) -> Result<Option<AttemptKind>> {
        Ok(match self.settings.after_stop {
            AfterStop::Wait => None,
            AfterStop::Retry => Some(AttemptKind::Retry),
            AfterStop::Resume if self.goes_on(run).await? => Some(AttemptKind::Resume),
            AfterStop::Resume => Some(AttemptKind::Retry),
        })
    }

    /// Whether the agent of a run can go on from work that is half done.
    async fn goes_on(&self, run: &Run) -> Result<bool> {
        let dispatch = &run.dispatch;
        let trusted =
            self.trusted_at(&dispatch.repo, dispatch.config_commit.clone(), dispatch.ceiling_commit.clone()).await?;
        let Some(stack) = trusted.catalog.stacks.get(&dispatch.stack) else { return Ok(false) };
        let Ok(adapter) = stack.value.agent.as_str().parse::<Adapter>() else { return Ok(false) };
        Ok(adapter.agent().is_ok_and(|agent| agent.goes_on(&stack.value.prompt)))
    }
}

/// What a person says; none when it is nothing.
pub(super) fn words(text: &str) -> Result<Option<String>> {
    if text.len() > MOST_WORDS {
        return Err(
            Error::invalid(format!("This has {} bytes, at most {MOST_WORDS} are taken", text.len())).field("text")
        );
    }
    Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
}
