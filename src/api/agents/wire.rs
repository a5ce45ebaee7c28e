//! The shapes of this API, made by hand from what the rooms know.

use serde_json::Value;
use serde_json::json;

use crate::approvals::Approval;
use crate::approvals::Asked;
use crate::catalog::Diagnostic;
use crate::checks::Job;
use crate::checks::NewJob;
use crate::checks::StepRow;
use crate::events::Execution;
use crate::events::Received;
use crate::model::Effect;
use crate::model::effect::Payload;
use crate::proposals::Proposed;
use crate::runs::Attempt;
use crate::runs::NewRun;
use crate::runs::Run;
use crate::runs::TranscriptEvent;
use crate::writeback::WriteBack;

pub(super) fn run(run: &Run) -> Value {
    let Run {
        id,
        dispatch,
        state,
        reason,
        summary,
        cancel_asked_by,
        tokens_in,
        tokens_out,
        micro_usd,
        created,
        started,
        ended,
    } = run;
    let NewRun {
        repo,
        number,
        stack,
        task,
        prompt,
        rule,
        event,
        source,
        requester_login,
        requester: _,
        trusted,
        config_commit,
        ceiling_commit,
        code_commit,
        code_branch,
        policy_digest,
        concurrency_key,
        forked_from,
    } = dispatch;
    json!({
        "id": id,
        "repository": repo.to_string(),
        "number": number,
        "stack": stack,
        "task": task,
        "prompt": prompt,
        "rule": rule,
        "event": event,
        "source": source,
        "requester": requester_login,
        "trusted": trusted,
        "config_commit": config_commit,
        "ceiling_commit": ceiling_commit,
        "code_commit": code_commit,
        "code_branch": code_branch,
        "policy_digest": policy_digest,
        "concurrency_key": concurrency_key,
        "forked_from": forked_from,
        "state": state,
        "reason": reason,
        "summary": summary,
        "cancel_asked_by": cancel_asked_by,
        "usage": { "tokens_in": tokens_in, "tokens_out": tokens_out, "micro_usd": micro_usd },
        "created_at": created.rfc3339(),
        "started_at": started.map(|at| at.rfc3339()),
        "ended_at": ended.map(|at| at.rfc3339()),
    })
}

pub(super) fn attempt(attempt: &Attempt) -> Value {
    let Attempt {
        id,
        run,
        number,
        kind,
        state,
        asked_by,
        fresh,
        message,
        begins_with,
        saved,
        folder,
        bundle: _,
        reason,
        summary,
        created,
        started,
        ended,
    } = attempt;
    let saved =
        saved.as_ref().map(|saved| json!({ "commit": saved.commit, "files": saved.files, "at": saved.at.rfc3339() }));
    json!({
        "id": id,
        "run": run,
        "number": number,
        "kind": kind.as_str(),
        "state": state.as_str(),
        "asked_by": asked_by,
        "fresh": fresh,
        "message": message,
        "begins_with": begins_with,
        "saved": saved,
        "workspace": folder.map(|folder| json!({
            "state": folder.state.as_str(),
            "bytes": folder.bytes,
            "until": folder.until.rfc3339(),
        })),
        "reason": reason,
        "summary": summary,
        "created_at": created.rfc3339(),
        "started_at": started.map(|at| at.rfc3339()),
        "ended_at": ended.map(|at| at.rfc3339()),
    })
}

pub(super) fn transcript_event(event: &TranscriptEvent) -> Value {
    let TranscriptEvent { sequence, attempt, at, origin, kind, body } = event;
    json!({ "sequence": sequence, "attempt": attempt, "at": at.rfc3339(), "origin": origin, "kind": kind, "body": body })
}

/// An effect with every part that its digest covers.
pub(super) fn effect(proposed: &Proposed) -> Value {
    let Effect { target, expected, payload } = &proposed.new.effect;
    json!({
        "id": proposed.id,
        "sequence": proposed.sequence,
        "kind": proposed.new.effect.kind(),
        "digest": proposed.digest,
        "target": {
            "repository": target.repo.to_string(),
            "number": target.number,
            "branch": target.branch,
        },
        "expected_state": expected,
        "payload": payload_of(payload),
        "policy_digest": proposed.new.policy_digest,
        "verdict": proposed.new.verdict,
        "because": proposed.new.because,
        "proposal_commit": proposed.new.proposal_commit,
        "created_at": proposed.created.rfc3339(),
    })
}

fn payload_of(payload: &Payload) -> Value {
    serde_json::to_value(payload).unwrap_or(Value::Null)
}

