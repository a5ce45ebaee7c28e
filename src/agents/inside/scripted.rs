//! The scripted agent: plays a script through the tools that a model would call.

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use crate::agents::inside::Ended;
use crate::agents::inside::gateway::Gateway;
use crate::agents::inside::git;
use crate::agents::inside::tools::Tools;
use crate::agents::inside::tools::told;
use crate::agents::script;
use crate::agents::script::Run;
use crate::agents::script::Step;
use crate::agents::script::Until;
use crate::gateway::Brief;
use crate::gateway::ports::EntryKind;
use crate::gateway::ports::FailureCode;
use crate::gateway::ports::ObservationKind;
use crate::kit::Error;
use crate::kit::Result;

/// Plays the script to its end, or to the first step that does not do what it should.
pub(super) fn run(brief: &Brief, gateway: &Gateway, tools: &Tools) -> Ended {
    let steps = match script::parse(brief.script.as_deref().unwrap_or_default()) {
        Ok(steps) => steps,
        Err(error) => return Ended::failed(FailureCode::ScriptFailed, error.message()),
    };
    let resumed = steps.iter().position(|step| *step == Step::Resumed).filter(|_| brief.resumed);
    for (number, step) in steps.iter().enumerate().skip(resumed.unwrap_or(0)) {
        match play(step, gateway, tools) {
            Ok(Some(summary)) => return Ended::Finished(summary),
            Ok(None) => {}
            Err(error) => {
                let message = format!("Step {} of the script failed: {}", number + 1, error.message());
                return Ended::failed(FailureCode::ScriptFailed, &message);
            }
        }
    }
    Ended::Finished("The script came to its end".into())
}

/// Plays one step; gives the summary when it finishes.
fn play(step: &Step, gateway: &Gateway, tools: &Tools) -> Result<Option<String>> {
    match step {
        Step::Finish(summary) => return Ok(Some(summary.clone())),
        Step::Say(text) => gateway.say(EntryKind::Message, text, &Value::Null),
        Step::Read(path) => drop(tools.call("read_file", &json!({"path": path}))?),
        Step::SourceRead => drop(tools.call("source_read", &json!({}))?),
        Step::Call(call) => {
            let arguments = if call.arguments.is_null() { json!({}) } else { call.arguments.clone() };
            let answer = tools.call(&call.tool, &arguments)?;
            if let Some(wanted) = &call.says
                && !answer.to_string().contains(wanted)
            {
                return Err(Error::invalid(format!("`{}` did not say `{wanted}`: {answer}", call.tool)));
            }
        }
        Step::Edit(edit) => {
            let arguments = json!({"path": edit.path, "find": edit.find, "replace": edit.replace});
            tools.call("edit_file", &arguments)?;
        }
        Step::Write(write) => {
            tools.call("edit_file", &json!({"path": write.path, "content": write.content}))?;
        }
        Step::Run(run) => command(run, gateway, tools)?,
        Step::Push(push) => {
            let message = push.message.as_deref().unwrap_or("Change by the agent");
            let text = git::push(tools.workspace(), &push.branch, message)?;
            gateway.say(EntryKind::Message, &text, &json!({"tool": "push"}));
        }
        Step::Propose(draft) => {
            let (name, arguments) = draft.as_call();
            tools.call(&name, &arguments)?;
        }
        Step::Refused(draft) => {
            let (name, arguments) = draft.as_call();
            if tools.call(&name, &arguments).is_ok() {
                return Err(Error::invalid("the proposal was taken, but the script expects it to be refused"));
            }
        }
        Step::Ask(question) => {
            let answer = tools.call("ask", &json!({"question": question}))?;
            gateway.say(EntryKind::Message, &answer, &Value::Null);
        }
        Step::Observe(observe) => {
            let seen = tools.wait_for(|kind| match observe.until {
                Until::Decision => matches!(kind, ObservationKind::Approved | ObservationKind::Denied),
                Until::Answer => kind == ObservationKind::Answer,
            })?;
            gateway.say(EntryKind::Message, &told(&seen), &Value::Null);
        }
        Step::Resumed => {}
        Step::SleepMs(pause) => std::thread::sleep(Duration::from_millis(*pause)),
    }
    Ok(None)
}

fn command(run: &Run, gateway: &Gateway, tools: &Tools) -> Result<()> {
    let detail = json!({"tool": "run_command", "arguments": {"command": run.command}});
    gateway.say(EntryKind::ToolCall, "run_command", &detail);
    let ran = tools.run(&run.command, run.timeout_seconds)?;
    gateway.say(EntryKind::ToolResult, &ran.told(), &json!({"tool": "run_command", "ok": ran.exit == Some(0)}));
    match run.expect_exit {
        Some(wanted) if ran.exit != Some(wanted) => {
            Err(Error::invalid(format!("`{}` should exit with {wanted}: {}", run.command, ran.told().trim())))
        }
        _ => Ok(()),
    }
}
