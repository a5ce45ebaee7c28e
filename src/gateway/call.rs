//! A call of one of the run's own tools: checked against its schema, done, and written down. `POST /tools/{name}`, MCP and
//! whatever comes next end here, so a tool is the same by every way.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use axum::Json;
use axum::body::Body;
use axum::extract::Path;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::Response;
use serde_json::Value;
use serde_json::json;

use crate::gateway::answer;
use crate::gateway::door::Door;
use crate::gateway::ports::EntryKind;
use crate::gateway::ports::Failure;
use crate::gateway::tools;
use crate::gateway::web;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::text::bounded;
use crate::kit::text::visible_line;
use crate::proposals::draft;
use crate::proposals::draft::Draft;

/// Most bytes of the arguments of a call.
pub(super) const ARGUMENTS: usize = 1 << 20;

/// Most bytes of arguments and answers that the transcript keeps.
const KEPT: usize = 16 << 10;

/// `POST /tools/{name}`: the arguments are the body; the answer is `{"result": …}`.
pub(super) async fn post(State(door): State<Arc<Door>>, Path(name): Path<String>, body: Body) -> Response {
    let called = match read(body).await {
        Ok(arguments) => perform(&door, &name, &arguments).await,
        Err(error) => Err(error),
    };
    match called {
        Ok(result) => Json(json!({"result": result})).into_response(),
        Err(error) => answer::refusal(&error),
    }
}

async fn read(body: Body) -> Result<Value> {
    let bytes = answer::whole(body, ARGUMENTS).await?;
    if bytes.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(&bytes)
        .map_err(|error| Error::invalid(format!("The arguments are not JSON: {error}")).code("BAD_ARGUMENTS"))
}

/// Makes a call and writes down what came of it. Looks for observations are not worth a line.
pub(super) async fn perform(door: &Door, name: &str, arguments: &Value) -> Result<Value> {
    let started = Instant::now();
    let result = dispatch(door, name, arguments).await;
    if name != tools::OBSERVATIONS {
        note(door, name, arguments, &result, started.elapsed()).await;
    }
    result
}

async fn dispatch(door: &Door, name: &str, arguments: &Value) -> Result<Value> {
    tools::find(&door.brief.tools, name)?.check(name, arguments)?;
    let text = |field: &str| arguments[field].as_str().unwrap_or_default().to_owned();
    let ports = &door.ports.tools;
    match name {
        "proposals" => ports.proposals().await,
        "ask" => ports.ask(text("question")).await.map(|()| json!("asked; the answer arrives as an observation")),
        "finish" => ports.finish(text("summary")).await.map(|()| json!("finished")),
        "fail" => {
            let failure: Failure = serde_json::from_value(arguments.clone())
                .map_err(|error| Error::invalid(format!("This failure cannot be used: {error}")))?;
            ports.fail(failure).await.map(|()| json!("failed"))
        }
        tools::OBSERVATIONS => {
            let wait = Duration::from_secs(arguments["wait_seconds"].as_u64().unwrap_or(0));
            let seen = ports.observations(arguments["after"].as_u64().unwrap_or(0), wait).await?;
            Ok(json!(seen))
        }
        "web_fetch" => web::fetch(door, arguments).await,
        _ if draft::tools().iter().any(|tool| tool.name == name) => {
            let proposed = ports.propose(Draft::from_call(name, arguments)?).await?;
            Ok(json!(proposed))
        }
        _ => ports.look(name, arguments).await,
    }
}

/// Writes down what was called and what came of it.
async fn note(door: &Door, name: &str, arguments: &Value, result: &Result<Value>, took: Duration) {
    let (ok, said) = match result {
        Ok(value) => (true, value.clone()),
        Err(error) => (false, json!(error.message())),
    };
    let detail = json!({
        "tool": visible_line(name, 60),
        "arguments": kept(arguments),
        "ok": ok,
        "answer": kept(&said),
        "milliseconds": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
    });
    let text = if ok { visible_line(name, 60) } else { format!("{}: refused", visible_line(name, 60)) };
    door.say(EntryKind::ToolCall, text, detail).await;
}

/// A value as the transcript keeps it: itself, or the start of its text when it is long.
fn kept(value: &Value) -> Value {
    let text = value.to_string();
    if text.len() <= KEPT { value.clone() } else { json!(format!("{}…", bounded(&text, KEPT))) }
}
