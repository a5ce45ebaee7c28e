//! From a rule that fires to a run in the queue, or to the reason why there is none.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use crate::catalog::Stack;
use crate::db::Tx;
use crate::engine::Engine;
use crate::engine::Trusted;
use crate::engine::brain::Reach;
use crate::events::Decision;
use crate::events::NewExecution;
use crate::events::StoredEvent;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::CommitId;
use crate::model::Event;
use crate::model::RepoRef;
use crate::model::RunId;
use crate::model::What;
use crate::model::event::Tip;
use crate::models::ModelProfile;
use crate::policy;
use crate::runs::NewEvent;
use crate::runs::NewRun;
use crate::runs::Source;
use crate::triggers;
use crate::triggers::Admission;
use crate::triggers::Firing;
use crate::vault::Pin;

/// A rule that fires about an event, and what is in force.
pub(super) struct Fired<'a> {
    pub(super) stored: &'a StoredEvent,
    pub(super) trusted: &'a Trusted,
    pub(super) rule: &'a str,
    pub(super) firing: &'a Firing,
}

/// What became of it: the decision that is stored, and the run.
pub(super) struct Became {
    pub(super) decision: Decision,
    pub(super) reason: String,
    /// The run that was made or that answers for it.
    pub(super) into: Option<crate::model::RunId>,
}

impl Engine {
    /// Weighs a firing and, when nothing stands in its way, puts a run into the queue.
    pub(super) async fn fire(&self, tx: &mut Tx, fired: &Fired<'_>) -> Result<Became> {
        let now = self.clock.now();
        let event = &fired.stored.event;
        let review = self.review(&event.repo, fired.trusted, (&fired.firing.stack, event.what.is_fork())).await?;
        if !review.allowed {
            let missing: Vec<String> = review
                .missing
                .iter()
                .map(|missing| format!("{} `{}` ({})", missing.kind, missing.name, missing.hint))
                .collect();
            let reason =
                if missing.is_empty() { review.reasons.join("; ") } else { format!("missing: {}", missing.join("; ")) };
            return Ok(Became { decision: Decision::Refused, reason, into: None });
        }
        if let Some(reason) = self.missing_memory(fired).await? {
            return Ok(Became { decision: Decision::Refused, reason, into: None });
        }
        let admission = self.admission(tx, fired, now).await?;
        let became = |decision, into| Became { decision, reason: admission.summary.clone(), into };
        match admission.outcome {
            triggers::AdmissionOutcome::Coalesce { into } => {
                let body = json!({ "rule": fired.rule, "event": fired.stored.id, "why": admission.summary });
                let joined = NewEvent::ours("coalesced", body);
                self.runs.note(tx, into, None, now, &[joined]).await?;
                Ok(became(Decision::Coalesced, Some(into)))
            }
            triggers::AdmissionOutcome::Queue => Ok(became(Decision::Queued, None)),
            triggers::AdmissionOutcome::Reject => Ok(became(Decision::Refused, None)),
            triggers::AdmissionOutcome::Dispatch => {
                let run = self.runs.enqueue(tx, self.new_run(fired).await?, now).await?;
                self.give_models(tx, run.id, (fired.trusted, &fired.firing.stack)).await?;
                if let Some(stack) = fired.trusted.catalog.stacks.get(&fired.firing.stack) {
                    self.models.key_is_for(tx, fired.stored.id, run.id, &stack.model).await?;
                }
                let reason = format!("{}; {}", fired.firing.reason, admission.summary);
                Ok(Became { decision: Decision::Dispatched, reason, into: Some(run.id) })
            }
        }
    }

    /// What a stack needs against what it was granted.
    pub async fn review(
        &self,
        repo: &RepoRef,
        trusted: &Trusted,
        (stack, fork): (&str, bool),
    ) -> Result<policy::Review> {
        let Some(found) = trusted.catalog.stacks.get(stack) else {
            let missing = policy::Missing {
                kind: "stack",
                name: stack.to_owned(),
                hint: format!("add `.agents/stacks/{stack}.yaml` to the default branch"),
                link: None,
            };
            return Ok(policy::Review { allowed: false, missing: vec![missing], reasons: Vec::new() });
        };
        let secrets = if found.secrets.is_empty() {
            BTreeMap::new()
        } else {
            let consumer = self.consumer(repo, stack, found).await?;
            self.vault.standing(&consumer, found.secrets.iter().map(String::as_str)).await?
        };
        let stopped = self.stopped_servers(repo, stack, found).await?;
        Ok(policy::review(&policy::ReviewInput {
            stack_name: stack,
            stack: found,
            repository: &trusted.catalog.policy,
            organisation: &trusted.catalog.ceiling,
            fork,
            secrets: &secrets,
            secrets_page: &format!("/{repo}/settings/secrets"),
            stopped: &stopped,
            tools_page: &format!("/{repo}/settings/tools"),
            models: &self.models.names().await?,
            sandbox_missing: self.sandbox_missing(),
        }))
    }

