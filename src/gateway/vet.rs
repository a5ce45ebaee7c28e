//! What of an agent's request is passed on to a model: known fields only.
//!
//! A model's API is a way out of the sandbox. Tools that the provider would run (web search, code), addresses that it
//! would fetch (remote images) and fields that store something there are left out or refused.

use axum::body::Bytes;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::gateway::profile::ModelProfile;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::text::visible_line;

/// A request that may be passed on.
#[derive(Debug)]
pub(super) struct Vetted {
    body: Map<String, Value>,
    pub(super) stream: bool,
    /// Tokens that it is thought to read.
    pub(super) estimate_in: u64,
    /// Tokens that it asks for, when it names a number.
    wanted_out: Option<u64>,
    /// The field that names the number: providers differ.
    most_field: &'static str,
}

/// Fields that are passed on as they are.
const PASSED: [&str; 14] = [
    "messages",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "temperature",
    "top_p",
    "top_k",
    "stop",
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "response_format",
    "reasoning_effort",
    "verbosity",
];

/// Fields of a message that are passed on.
const IN_MESSAGES: [&str; 7] =
    ["role", "content", "name", "tool_calls", "tool_call_id", "refusal", "reasoning_content"];

const LIMITS: [&str; 2] = ["max_tokens", "max_completion_tokens"];

/// Most messages of a request.
const MESSAGES: usize = 5_000;

/// Reads a request, leaves out what is not passed on, and names the profile's model.
pub(super) fn request(bytes: &Bytes, profile: &ModelProfile) -> Result<Vetted> {
    let Ok(Value::Object(asked)) = serde_json::from_slice::<Value>(bytes) else {
        return Err(Error::invalid("The request is not a JSON object"));
    };
    let mut body = Map::new();
    body.insert("model".into(), json!(profile.model));
    for (field, value) in asked.iter().filter(|(field, _)| PASSED.contains(&field.as_str())) {
        body.insert(field.clone(), value.clone());
    }
    messages(body.get_mut("messages"))?;
    if let Some(tools) = body.get("tools") {
        functions(tools)?;
    }
    let stream = asked.get("stream").and_then(Value::as_bool).unwrap_or(false);
    if stream {
        body.insert("stream".into(), json!(true));
        body.insert("stream_options".into(), json!({"include_usage": true}));
    }
    let named = LIMITS.into_iter().find(|field| asked.get(*field).is_some_and(|value| !value.is_null()));
    let wanted_out = named.and_then(|field| asked[field].as_u64());
    if named.is_some() && wanted_out.is_none_or(|wanted| wanted == 0) {
        return Err(Error::invalid("The number of tokens to write is not a positive integer").field("max_tokens"));
    }
    let estimate_in = serde_json::to_vec(&body).map_or(bytes.len(), |text| text.len()) as u64 / 4 + 1;
    Ok(Vetted { body, stream, estimate_in, wanted_out, most_field: named.unwrap_or("max_tokens") })
}

impl Vetted {
    /// Tokens that are to be set aside for the answer.
    pub(super) fn wanted_out(&self, default: u64) -> u64 {
        self.wanted_out.unwrap_or(default)
    }

    /// Names the number of tokens that the answer may have. A request that named none, and need not be cut, stays
    /// without: models differ in what they take at most.
    pub(super) fn limit(&mut self, most: u64, default: u64) {
        if self.wanted_out.is_some() || most < default {
            self.body.insert(self.most_field.into(), json!(most));
        }
    }

    /// Uses the other name for that number; false when it names none, or was renamed before.
    pub(super) fn rename_limit(&mut self) -> bool {
        let Some(most) = self.body.remove("max_tokens") else { return false };
        self.body.insert("max_completion_tokens".into(), most);
        true
    }

    /// The body to send.
    pub(super) fn body(&self) -> &Map<String, Value> {
        &self.body
    }
}

