//! The built-in agent: plan, act, observe, over a model that can call tools.
//!
//! Each turn asks the model, checks every call of its answer, and only if all of them can be made makes them: those that only look
//! at one time, the others in their order. What cannot be used is told to the model; after three such answers in a row the
//! agent gives up with nothing done. A conversation that the model calls too long is cut, and asked again.

use serde_json::Value;
use serde_json::json;

use crate::agents::inside::Ended;
use crate::agents::inside::conversation::Conversation;
use crate::agents::inside::dialect::Dialect;
use crate::agents::inside::gateway::Gateway;
use crate::agents::inside::gateway::ModelFault;
use crate::agents::inside::reply::Call;
use crate::agents::inside::reply::Reply;
use crate::agents::inside::tools::Tools;
use crate::agents::inside::tools::told;
use crate::gateway::Brief;
use crate::gateway::ports::EntryKind;
use crate::gateway::ports::FailureCode;
use crate::kit::Error;
use crate::kit::Result;

/// Bad answers, or faults of the model, in a row before the agent gives up.
const IN_A_ROW: u32 = 3;

/// Calls at one time.
const AT_ONCE: usize = 8;

/// What came of one answer.
enum Turn {
    Worked(Vec<Value>),
    Unusable(Vec<Value>, String),
    Finished(String),
}

/// Works until the model finishes or something ends it.
pub(super) fn run(brief: &Brief, gateway: &Gateway, tools: &Tools) -> Ended {
    let Some(dialect) = Dialect::of(brief.protocol) else {
        let message = format!("Our agent does not speak what the model's server speaks, `{}`", brief.protocol);
        return Ended::failed(FailureCode::AgentError, &message);
    };
    let mut conversation = Conversation::start(&brief.prompt.system, &brief.prompt.task, brief.limits.context_bytes);
    let offered = tools.offered();
    let (mut unusable, mut faults) = (0, 0);
    // The gateway counts steps and ends the attempt; one more than it allows lets it say so.
    for _ in 0..=brief.limits.steps {
        match tools.observe(0) {
            Ok(seen) if !seen.is_empty() => conversation.add_decision(&told(&seen)),
            Ok(_) => {}
            Err(error) => return Ended::failed(FailureCode::AgentError, error.message()),
        }
        let request = dialect.request(&conversation.messages(), &offered);
        let reply = match gateway.model(dialect, &request) {
            Ok(reply) => reply,
            Err(fault) => {
                if fault.is_too_long() && conversation.shrink() {
                    continue;
                }
                faults += 1;
                match after_fault(&fault, faults) {
                    Some(ended) => return ended,
                    None => continue,
                }
            }
        };
        faults = 0;
        gateway.say(EntryKind::Thought, &reply.thought, &Value::Null);
        gateway.say(EntryKind::Message, &reply.content, &Value::Null);
        match turn(&reply, tools) {
            Turn::Finished(summary) => return Ended::Finished(summary),
            Turn::Worked(messages) => {
                unusable = 0;
                conversation.add(messages);
            }
            Turn::Unusable(messages, why) => {
                unusable += 1;
                if unusable >= IN_A_ROW {
                    let message =
                        format!("The model's answers could not be used {unusable} times in a row; the last: {why}");
                    return Ended::failed(FailureCode::FailedSafe, &message);
                }
                conversation.add(messages);
            }
        }
    }
    Ended::failed(FailureCode::StepsExhausted, "The agent reached its last step without finishing")
}

/// Whether a fault of the model ends the work.
fn after_fault(fault: &ModelFault, in_a_row: u32) -> Option<Ended> {
    if fault.is_stop() {
        return Some(Ended::Stopped(fault.message.clone()));
    }
    if fault.is_final() || in_a_row >= IN_A_ROW {
        let message = format!("{} ({})", fault.message, fault.code);
        return Some(Ended::failed(FailureCode::ModelUnavailable, &message));
    }
    None
}

/// Does what an answer asks for, if all of it can be done.
fn turn(reply: &Reply, tools: &Tools) -> Turn {
    let mut messages = vec![reply.message()];
    if reply.calls.is_empty() {
        let why = "the answer called no tool";
        let content = "You called no tool. Call one; call `finish` when you are done.";
        messages.push(json!({"role": "user", "content": content}));
        return Turn::Unusable(messages, why.into());
    }
    let checked: Vec<Result<Value>> = reply.calls.iter().map(|call| check(call, tools)).collect();
    if let Some(Err(first)) = checked.iter().find(|checked| checked.is_err()) {
        let why = first.message().to_owned();
        for (call, checked) in reply.calls.iter().zip(&checked) {
            let content = match checked {
                Ok(_) => "not done, since another call of this answer cannot be made".to_owned(),
                Err(error) => explained(error),
            };
            messages.push(answer(call, &content));
        }
        return Turn::Unusable(messages, why);
    }
    let calls: Vec<(&Call, Value)> = reply.calls.iter().zip(checked.into_iter().flatten()).collect();
    let mut left = calls.as_slice();
    while let Some((first, _)) = left.first() {
        if first.name == "finish" {
            return Turn::Finished(left[0].1["summary"].as_str().unwrap_or_default().to_owned());
        }
        let beside =
            left.iter().take(AT_ONCE).take_while(|(call, _)| tools.may_stand_beside_others(&call.name)).count();
        let (now, later) = left.split_at(beside.max(1));
        messages.extend(now.iter().zip(together(now, tools)).map(|((call, _), content)| answer(call, &content)));
        left = later;
    }
    Turn::Worked(messages)
}

/// Makes calls at one time, and gives what they answered in their order.
fn together(calls: &[(&Call, Value)], tools: &Tools) -> Vec<String> {
    let make = |(call, arguments): &(&Call, Value)| {
        tools.call(&call.name, arguments).unwrap_or_else(|error| explained(&error))
    };
    if let [only] = calls {
        return vec![make(only)];
    }
    std::thread::scope(|scope| {
        let made: Vec<_> = calls.iter().map(|call| scope.spawn(move || make(call))).collect();
        let broke = |_| "error: this call broke off".to_owned();
        made.into_iter().map(|call| call.join().unwrap_or_else(broke)).collect()
    })
}

/// The arguments of a call that can be made.
fn check(call: &Call, tools: &Tools) -> Result<Value> {
    let arguments = call.object().ok_or_else(|| {
        Error::invalid(format!(
            "The arguments of `{}` are not a JSON object",
            crate::kit::text::visible_line(&call.name, 60)
        ))
    })?;
    tools.check(&call.name, &arguments)?;
    Ok(arguments)
}

fn answer(call: &Call, content: &str) -> Value {
    json!({"role": "tool", "tool_call_id": call.id, "content": content})
}

/// An error with its hints, as the model reads it.
fn explained(error: &Error) -> String {
    let mut text = format!("error: {}", error.message());
    for hint in error.hints() {
        text.push_str(&format!("\nhint: {hint}"));
    }
    text
}
