//! OpenAI's Chat Completions: `POST /v1/chat/completions`.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::gateway::apis::Seen;
use crate::gateway::apis::Tally;
use crate::gateway::apis::Vetted;
use crate::gateway::apis::tally::number;
use crate::gateway::apis::tally::words;
use crate::gateway::apis::vetted;
use crate::kit::Result;
use crate::models::ModelProfile;
use crate::models::Tokens;

/// Fields that are passed on as they are.
const PASSED: &[&str] = &[
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

pub(super) fn vet(asked: &Map<String, Value>, profile: &ModelProfile) -> Result<Vetted> {
    let mut left_out = Vec::new();
    let mut body = vetted::only(asked, PASSED);
    for (number, message) in vetted::listed(body.get_mut("messages"), "messages")?.iter_mut().enumerate() {
        if let Value::Object(message) = message {
            message.retain(|field, _| IN_MESSAGES.contains(&field.as_str()));
        }
        message["content"].as_array().into_iter().flatten().try_for_each(|part| content(part, number))?;
    }
    if let Some(tools) = body.get_mut("tools") {
        vetted::keep_own(tools, &mut left_out, |kind| ["function", "custom"].contains(&kind))?;
    }
    body.insert("model".into(), json!(profile.model));
    let stream = asked.get("stream").and_then(Value::as_bool).unwrap_or(false);
    if stream {
        body.insert("stream".into(), json!(true));
        body.insert("stream_options".into(), json!({"include_usage": true}));
    }
    let wanted = vetted::wanted(asked, &["max_tokens", "max_completion_tokens"])?;
    let most_field: &[&str] = match wanted {
        Some(("max_completion_tokens", _)) => &["max_completion_tokens"],
        _ => &["max_tokens"],
    };
    let wanted_out = wanted.map(|(_, most)| most);
    Ok(Vetted { body, stream, wanted_out, most_field, must_limit: false, left_out })
}

/// A part of a message: text, or an image that lies in the message itself.
fn content(part: &Value, number: usize) -> Result<()> {
    let kind = part["type"].as_str().unwrap_or_default();
    let passes = match kind {
        "text" | "refusal" => true,
        "image_url" => part["image_url"]["url"].as_str().is_some_and(|url| url.starts_with("data:")),
        _ => false,
    };
    if passes { Ok(()) } else { Err(vetted::refused(kind, number).field("messages")) }
}

pub(super) fn see(event: &Value, tally: &mut Tally) -> Seen {
    if !event["error"].is_null() {
        return Seen::Failed(words(&event["error"]));
    }
    if !(event["choices"].is_array() || event["usage"].is_object() || event["object"] == "chat.completion.chunk") {
        return Seen::Nonsense;
    }
    let usage = &event["usage"];
    tally.says(Tokens {
        read: number(usage, "prompt_tokens"),
        cached: number(&usage["prompt_tokens_details"], "cached_tokens"),
        cache_written: 0,
        written: number(usage, "completion_tokens"),
    });
    for choice in event["choices"].as_array().into_iter().flatten() {
        tally.whole |= choice["finish_reason"].is_string();
        for part in [&choice["delta"], &choice["message"]] {
            written(part, tally);
        }
    }
    Seen::Fine
}

/// What the model wrote in a message or a piece of one.
fn written(part: &Value, tally: &mut Tally) {
    ["content", "reasoning_content", "reasoning"].iter().for_each(|field| tally.wrote(&part[*field]));
    for call in part["tool_calls"].as_array().into_iter().flatten() {
        ["name", "arguments"].iter().for_each(|field| tally.wrote(&call["function"][*field]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::apis::tests::profile;
    use crate::models::Protocol;

    fn vet(body: &Value) -> Result<Vetted> {
        super::vet(body.as_object().unwrap(), &profile(Protocol::Openai))
    }

    #[test]
    fn only_known_fields_are_passed_on() {
        let asked = json!({
            "model": "other", "store": true, "metadata": {"x": 1}, "web_search_options": {}, "n": 8, "stream": true,
            "stream_options": {"include_usage": false}, "user": "x", "temperature": 0,
            "messages": [{"role": "user", "content": "hi", "cache_control": {}}],
        });
        let mut vetted = vet(&asked).unwrap();
        vetted.limit(8, 8);
        insta::assert_snapshot!(json!(vetted.body()), @r#"{"temperature":0,"messages":[{"role":"user","content":"hi"}],"model":"real-model","stream":true,"stream_options":{"include_usage":true}}"#);
    }

    #[test]
    fn a_model_fetches_and_runs_nothing_for_an_agent() {
        let message = |content: Value| json!({"messages": [{"role": "user", "content": content}]});
        let image = |url: &str| message(json!([{"type": "image_url", "image_url": {"url": url}}]));
        assert!(vet(&image("https://evil.example/?leak")).is_err());
        assert!(vet(&image("data:image/png;base64,AA==")).is_ok());
        assert!(vet(&message(json!([{"type": "file", "file": {}}]))).is_err());
        let mut searching = message(json!("hi"));
        searching["tools"] = json!([{"type": "web_search"}, {"type": "function", "function": {"name": "x"}}]);
        let vetted = vet(&searching).unwrap();
        assert_eq!(vetted.left_out(), ["tool web_search"]);
        assert_eq!(vetted.body()["tools"], json!([{"type": "function", "function": {"name": "x"}}]));
    }

    #[test]
    fn nonsense_is_refused() {
        for body in [json!({}), json!({"messages": []}), json!({"messages": [1]})] {
            assert!(vet(&body).is_err());
        }
        let mut odd = json!({"messages": [{"role": "user", "content": "hi"}], "max_tokens": -1});
        assert!(vet(&odd).is_err());
        odd["max_tokens"] = json!(500);
        let mut vetted = vet(&odd).unwrap();
        vetted.limit(100, 8_192);
        assert!(vetted.rename_limit() && !vetted.rename_limit());
        assert_eq!(vetted.body()["max_completion_tokens"], 100);
    }

    #[test]
    fn an_image_does_not_eat_the_budget_before_it_is_counted() {
        let image = format!("data:image/png;base64,{}", "A".repeat(1_000_000));
        let part = json!({"type": "image_url", "image_url": {"url": image}});
        let vetted = vet(&json!({"messages": [{"role": "user", "content": [part]}]})).unwrap();
        assert!((2_000..2_100).contains(&vetted.estimate_in()), "{}", vetted.estimate_in());
    }
}