fn messages(messages: Option<&mut Value>) -> Result<()> {
    let Some(Value::Array(messages)) = messages else {
        return Err(Error::invalid("The request has no list of messages").field("messages"));
    };
    if messages.is_empty() || messages.len() > MESSAGES {
        return Err(Error::invalid(format!("A request has 1 to {MESSAGES} messages")).field("messages"));
    }
    for (number, message) in messages.iter_mut().enumerate() {
        let Value::Object(message) = message else {
            return Err(Error::invalid(format!("Message {number} is not an object")).field("messages"));
        };
        message.retain(|field, _| IN_MESSAGES.contains(&field.as_str()));
        if let Some(Value::Array(parts)) = message.get_mut("content") {
            parts.iter_mut().try_for_each(|part| content(part, number))?;
        }
    }
    Ok(())
}

/// A part of a message: text, or an image that lies in the message itself.
fn content(part: &mut Value, number: usize) -> Result<()> {
    let kind = part["type"].as_str().unwrap_or_default();
    let passes = match kind {
        "text" | "refusal" => true,
        "image_url" => part["image_url"]["url"].as_str().is_some_and(|url| url.starts_with("data:")),
        _ => false,
    };
    if passes {
        return Ok(());
    }
    let kind = visible_line(kind, 40);
    Err(Error::invalid(format!("Message {number} has a part of type `{kind}` that is not passed on"))
        .field("messages")
        .hint("send text, or images as `data:` addresses: a model may fetch nothing"))
}

/// Only functions that the agent itself runs.
fn functions(tools: &Value) -> Result<()> {
    let Some(tools) = tools.as_array() else {
        return Err(Error::invalid("`tools` is not a list").field("tools"));
    };
    match tools.iter().find(|tool| tool["type"] != "function") {
        None => Ok(()),
        Some(other) => {
            let kind = visible_line(other["type"].as_str().unwrap_or("none"), 40);
            Err(Error::invalid(format!("A tool of type `{kind}` is not passed on"))
                .field("tools")
                .hint("only tools of type `function`, which the agent runs itself"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::secret::Secret;

    fn profile() -> ModelProfile {
        ModelProfile {
            name: "default".into(),
            url: "http://127.0.0.1:1/v1/".parse().unwrap(),
            key: Secret::new("k".into()),
            model: "real-model".into(),
            price: None,
        }
    }

    fn vet(body: Value) -> Result<Vetted> {
        request(&Bytes::from(body.to_string()), &profile())
    }

    #[test]
    fn only_known_fields_are_passed_on() {
        let asked = json!({
            "model": "other", "store": true, "metadata": {"x": 1}, "web_search_options": {}, "n": 8, "stream": true,
            "stream_options": {"include_usage": false}, "user": "x", "temperature": 0,
            "messages": [{"role": "user", "content": "hi", "cache_control": {}}],
        });
        let mut vetted = vet(asked).unwrap();
        vetted.limit(8, 8);
        insta::assert_snapshot!(json!(vetted.body()), @r#"{"model":"real-model","temperature":0,"messages":[{"role":"user","content":"hi"}],"stream":true,"stream_options":{"include_usage":true}}"#);
        assert_eq!(profile().chat_address(), "http://127.0.0.1:1/v1/chat/completions");
    }

    #[test]
    fn a_model_fetches_and_runs_nothing_for_an_agent() {
        let message = |content: Value| json!({"messages": [{"role": "user", "content": content}]});
        let image = |url: &str| message(json!([{"type": "image_url", "image_url": {"url": url}}]));
        assert!(vet(image("https://evil.example/?leak")).is_err());
        assert!(vet(image("data:image/png;base64,AA==")).is_ok());
        assert!(vet(message(json!([{"type": "file", "file": {}}]))).is_err());
        let mut searching = message(json!("hi"));
        searching["tools"] = json!([{"type": "web_search"}]);
        assert!(vet(searching).is_err());
    }

    #[test]
    fn nonsense_is_refused() {
        for body in [json!([]), json!({}), json!({"messages": []}), json!({"messages": [1]})] {
            assert!(vet(body).is_err());
        }
        let mut odd = json!({"messages": [{"role": "user", "content": "hi"}], "max_tokens": -1});
        assert!(vet(odd.clone()).is_err());
        odd["max_tokens"] = json!(500);
        let mut vetted = vet(odd).unwrap();
        vetted.limit(100, 8_192);
        assert!(vetted.rename_limit() && !vetted.rename_limit());
        assert_eq!(vetted.body()["max_completion_tokens"], 100);
    }
}
