//! After the agent: what it left uncommitted becomes a proposal, and its end gets a reason.

use std::sync::Arc;

use serde_json::json;

use crate::catalog::Scope;
use crate::engine::Engine;
use crate::engine::attempt::INTERRUPTED;
use crate::engine::attempt::episode;
use crate::engine::attempt::prepare::Prepared;
use crate::engine::attempt::watch::Ended;
use crate::engine::living::Ask;
use crate::gateway::ports::FailureCode;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::text::visible_line;
use crate::proposals::Draft;
use crate::runs::Leased;
use crate::runs::NewEvent;
use crate::sandbox::Ending;

/// How an attempt ended.
pub(super) struct Left {
    /// `done`, or a code.
    pub(super) reason: String,
    /// A sentence.
    pub(super) summary: String,
}

pub(super) async fn leave(engine: &Arc<Engine>, leased: &Leased, prepared: &Prepared, ended: Ended) -> Result<Left> {
    let left = raisable(reason(&ended), leased, prepared);
    if left.reason == "done"
        && !ended.said.proposed_code
        && prepared.stack.autonomy != crate::catalog::stack::Autonomy::Read
    {
        propose_what_is_left(engine, leased, &ended, &left).await?;
    }
    if left.reason == "done" {
        episode::remember(engine, &ended.proposing, &left).await?;
    }
    if !ended.stderr.trim().is_empty() {
        let body = json!({ "text": ended.stderr });
        let line = NewEvent { origin: crate::runs::Origin::Agent, kind: "stderr".into(), body };
        engine.runs.append(leased.run.id, Some(leased.attempt.id), engine.clock.now(), &[line]).await?;
    }
    Ok(left)
}

/// An agent that edited files and said no more meant them. Nothing is lost by proposing: people decide.
async fn propose_what_is_left(engine: &Arc<Engine>, leased: &Leased, ended: &Ended, left: &Left) -> Result<()> {
    let task = &leased.run.dispatch.task;
    let title = visible_line(left.summary.lines().next().unwrap_or(task), 200);
    let on_pull = leased.run.dispatch.source.kind == "pull" || on_a_pull(engine, leased).await?;
    let draft = if on_pull {
        Draft::Push { message: title }
    } else {
        Draft::PullRequest { title, body: left.summary.clone(), base: None, branch: None, message: None }
    };
    match engine.propose(&ended.proposing, draft).await {
        Ok(_) => Ok(()),
        // Nothing was left, or what was left may not be proposed; the transcript says so.
        Err(error) if error.kind() == ErrorKind::Invalid => {
            let body = json!({ "text": error.message() });
            let line = NewEvent::ours("leftover", body);
            engine.runs.append(leased.run.id, Some(leased.attempt.id), engine.clock.now(), &[line]).await
        }
        Err(error) => Err(error),
    }
}

async fn on_a_pull(engine: &Engine, leased: &Leased) -> Result<bool> {
    let run = &leased.run.dispatch;
    let Some(number) = run.number else { return Ok(false) };
    Ok(engine.reader.pull(&run.repo, number).await?.is_some_and(|pull| !pull.fork))
}

/// A budget of the stack that is spent, with who may raise it and where. Whose day is spent says that itself.
fn raisable(left: Left, leased: &Leased, prepared: &Prepared) -> Left {
    let Some(kind) = left.reason.strip_prefix("budget_exceeded:") else { return left };
    let dispatch = &leased.run.dispatch;
    if !["steps", "tokens", "usd", "minutes"].contains(&kind) {
        return left;
    }
    let Some(found) = prepared.trusted.catalog.stacks.get(&dispatch.stack) else { return left };
    let home = match found.scope {
        Scope::Organisation => format!("{}/agents", dispatch.repo.owner),
        Scope::Repository => dispatch.repo.to_string(),
    };
    let summary = format!(
        "{}; whoever may change the default branch of {home} raises `budget.{kind}` in `{}`, for the next run",
        left.summary, found.path
    );
    Left { summary, ..left }
}

/// Why the attempt ended. What was seen from outside counts more than what the agent says.
fn reason(ended: &Ended) -> Left {
    let left = |reason: &str, summary: &str| Left { reason: reason.into(), summary: summary.into() };
    if ended.lease_lost {
        return left("lost", "another runner took it over");
    }
    match ended.ask {
        Ask::Cancel => return left("cancelled", "a person cancelled it"),
        Ask::Stop => return left(INTERRUPTED, "the server stopped"),
        Ask::GoOn => {}
    }
    if let Some(stop) = &ended.stop {
        return left(&stop.reason(), &stop.sentence());
    }
    match ended.ending {
        Ending::Deadline => return left("budget_exceeded:minutes", "its time was up"),
        Ending::MemoryExceeded => return left("memory_exceeded", "it used more memory than its stack allows"),
        Ending::DiskExceeded => return left("disk_exceeded", "it wrote more than its stack allows"),
        Ending::Cancelled => return left("cancelled", "it was ended"),
        Ending::Exited(_) | Ending::Signalled(_) => {}
    }
    if let Some(failure) = &ended.said.failed {
        let code = match failure.code {
            FailureCode::FailedSafe => "failed_safe",
            FailureCode::ModelUnavailable => "model_unavailable",
            FailureCode::StepsExhausted => "budget_exceeded:steps",
            FailureCode::OutOfTime => "budget_exceeded:minutes",
            FailureCode::ScriptFailed => "script_failed",
            FailureCode::AgentError => "agent_error",
        };
        return left(code, &failure.message);
    }
    match (&ended.said.finished, ended.ending) {
        (Some(summary), _) => left("done", summary),
        (None, Ending::Exited(0)) => left("done", "the agent ended without a summary"),
        (None, ending) => left("agent_crashed", &format!("the agent ended by itself ({ending:?})")),
    }
}
