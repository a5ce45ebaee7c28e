//! Asking for a run, or what would happen if one were asked for.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::access::Action;
use crate::api::SignedIn;
use crate::api::agents::answer::answer;
use crate::api::agents::answer::answer_with;
use crate::api::agents::answer::input;
use crate::api::agents::answer::place;
use crate::api::agents::wire;
use crate::engine::Engine;
use crate::engine::verbs::Dispatch;
use crate::engine::verbs::DispatchFrom;
use crate::kit::Error;
use crate::kit::secret::Secret;
use crate::model::BranchName;
use crate::model::Event;
use crate::model::TreePath;
use crate::triggers;
use crate::triggers::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    stack: String,
    #[serde(default)]
    task: String,
    #[serde(default)]
    prompt: String,
    #[serde(default)]
    source: Source,
    /// Taken and checked; there is no company brain yet.
    #[serde(default)]
    memory: Option<Value>,
    /// The key that the model is called on, for this run alone.
    #[serde(default)]
    key: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    issue: Option<i64>,
    pull: Option<i64>,
    path: Option<TreePath>,
    #[serde(rename = "ref")]
    branch: Option<BranchName>,
    check: Option<String>,
}

/// `POST repos/{o}/{r}/runs`: 201 with the run, before anything of it is launched.
pub(super) async fn dispatch(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path((owner, repo)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let made = async {
        let place = place(&engine, &cx, &owner, &repo).await?;
        let asked: Asked = input(&body)?;
        if asked.memory.is_some() {
            return Err(Error::invalid("A run cannot be given memory yet").field("memory"));
        }
        let Source { issue, pull, path, branch, check } = asked.source;
        let from = DispatchFrom { issue, pull, path, branch, check };
        let wanted = Dispatch {
            stack: asked.stack,
            task: asked.task,
            prompt: asked.prompt,
            from,
            key: asked.key.map(Secret::new),
        };
        let run = engine.dispatch(&cx, &place, wanted).await?;
        Ok(wire::run(&engine.runs.run(run).await?))
    };
    answer_with(&cx, StatusCode::CREATED, made.await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DryRun {
    event: Value,
}

/// `POST repos/{o}/{r}/rules/{name}/dry-run`: creates nothing.
pub(super) async fn dry_run(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path((owner, repo, name)): Path<(String, String, String)>,
    body: Bytes,
) -> Response {
    let told = async {
        let place = place(&engine, &cx, &owner, &repo).await?;
        let mut asked: DryRun = input(&body)?;
        complete(
            &mut asked.event,
            &json!(place.repository.reference()),
            &cx.now().0.into(),
            &cx.actor.name(),
            cx.person(),
        );
        let event: Event = serde_json::from_value(asked.event)
            .map_err(|error| Error::invalid(format!("Cannot use this event: {error}")).field("event"))?;
        let decisions = engine.dry_run(&cx, &place, event).await?;
        let found = decisions.into_iter().find(|decision| decision.rule == name);
        let found = found.ok_or_else(|| Error::not_found(format!("rule `{name}`")))?;
        let trusted = engine.trusted(&place.repository.reference()).await?;
        let review = match (&found.outcome, &trusted) {
            (Outcome::Fires(firing), Some(trusted)) => {
                Some(engine.review(&place.repository.reference(), trusted, (&firing.stack, false)).await?)
            }
            _ => None,
        };
        Ok(json!({ "executions": [decision(&found)], "permissions": review }))
    };
    answer(&cx, told.await)
}

/// What whoever tries out a rule need not write: the repository, the time, and themselves as the actor.
fn complete(event: &mut Value, repo: &Value, now: &Value, login: &str, account: Option<crate::model::AccountId>) {
    let Value::Object(event) = event else { return };
    event.insert("repo".into(), repo.clone());
    event.entry("at").or_insert_with(|| now.clone());
    event.entry("actor").or_insert_with(|| json!({ "kind": "person", "login": login, "account": account }));
}

fn decision(decision: &triggers::Decision) -> Value {
    let base = json!({ "rule": decision.rule, "path": decision.path, "scope": decision.scope });
    let more = match &decision.outcome {
        Outcome::Fires(firing) => json!({
            "decision": "dispatched",
            "reason": firing.reason,
            "stack": firing.stack,
            "task": firing.task,
            "prompt": firing.prompt,
            "dedupe_key": firing.dedupe_key,
            "window_seconds": firing.window.as_secs(),
            "concurrency_key": firing.concurrency.as_ref().map(|slot| slot.key.clone()),
            "untrusted": firing.untrusted,
        }),
        Outcome::Skips { reason } => json!({ "decision": "skipped", "reason": reason }),
        Outcome::Refuses { reason } => json!({ "decision": "refused", "reason": reason }),
    };
    let (Value::Object(mut base), Value::Object(more)) = (base, more) else { return Value::Null };
    base.extend(more);
    Value::Object(base)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Review {
    stack: String,
    /// Accepted for clients that name them; what is in force is always the default branch's.
    #[serde(rename = "ref", default)]
    _branch: Option<BranchName>,
    #[serde(rename = "actor", default)]
    actor: Option<String>,
}

/// `POST repos/{o}/{r}/permissions/review`
pub(super) async fn review(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path((owner, repo)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let told = async {
        let place = place(&engine, &cx, &owner, &repo).await?;
        cx.authorize(Action::DispatchRun, &place.standing)?;
        let asked: Review = input(&body)?;
        let repo = place.repository.reference();
        let trusted =
            engine.trusted(&repo).await?.ok_or_else(|| Error::conflict("The default branch has no commit"))?;
        let mut review = engine.review(&repo, &trusted, (&asked.stack, false)).await?;
        if let Some(actor) = &asked.actor {
            let role = engine.reader.role(&repo, actor).await?;
            if role.is_none_or(|role| role < crate::model::Role::Write) {
                review.allowed = false;
                review.reasons.push(format!("`{actor}` may not dispatch runs here"));
            }
        }
        let decision = if review.allowed { "allow" } else { "deny" };
        Ok(json!({ "decision": decision, "missing": review.missing, "reasons": review.reasons }))
    };
    answer(&cx, told.await)
}
