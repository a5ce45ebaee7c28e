//! A person asks for a run: from an issue, a pull request, a file or a check.

use crate::access::Action;
use crate::access::Cx;
use crate::engine::Engine;
use crate::events::Decision;
use crate::events::Filter;
use crate::events::OwnDelivery;
use crate::forge::embedded::Place;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::page::Paging;
use crate::kit::secret::Secret;
use crate::model::ActorKind;
use crate::model::ActorRef;
use crate::model::BranchName;
use crate::model::Event;
use crate::model::EventId;
use crate::model::RunId;
use crate::model::TreePath;
use crate::model::What;

/// What a person asks for.
#[derive(Clone, Debug, Default)]
pub struct Dispatch {
    /// Which stack.
    pub stack: String,
    /// What the run is called; the stack's name when empty.
    pub task: String,
    /// What the person wrote.
    pub prompt: String,
    /// What it is about.
    pub from: DispatchFrom,
    /// The key that its model is called on, in place of the profile's; sealed until the run has ended.
    pub key: Option<Secret<String>>,
}

/// What a run by hand is about. Everything is optional; nothing at all is the default branch.
#[derive(Clone, Debug, Default)]
pub struct DispatchFrom {
    /// An issue.
    pub issue: Option<i64>,
    /// A pull request.
    pub pull: Option<i64>,
    /// A file.
    pub path: Option<TreePath>,
    /// A branch.
    pub branch: Option<BranchName>,
    /// The name of a check of the pull request, or of the branch's head.
    pub check: Option<String>,
}

/// The code of a run that waits for its turn.
const QUEUED: &str = "QUEUED";

impl Engine {
    /// Dispatches a run by hand. The rules are asked as about any other event; what they refuse is the error.
    pub async fn dispatch(&self, cx: &Cx, place: &Place, wanted: Dispatch) -> Result<RunId> {
        cx.authorize(Action::DispatchRun, &place.standing)?;
        let key = wanted.key.clone();
        let event = self.manual_event(cx, place, wanted).await?;
        let mut step = self.step(cx).await?;
        let own = OwnDelivery {
            id: format!("manual-{}", cx.request),
            name: "manual".into(),
            payload: serde_json::to_value(&event)
                .map_err(|error| Error::internal("Cannot write an event").source(error))?,
            event,
        };
        let event = self.events.accept_own(&mut step, own).await?;
        let event = event.ok_or_else(|| Error::conflict("This request was made before"))?;
        let repo = place.repository.reference();
        if let Some(key) = &key {
            let now = step.now();
            self.models.bring_key(&mut step, event, key, (&cx.actor.name(), now)).await?;
        }
        let details = serde_json::json!({ "event": event, "own_key": key.is_some() });
        step.finish("run.dispatch", format!("{repo}"), details).await?;
        let made = self.decide_now(event).await;
        let waits = made.as_ref().is_err_and(|error| error.code_name() == QUEUED);
        if key.is_some() && made.is_err() && !waits {
            self.models.forget_brought(event, cx.now()).await?;
        }
        made
    }

    async fn decide_now(&self, event: EventId) -> Result<RunId> {
        let stored = self.events.event(event).await?.ok_or_else(|| Error::internal("An event is gone"))?;
        if let Some(run) = self.decide_event(&stored).await?.first() {
            return Ok(*run);
        }
        // Nobody made a run, or a background task was faster.
        let filter = Filter { event: Some(event), ..Filter::default() };
        let executions = self.events.executions(&filter, Paging::new(None, Some(50))).await?.items;
        if let Some(run) = executions.iter().find_map(|execution| execution.what.run) {
            return Ok(run);
        }
        let told =
            executions.iter().find(|execution| execution.what.decision != Decision::Skipped).or(executions.first());
        let settled = self.events.event(event).await?.and_then(|stored| stored.reason);
        let reason = told.map(|execution| execution.what.reason.clone()).or(settled);
        let queued = told.is_some_and(|execution| execution.what.decision == Decision::Queued);
        let message = if queued { "The run waits for its turn" } else { "Cannot start this run" };
        Err(Error::invalid(format!("{message}: {}", reason.unwrap_or_else(|| "no rule answered".into())))
            .code(if queued { QUEUED } else { "DISPATCH_REFUSED" }))
    }

    async fn manual_event(&self, cx: &Cx, place: &Place, wanted: Dispatch) -> Result<Event> {
        let repo = place.repository.reference();
        let account = cx.person().ok_or_else(|| Error::denied("Only a person can ask for a run"))?;
        if wanted.stack.is_empty() {
            return Err(Error::invalid("A run needs a stack").field("stack"));
        }
        let from = wanted.from;
        let issue = match from.issue {
            Some(number) => Some(
                self.reader.issue(&repo, number).await?.ok_or_else(|| Error::not_found(format!("issue #{number}")))?,
            ),
            None => None,
        };
        let pull = match from.pull {
            Some(number) => Some(
                self.reader
                    .pull(&repo, number)
                    .await?
                    .ok_or_else(|| Error::not_found(format!("pull request #{number}")))?,
            ),
            None => None,
        };
        let branch = match (from.branch, &pull) {
            (Some(branch), _) => branch,
            (None, Some(pull)) => pull.head.branch.clone(),
            (None, None) => place.repository.default_branch.clone(),
        };
        let check = match &from.check {
            Some(name) => {
                let head = match &pull {
                    Some(pull) => Some(pull.head.sha.clone()),
                    None => self.reader.branch_head(&repo, &branch).await?,
                };
                let head = head.ok_or_else(|| Error::not_found(format!("branch `{branch}`")))?;
                let checks = self.reader.checks(&repo, &head).await?;
                Some(
                    checks
                        .into_iter()
                        .find(|check| check.name == *name)
                        .ok_or_else(|| Error::not_found("check with this name"))?,
                )
            }
            None => None,
        };
        Ok(Event {
            repo,
            actor: ActorRef { kind: ActorKind::Person, login: cx.actor.name(), account: Some(account) },
            at: cx.now(),
            what: What::Manual {
                task: if wanted.task.is_empty() { wanted.stack.clone() } else { wanted.task },
                stack: wanted.stack,
                prompt: wanted.prompt,
                issue,
                pull,
                path: from.path.map(|path| path.to_string()),
                branch: Some(branch),
                check,
            },
        })
    }
}