pub(super) fn write_back(row: &WriteBack) -> Value {
    let WriteBack { effect, run: _, kind, state, approved_by, tries, result_id, result_url, problem, created, ended } =
        row;
    json!({
        "effect": effect,
        "kind": kind,
        "state": state.as_str(),
        "approved_by": approved_by,
        "tries": tries,
        "id": result_id,
        "url": result_url,
        "problem": problem,
        "created_at": created.rfc3339(),
        "ended_at": ended.map(|at| at.rfc3339()),
    })
}

/// An approval with its effects. `proposed` holds the effects' bytes, when they were asked for.
pub(super) fn approval(approval: &Approval, proposed: &[Proposed]) -> Value {
    let effects: Vec<Value> = approval
        .effects
        .iter()
        .map(|one| {
            let mut value = asked(one);
            if let Some(found) = proposed.iter().find(|found| found.id == one.effect)
                && let (Value::Object(value), Value::Object(more)) = (&mut value, effect(found))
            {
                value.extend(more);
            }
            value
        })
        .collect();
    json!({
        "id": approval.id,
        "run": approval.run,
        "repository": approval.repo.to_string(),
        "number": approval.number,
        "requester": approval.requester_login,
        "state": if approval.open { "open" } else { "closed" },
        "created_at": approval.created.rfc3339(),
        "closed_at": approval.closed.map(|at| at.rfc3339()),
        "effects": effects,
    })
}

fn asked(asked: &Asked) -> Value {
    let decisions: Vec<Value> = asked
        .decisions
        .iter()
        .map(|said| {
            json!({ "by": said.login, "decision": said.given.as_str(), "reason": said.reason, "at": said.at.rfc3339() })
        })
        .collect();
    json!({
        "digest": asked.digest,
        "kind": asked.kind,
        "state": asked.state.as_str(),
        "terms": asked.terms,
        "expires_at": asked.expires.rfc3339(),
        "closed_by": asked.closed_by,
        "closed_at": asked.closed.map(|at| at.rfc3339()),
        "why": asked.why,
        "decisions": decisions,
    })
}

pub(super) fn execution(execution: &Execution) -> Value {
    let what = &execution.what;
    json!({
        "id": execution.id,
        "at": execution.at.rfc3339(),
        "event": what.event,
        "rule": what.rule,
        "decision": what.decision.as_str(),
        "reason": what.reason,
        "stack": what.stack,
        "run": what.run,
        "number": what.number,
        "config_commit": what.config,
        "dedupe_key": what.dedupe_key,
        "concurrency_key": what.concurrency_key,
    })
}

pub(super) fn delivery(received: &Received) -> Value {
    json!({
        "id": received.id,
        "source": received.source.to_string(),
        "delivery": received.remote_id,
        "event": received.name,
        "at": received.at.rfc3339(),
        "digest": received.digest,
        "state": received.state.as_str(),
        "outcome": received.outcome,
        "original": received.original,
        "size": received.size,
    })
}

pub(super) fn diagnostic(diagnostic: &Diagnostic) -> Value {
    serde_json::to_value(diagnostic).unwrap_or(Value::Null)
}

pub(super) fn check(job: &Job, steps: &[StepRow]) -> Value {
    let Job {
        id,
        new,
        attempt,
        state,
        held,
        reason,
        summary,
        signature,
        cancel_asked_by,
        begins,
        log_lines,
        log_bytes,
        log_gone,
        created,
        started,
        ended,
    } = job;
    let NewJob { repo, sha, name, plan, trigger, branch, pull, fork, asked_by, cause: _ } = new;
    let steps: Vec<Value> = steps
        .iter()
        .map(|StepRow { number, name, state, ending, first_line, started, ended }| {
            json!({
                "number": number,
                "name": name,
                "state": state,
                "ending": ending,
                "first_line": first_line,
                "started_at": started.rfc3339(),
                "ended_at": ended.map(|at| at.rfc3339()),
            })
        })
        .collect();
    json!({
        "id": id,
        "repository": repo.to_string(),
        "sha": sha,
        "name": name,
        "attempt": attempt,
        "plan": plan,
        "event": trigger,
        "branch": branch,
        "pull": pull,
        "fork": fork,
        "asked_by": asked_by,
        "state": state.as_str(),
        "waits_for_needs": held,
        "reason": reason,
        "summary": summary,
        "signature": signature,
        "cancel_asked_by": cancel_asked_by,
        "begins": begins,
        "log_lines": log_lines,
        "log_bytes": log_bytes,
        "log_gone": log_gone,
        "steps": steps,
        "created_at": created.rfc3339(),
        "started_at": started.map(|at| at.rfc3339()),
        "ended_at": ended.map(|at| at.rfc3339()),
    })
}
