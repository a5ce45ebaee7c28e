//! Plays the story without a browser, and prints each step with its ids and digests.

use std::process::ExitCode;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;
use tokio::time::Instant;

use crate::app::App;
use crate::approvals;
use crate::approvals::Given;
use crate::cli::Output;
use crate::cli::demo::seed::Seeded;
use crate::engine::verbs::DecideApproval;
use crate::forge::embedded::Place;
use crate::forge::embedded::StatusState;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::runs;
use crate::runs::Run;
use crate::runs::State;

/// How long the whole story may take with the scripted agent; a model is slower.
const PATIENCE: Duration = Duration::from_secs(60);
const PATIENCE_WITH_MODEL: Duration = Duration::from_secs(900);

/// The check of the samples.
const NAME: &str = "test";

/// How often the story is looked at.
const PERIOD: Duration = Duration::from_millis(50);

struct Story<'a> {
    app: &'a App,
    seeded: &'a Seeded,
    place: Place,
    output: Output,
    until: Instant,
}

pub(super) async fn play(app: &App, seeded: &Seeded, output: Output) -> Result<ExitCode> {
    let place = app.engine.forge.enter(&seeded.bob, &"acme".parse()?, &"slug".parse()?).await?;
    let model = app.engine.models.is_given("default");
    let until = Instant::now() + if model { PATIENCE_WITH_MODEL } else { PATIENCE };
    let story = Story { app, seeded, place, output, until };
    story.tell().await
}

impl Story<'_> {
    async fn tell(&self) -> Result<ExitCode> {
        let engine = &self.app.engine;
        let main: BranchName = "main".parse()?;
        let head = engine.reader.branch_head(&self.place.repository.reference(), &main).await?;
        let head = head.ok_or_else(|| Error::internal("The sample has no commit"))?;
        self.check(&head, StatusState::Failure, "1 check failed").await?;

        let run = self.wait("a run", async || self.newest_run().await).await?;
        let text =
            format!("2 run dispatched: {} by the rule `{}`", run.id, run.dispatch.rule.clone().unwrap_or_default());
        let config = run.dispatch.config_commit.clone();
        self.say(
            &text,
            json!({ "step": "run", "run": run.id, "config": config, "policy": run.dispatch.policy_digest }),
        );

        let approval = self.wait("a proposal", async || self.open_approval(&run).await).await?;
        for asked in &approval.effects {
            let text =
                format!("3 proposal: {} {} asks for approval {}", asked.kind.as_str(), asked.digest, approval.id);
            self.say(
                &text,
                json!({ "step": "proposal", "kind": asked.kind, "digest": asked.digest, "approval": approval.id }),
            );
        }

        let wanted = DecideApproval { given: Given::Approve, effects: None, reason: "the demonstration agrees".into() };
        engine.decide_approval(&self.seeded.bob, approval.id, wanted).await?;
        self.say("4 approved by bob", json!({ "step": "approval", "by": "bob", "approval": approval.id }));

        let ended = self.wait("the write-back", async || self.ended(&run).await).await?;
        if ended.state != State::Succeeded {
            let why = ended.summary.unwrap_or_default();
            self.say(
                &format!("the run ended as `{}`: {why}", ended.state),
                json!({ "step": "end", "state": ended.state, "why": why }),
            );
            return Ok(ExitCode::from(1));
        }
        let pull = self.wait("a pull request", async || self.pull().await).await?;
        let text = format!("5 pull request #{}: {} at {}", pull.number, pull.title, pull.head.sha);
        self.say(&text, json!({ "step": "pull_request", "number": pull.number, "head": pull.head.sha }));

        self.check(&pull.head.sha, StatusState::Success, "6 check passed").await?;
        match engine.audit.verify(None).await? {
            crate::audit::Verification::Good { entries, head, .. } => {
                self.say(
                    &format!("7 audit: {entries} entries, head {head}"),
                    json!({ "step": "audit", "entries": entries, "head": head }),
                );
                Ok(ExitCode::SUCCESS)
            }
            crate::audit::Verification::Bad { sequence, why } => {
                self.say(
                    &format!("the audit log is bad at {sequence}: {why}"),
                    json!({ "step": "audit", "bad": sequence }),
                );
                Ok(ExitCode::from(1))
            }
        }
    }

    fn say(&self, text: &str, value: Value) {
        self.output.say(text, &value);
    }

    /// Looks again and again until there is something, or patience ends.
    async fn wait<T>(&self, what: &str, look: impl AsyncFn() -> Result<Option<T>>) -> Result<T> {
        loop {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            if Instant::now() > self.until {
                return Err(Error::internal(format!("The story stopped: {what} did not come")));
            }
            tokio::time::sleep(PERIOD).await;
        }
    }

    async fn check(&self, commit: &CommitId, wanted: StatusState, words: &str) -> Result<()> {
        let engine = &self.app.engine;
        let found = self
            .wait("the result of a check", async || {
                let statuses = engine.forge.newest_statuses(&self.place, &[commit]).await?;
                Ok(statuses.into_iter().find(|status| status.context == NAME && status.state != StatusState::Pending))
            })
            .await?;
        if found.state != wanted {
            return Err(Error::conflict(format!(
                "The check on {} came out as `{}`",
                commit.short(),
                found.state.as_str()
            )));
        }
        let text = format!("{words}: `{NAME}` on {commit}");
        self.say(&text, json!({ "step": "check", "state": found.state.as_str(), "commit": commit }));
        Ok(())
    }

    async fn newest_run(&self) -> Result<Option<Run>> {
        let filter = runs::Filter { repos: Some(vec![self.place.repository.id]), ..runs::Filter::default() };
        Ok(self.app.engine.runs.list(&filter).await?.into_iter().next())
    }

    /// The open request of a run, once the agent has ended; an error when the run ended without one.
    async fn open_approval(&self, run: &Run) -> Result<Option<approvals::Approval>> {
        let engine = &self.app.engine;
        let now = engine.runs.run(run.id).await?;
        if now.state.is_final() {
            let why = now.summary.unwrap_or_default();
            return Err(Error::conflict(format!("The run ended as `{}` without a proposal: {why}", now.state)));
        }
        if now.state != State::AwaitingApproval {
            return Ok(None);
        }
        Ok(engine.approvals.of_run(run.id).await?.into_iter().find(|approval| approval.open))
    }

    async fn ended(&self, run: &Run) -> Result<Option<Run>> {
        let now = self.app.engine.runs.run(run.id).await?;
        Ok(now.state.is_final().then_some(now))
    }

    async fn pull(&self) -> Result<Option<crate::model::event::Pull>> {
        let repo = self.place.repository.reference();
        let branches = self.app.engine.forge.git(&self.place.repository).branches().await?;
        for branch in branches {
            if let Some(pull) = self.app.engine.reader.pull_of_branch(&repo, &branch.name).await? {
                return Ok(Some(pull));
            }
        }
        Ok(None)
    }
}
