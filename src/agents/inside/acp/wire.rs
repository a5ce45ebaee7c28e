//! JSON-RPC as agents really speak it: pure.
//!
//! What we say is typed by the crate of the protocol; what we hear is read leniently. Agents send ids of every type from zero
//! up, errors of every shape, banners between the messages, and kinds of updates that no version of the protocol knew. None of
//! that may end a run that is going well.

use serde_json::Value;
use serde_json::json;

use crate::kit::text::visible_line;

/// One thing that was heard.
#[derive(Debug, PartialEq)]
pub(super) enum Heard {
    /// An answer to the request of ours with this number.
    Answer(u64, Result<Value, Refusal>),
    /// A request of the agent, with its id as it sent it.
    Request { id: Value, method: String, params: Value },
    /// Something it wants us to know.
    Notice { method: String, params: Value },
    /// A line that is none of these.
    Noise(String),
}

/// How an agent said no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: Option<i64>,
    pub(super) message: String,
}

/// Most bytes of what an agent says about an error that are kept.
const MESSAGE: usize = 600;

/// Reads a line.
pub(super) fn hear(line: &str) -> Vec<Heard> {
    match serde_json::from_str::<Value>(line) {
        Ok(Value::Array(batch)) => batch.into_iter().map(one).collect(),
        Ok(value) => vec![one(value)],
        Err(_) if line.trim().is_empty() => Vec::new(),
        Err(_) => vec![Heard::Noise(visible_line(line, MESSAGE))],
    }
}

fn one(mut value: Value) -> Heard {
    let method = value["method"].as_str().map(str::to_owned);
    let id = value.get("id").filter(|id| !id.is_null()).cloned();
    let params = value.get_mut("params").map(Value::take).unwrap_or_default();
    match (method, id) {
        (Some(method), Some(id)) => Heard::Request { id, method, params },
        (Some(method), None) => Heard::Notice { method, params },
        (None, Some(id)) => answer(&id, &mut value),
        (None, None) => Heard::Noise(visible_line(&value.to_string(), MESSAGE)),
    }
}

/// Our ids are numbers; some agents send them back as text.
fn answer(id: &Value, value: &mut Value) -> Heard {
    let number = id.as_u64().or_else(|| id.as_str()?.parse().ok());
    let Some(number) = number else { return Heard::Noise(visible_line(&value.to_string(), MESSAGE)) };
    match value.get("error").filter(|error| !error.is_null()) {
        Some(error) => Heard::Answer(number, Err(refusal(error))),
        None => Heard::Answer(number, Ok(value.get_mut("result").map(Value::take).unwrap_or_default())),
    }
}

/// An error object, or whatever stands in its place. What is interesting is often in `data`.
fn refusal(error: &Value) -> Refusal {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let code = error["code"].as_i64().or_else(|| error["code"].as_str()?.parse().ok());
    let said = text(&error["message"]).or_else(|| text(error)).unwrap_or_else(|| error.to_string());
    let data = &error["data"];
    let more = ["details", "message", "error"].iter().find_map(|field| text(&data[*field])).or_else(|| text(data));
    let message = match more.filter(|more| !said.contains(more.as_str())) {
        Some(more) => format!("{said}: {more}"),
        None => said,
    };
    Refusal { code, message: visible_line(&message, MESSAGE) }
}

/// A request of ours.
pub(super) fn request(id: u64, method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

/// Something that we want the agent to know.
pub(super) fn notice(method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "method": method, "params": params})
}

/// An answer of ours.
pub(super) fn reply(id: &Value, result: Result<Value, Refusal>) -> Value {
    match result {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err(refusal) => {
            let error = json!({"code": refusal.code.unwrap_or(-32603), "message": refusal.message});
            json!({"jsonrpc": "2.0", "id": id, "error": error})
        }
    }
}

impl Refusal {
    pub(super) fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code: Some(code), message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, heard: Heard) {
        assert_eq!(hear(line), [heard], "{line}");
    }

    #[test]
    fn errors_of_every_shape_are_understood() {
        let refused = |code, message: &str| Heard::Answer(3, Err(Refusal { code, message: message.into() }));
        check(
            r#"{"id":3,"error":{"code":-32603,"message":"Internal error","data":{"details":"no model"}}}"#,
            refused(Some(-32603), "Internal error: no model"),
        );
        check(r#"{"id":3,"error":{"code":401,"message":"Unauthorized"}}"#, refused(Some(401), "Unauthorized"));
        check(r#"{"id":"3","error":{"code":"-31002","message":"x","data":"y"}}"#, refused(Some(-31002), "x: y"));
        check(r#"{"id":3,"error":"no"}"#, refused(None, "no"));
        check(r#"{"id":3,"error":{"code":-32000}}"#, refused(Some(-32000), r#"{"code":-32000}"#));
        check(r#"{"id":3,"error":null,"result":null}"#, Heard::Answer(3, Ok(Value::Null)));
        check(r#"{"id":3}"#, Heard::Answer(3, Ok(Value::Null)));
    }

    #[test]
    fn ids_of_agents_start_at_zero_and_are_of_any_type() {
        for id in [json!(0), json!("a-b"), json!(1.5)] {
            let line = json!({"id": id, "method": "fs/read_text_file", "params": {"path": "x"}}).to_string();
            let heard =
                Heard::Request { id: id.clone(), method: "fs/read_text_file".into(), params: json!({"path": "x"}) };
            check(&line, heard);
            assert_eq!(reply(&id, Ok(json!(1)))["id"], id);
        }
    }

    #[test]
    fn what_is_no_message_is_noise_and_a_batch_is_its_messages() {
        check("Debugger attached.", Heard::Noise("Debugger attached.".into()));
        check("42", Heard::Noise("42".into()));
        assert_eq!(hear("  "), []);
        assert_eq!(hear(r#"[{"method":"a"},{"id":1,"result":2}]"#).len(), 2);
    }
}