    /// Freezes the model profiles that a run may use: that of its stack, and those of its subagents.
    pub(in crate::engine) async fn give_models(
        &self,
        tx: &mut Tx,
        run: RunId,
        (trusted, stack): (&Trusted, &str),
    ) -> Result<()> {
        let stacks = &trusted.catalog.stacks;
        let (mut seen, mut left) = (BTreeSet::new(), vec![stack]);
        while let Some(name) = left.pop() {
            if seen.insert(name) {
                left.extend(stacks.get(name).iter().flat_map(|stack| stack.subagents.iter().map(String::as_str)));
            }
        }
        let names = seen.into_iter().filter_map(|name| Some(stacks.get(name)?.model.clone())).collect();
        self.models.freeze(tx, run, &names).await
    }

    /// The model of a stack for a run, as the run froze it. Policy, as it was when the run was dispatched, is asked first.
    pub(in crate::engine) async fn model_for(
        &self,
        run: RunId,
        (trusted, stack): (&Trusted, &Stack),
    ) -> Result<Option<ModelProfile>> {
        let catalog = &trusted.catalog;
        if let Err(whose) = policy::model(&stack.model, &catalog.policy, &catalog.ceiling) {
            return Err(Error::denied(format!("{whose} does not allow the model profile `{}`", stack.model))
                .code("MODEL_NOT_ALLOWED")
                .hint("name one that `models:` of that policy lists"));
        }
        self.models.of_run(run, &stack.model).await
    }

    /// MCP servers of a stack whose tools changed since they were agreed to.
    async fn stopped_servers(&self, repo: &RepoRef, name: &str, stack: &Stack) -> Result<Vec<String>> {
        if stack.mcp.is_empty() {
            return Ok(Vec::new());
        }
        let pins = self.vault.pins_of(repo.id).await?.into_iter();
        let waits = |pin: &Pin| pin.waiting.is_some() && pin.of.stack == name && stack.mcp.contains_key(&pin.of.server);
        Ok(pins.filter(waits).map(|pin| pin.of.server).collect())
    }

    /// Why the company brain cannot be read, when the stack requires it.
    async fn missing_memory(&self, fired: &Fired<'_>) -> Result<Option<String>> {
        let stack = fired.trusted.catalog.stacks.get(&fired.firing.stack);
        if !stack.is_some_and(|stack| stack.memory.required) {
            return Ok(None);
        }
        Ok(match self.reach_of(&fired.stored.event.repo).await? {
            Reach::Reads(..) => None,
            Reach::None(why) => Some(format!("missing: the company brain, which `memory.required` asks for ({why})")),
        })
    }

    async fn admission(&self, tx: &mut Tx, fired: &Fired<'_>, now: Timestamp) -> Result<Admission> {
        let repo = fired.stored.event.repo.id;
        let answered = match &fired.firing.dedupe_key {
            Some(key) => {
                let since = now.minus(fired.firing.window);
                let found = self.events.by_dedupe_key(tx, (repo, fired.rule), key, since).await?;
                found.and_then(|found| Some(triggers::Answered { run: found.what.run?, at: found.at }))
            }
            None => None,
        };
        let holders = match &fired.firing.concurrency {
            Some(slot) => self.runs.open_with_key(tx, repo, &slot.key).await?.iter().map(|run| run.id).collect(),
            None => Vec::new(),
        };
        let hour = now.minus(Duration::from_secs(3600));
        let (recent, open) = self.runs.load(tx, repo, hour).await?;
        let (spent, spent_of_owner) = self.spent_today(tx, &fired.stored.event.repo, now).await?;
        let load = triggers::Load {
            answered,
            holders,
            runs_last_hour: u32::try_from(recent).unwrap_or(u32::MAX),
            concurrent: u32::try_from(open).unwrap_or(u32::MAX),
            usd_today: Some(spent),
            usd_today_of_owner: Some(spent_of_owner),
            limits: policy::limits(&fired.trusted.catalog.policy, &fired.trusted.catalog.ceiling),
        };
        Ok(triggers::admit(fired.firing, &load))
    }

