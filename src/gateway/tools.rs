//! The run's own tools: `POST /tools/{name}`. What a model may call is listed in the brief; two more are for the
//! program around it: `observations` and `fail`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::LazyLock;
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
use crate::gateway::brief::Tool;
use crate::gateway::door::Door;
use crate::gateway::ports::EntryKind;
use crate::gateway::ports::Failure;
use crate::gateway::schema::Schema;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::text::bounded;
use crate::kit::text::visible_line;
use crate::proposals::draft;
use crate::proposals::draft::Draft;

/// Most bytes of the arguments of a call.
const ARGUMENTS: usize = 1 << 20;

/// Most bytes of arguments and answers that the transcript keeps.
const KEPT: usize = 16 << 10;

/// Tools for the program around a model, which the brief does not list.
const FOR_PROGRAMS: [&str; 2] = ["observations", "fail"];

/// The tools for a brief: all, or those that propose nothing.
pub fn offered(may_propose: bool) -> Vec<Tool> {
    let listed = TOOLS.iter().filter(|(tool, _)| !FOR_PROGRAMS.contains(&tool.name.as_str()));
    listed.map(|(tool, _)| tool.clone()).filter(|tool| may_propose || !tool.name.starts_with("propose_")).collect()
}

/// `POST /tools/{name}`: the arguments are the body; the answer is `{"result": …}`.
pub(super) async fn call(State(door): State<Arc<Door>>, Path(name): Path<String>, body: Body) -> Response {
    let started = Instant::now();
    let arguments = match read(body).await {
        Ok(arguments) => arguments,
        Err(error) => return answer::refusal(&error),
    };
    let result = dispatch(&door, &name, &arguments).await;
    if name != "observations" {
        note(&door, &name, &arguments, &result, started.elapsed()).await;
    }
    match result {
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

async fn dispatch(door: &Door, name: &str, arguments: &Value) -> Result<Value> {
    let known = TOOLS.iter().find(|(tool, _)| tool.name == name);
    let listed = FOR_PROGRAMS.contains(&name) || door.brief.tools.iter().any(|tool| tool.name == name);
    let Some((_, schema)) = known.filter(|_| listed) else {
        let names: Vec<&str> = door.brief.tools.iter().map(|tool| tool.name.as_str()).collect();
        let error = Error::not_found(format!("tool `{}`", visible_line(name, 60))).code("UNKNOWN_TOOL");
        return Err(error.hint(format!("tools of this run: {}", names.join(", "))));
    };
    schema.check(name, arguments)?;
    let text = |field: &str| arguments[field].as_str().unwrap_or_default().to_owned();
    let tools = &door.ports.tools;
    match name {
        "read_source" => tools.read_source().await,
        "proposals" => tools.proposals().await,
        "ask" => tools.ask(text("question")).await.map(|()| json!("asked; the answer arrives as an observation")),
        "finish" => tools.finish(text("summary")).await.map(|()| json!("finished")),
        "fail" => {
            let failure: Failure = serde_json::from_value(arguments.clone())
                .map_err(|error| Error::invalid(format!("This failure cannot be used: {error}")))?;
            tools.fail(failure).await.map(|()| json!("failed"))
        }
        "observations" => {
            let wait = Duration::from_secs(arguments["wait_seconds"].as_u64().unwrap_or(0));
            let seen = tools.observations(arguments["after"].as_u64().unwrap_or(0), wait).await?;
            Ok(json!(seen))
        }
        _ => {
            let proposed = tools.propose(Draft::from_call(name, arguments)?).await?;
            Ok(json!(proposed))
        }
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

static TOOLS: LazyLock<Vec<(Tool, Schema)>> = LazyLock::new(|| {
    let mut tools: BTreeMap<u8, Vec<Tool>> = BTreeMap::new();
    let none = json!({"type": "object", "properties": {}, "additionalProperties": false});
    tools.entry(0).or_default().push(tool(
        "read_source",
        "Read the issue, pull request or check that this run is about, as it is now, with its conversation.",
        none.clone(),
    ));
    tools
        .entry(1)
        .or_default()
        .extend(draft::tools().iter().map(|it| tool(it.name, it.description, it.schema.clone())));
    tools.entry(2).or_default().extend([
        tool("proposals", "See what you proposed so far and how each of it stands.", none),
        tool(
            "ask",
            "Ask people a question, when you cannot go on without an answer. The answer arrives as an observation.",
            one_text("question", "The question", 4_096),
        ),
        tool(
            "finish",
            "Say that you are done. What you proposed stays; nothing more can be proposed.",
            one_text("summary", "What you did and how you know that it works", 8_192),
        ),
        tool("fail", "Say that you cannot go on.", failure()),
        tool("observations", "See what happened meanwhile.", window()),
    ]);
    let compiled = tools.into_values().flatten().map(|tool| {
        let schema = Schema::of(&tool.schema).expect("a test compiles every schema");
        (tool, schema)
    });
    compiled.collect()
});

fn tool(name: &str, description: &str, schema: Value) -> Tool {
    Tool { name: name.into(), description: description.into(), schema }
}

fn one_text(field: &str, description: &str, most: usize) -> Value {
    json!({
        "type": "object",
        "properties": {field: {"type": "string", "minLength": 1, "maxLength": most, "description": description}},
        "required": [field],
        "additionalProperties": false,
    })
}

fn failure() -> Value {
    json!({
        "type": "object",
        "properties": {"code": {"type": "string", "maxLength": 40}, "message": {"type": "string", "maxLength": 4_096}},
        "required": ["code", "message"],
        "additionalProperties": false,
    })
}

fn window() -> Value {
    json!({
        "type": "object",
        "properties": {
            "after": {"type": "integer", "minimum": 0},
            "wait_seconds": {"type": "integer", "minimum": 0, "maximum": 25},
        },
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brief_lists_what_a_model_may_call() {
        let names = |may| offered(may).into_iter().map(|tool| tool.name).collect::<Vec<_>>().join(" ");
        insta::assert_snapshot!(names(true), @"read_source propose_comment propose_push propose_pull_request propose_labels propose_check_rerun proposals ask finish");
        insta::assert_snapshot!(names(false), @"read_source proposals ask finish");
    }

    #[test]
    fn bad_arguments_are_told_so_that_they_can_be_mended() {
        let schema = |name| &TOOLS.iter().find(|(tool, _)| tool.name == name).unwrap().1;
        let say = |name, arguments: Value| schema(name).check(name, &arguments).unwrap_err().message().to_owned();
        let told = [
            say("propose_comment", json!({"text": "hi"})),
            say("propose_labels", json!({"add": [1]})),
            say("ask", json!("why?")),
        ];
        insta::assert_snapshot!(told.join("\n"), @r#"
        `propose_comment` cannot use these arguments: Additional properties are not allowed ('text' was unexpected); "body" is a required property
        `propose_labels` cannot use these arguments: `/add/0`: 1 is not of type "string"
        `ask` cannot use these arguments: "why?" is not of type "object"
        "#);
    }
}