    /// US dollars that the runs of a repository, and of all repositories of its owner, spent today or set aside.
    #[expect(clippy::cast_precision_loss, reason = "money of one day is far below 2^53 micro-dollars")]
    pub(super) async fn spent_today(&self, tx: &mut Tx, repo: &RepoRef, now: Timestamp) -> Result<(f64, f64)> {
        let (of_repo, of_owner) = self.models.taken_today(tx, repo, now).await?;
        Ok((of_repo as f64 / 1e6, of_owner as f64 / 1e6))
    }

    async fn new_run(&self, fired: &Fired<'_>) -> Result<NewRun> {
        let event = &fired.stored.event;
        let tip = self.tip_of(event).await?;
        let code_commit: Option<CommitId> = tip.as_ref().map(|tip| tip.sha.clone());
        Ok(NewRun {
            repo: event.repo.clone(),
            number: event.what.number(),
            stack: fired.firing.stack.clone(),
            task: fired.firing.task.clone(),
            prompt: fired.firing.prompt.clone(),
            rule: (fired.rule != "manual").then(|| fired.rule.to_owned()),
            event: Some(fired.stored.id),
            source: source(event),
            requester_login: event.actor.login.clone(),
            requester: event.actor.account,
            trusted: !fired.firing.untrusted,
            config_commit: fired.trusted.commit.clone(),
            ceiling_commit: fired.trusted.ceiling.clone(),
            code_branch: tip.map(|tip| tip.branch),
            code_commit,
            policy_digest: fired.trusted.policy_digest,
            concurrency_key: fired.firing.concurrency.as_ref().map(|slot| slot.key.clone()),
            forked_from: None,
        })
    }

    /// The commit that an agent works on: the one that the event names, else the tip of the default branch.
    async fn tip_of(&self, event: &Event) -> Result<Option<Tip>> {
        if let Some(tip) = event.what.tip() {
            return Ok(Some(tip));
        }
        let branch = match &event.what {
            What::Manual { branch: Some(branch), .. } => branch.clone(),
            _ => self.reader.default_branch(&event.repo).await?,
        };
        let head = self.reader.branch_head(&event.repo, &branch).await?;
        Ok(head.map(|sha| Tip { branch, sha }))
    }

    /// The row of an execution.
    pub(super) fn execution(fired: &Fired<'_>, became: &Became) -> NewExecution {
        NewExecution {
            event: fired.stored.id,
            repo: fired.stored.event.repo.id,
            rule: fired.rule.to_owned(),
            decision: became.decision,
            reason: became.reason.clone(),
            stack: Some(fired.firing.stack.clone()),
            run: became.into,
            number: fired.stored.event.what.number(),
            config: Some(fired.trusted.commit.clone()),
            dedupe_key: fired.firing.dedupe_key.clone(),
            concurrency_key: fired.firing.concurrency.as_ref().map(|slot| slot.key.clone()),
            firing: None,
        }
    }
}

/// What a run is about, for people and for links.
fn source(event: &Event) -> Source {
    let repo = &event.repo;
    let check = match &event.what {
        What::Check { check, .. } => Some(check.name.clone()),
        What::Manual { check, .. } => check.as_ref().map(|check| check.name.clone()),
        _ => None,
    };
    let path = match &event.what {
        What::Manual { path, .. } => path.clone(),
        _ => None,
    };
    let of = |kind: &str, label: String, page: String| Source {
        kind: kind.into(),
        label,
        page,
        check: check.clone(),
        path: path.clone(),
    };
    if let What::Check { check, pull, .. } = &event.what {
        let label = format!("{} on {}", check.name, check.sha.short());
        let page = match pull {
            Some(pull) => format!("/{repo}/pulls/{}/checks", pull.number),
            None => format!("/{repo}/commit/{}", check.sha),
        };
        return of("check", label, page);
    }
    if let Some(pull) = event.what.pull() {
        return of("pull", format!("#{}", pull.number), format!("/{repo}/pulls/{}", pull.number));
    }
    if let Some(issue) = event.what.issue() {
        return of("issue", format!("#{}", issue.number), format!("/{repo}/issues/{}", issue.number));
    }
    if let Some(path) = &path {
        return of("path", path.clone(), format!("/{repo}/src/HEAD/{path}"));
    }
    match &event.what {
        What::Push { branch, .. } => of("push", format!("push to {branch}"), format!("/{repo}/commits/{branch}")),
        What::Schedule { cron, .. } => of("schedule", format!("schedule {cron}"), format!("/{repo}")),
        What::Manual { branch: Some(branch), .. } => of("branch", branch.to_string(), format!("/{repo}/src/{branch}")),
        _ => of("branch", "the default branch".into(), format!("/{repo}")),
    }
}
