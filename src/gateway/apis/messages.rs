//! Anthropic's Messages: `POST /v1/messages`, and `/v1/messages/count_tokens`.

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
    "system",
    "tools",
    "tool_choice",
    "thinking",
    "temperature",
    "top_p",
    "top_k",
    "stop_sequences",
    "context_management",
    "output_config",
    "output_format",
    "cache_control",
];

/// Fields that a count takes.
const COUNTED: &[&str] = &["messages", "system", "tools", "tool_choice", "thinking"];

/// Beginnings of the types of tools that the agent runs itself, besides those without a type.
const OWN: [&str; 5] = ["custom", "bash_", "text_editor_", "computer_", "memory_"];

pub(super) fn vet(asked: &Map<String, Value>, profile: &ModelProfile) -> Result<Vetted> {
    let mut left_out = Vec::new();
    let mut body = conversation(asked, PASSED, &mut left_out)?;
    body.insert("model".into(), json!(profile.model));
    let stream = asked.get("stream").and_then(Value::as_bool).unwrap_or(false);
    if stream {
        body.insert("stream".into(), json!(true));
    }
    let wanted_out = vetted::wanted(asked, &["max_tokens"])?.map(|(_, most)| most);
    Ok(Vetted { body, stream, wanted_out, most_field: &["max_tokens"], must_limit: true, left_out })
}

pub(super) fn vet_count(asked: &Map<String, Value>, profile: &ModelProfile) -> Result<Value> {
    let mut body = conversation(asked, COUNTED, &mut Vec::new())?;
    body.insert("model".into(), json!(profile.model));
    Ok(Value::Object(body))
}

fn conversation(asked: &Map<String, Value>, fields: &[&str], left_out: &mut Vec<String>) -> Result<Map<String, Value>> {
    let mut body = vetted::only(asked, fields);
    for (number, message) in vetted::listed(body.get_mut("messages"), "messages")?.iter().enumerate() {
        content(&message["content"], number)?;
    }
    if let Some(tools) = body.get_mut("tools") {
        let is_own = |kind: &str| kind.is_empty() || OWN.iter().any(|start| kind.starts_with(start));
        vetted::keep_own(tools, left_out, is_own)?;
    }
    Ok(body)
}

/// Parts of a message, or of what a tool answered: nothing that the provider would fetch or look up.
fn content(parts: &Value, number: usize) -> Result<()> {
    for part in parts.as_array().into_iter().flatten() {
        let kind = part["type"].as_str().unwrap_or_default();
        let passes = match kind {
            "text" | "tool_use" | "thinking" | "redacted_thinking" | "search_result" | "compaction" => true,
            "image" | "document" => {
                content(&part["source"]["content"], number)?;
                matches!(part["source"]["type"].as_str(), Some("base64" | "text" | "content"))
            }
            "tool_result" => {
                content(&part["content"], number)?;
                true
            }
            _ => false,
        };
        if !passes {
            return Err(vetted::refused(kind, number).field("messages"));
        }
    }
    Ok(())
}

pub(super) fn see(event: &Value, tally: &mut Tally) -> Seen {
    match event["type"].as_str().unwrap_or_default() {
        "message_start" => count(&event["message"]["usage"], tally),
        "message_delta" => {
            count(&event["usage"], tally);
            tally.whole |= event["delta"]["stop_reason"].is_string();
        }
        "message_stop" => tally.end(),
        "content_block_start" => {
            let block = &event["content_block"];
            ["text", "thinking", "name"].iter().for_each(|field| tally.wrote(&block[*field]));
        }
        "content_block_delta" => {
            let delta = &event["delta"];
            ["text", "thinking", "partial_json"].iter().for_each(|field| tally.wrote(&delta[*field]));
        }
        "error" => return Seen::Failed(words(&event["error"])),
        "message" if event["content"].is_array() => whole(event, tally),
        "message" | "" if !event["error"].is_null() => return Seen::Failed(words(&event["error"])),
        "message" | "" => return Seen::Nonsense,
        // `ping`, the end of a block, and what is added to the protocol one day.
        _ => {}
    }
    Seen::Fine
}

/// An answer in one piece.
fn whole(answer: &Value, tally: &mut Tally) {
    count(&answer["usage"], tally);
    for part in answer["content"].as_array().into_iter().flatten() {
        ["text", "thinking", "name", "input"].iter().for_each(|field| tally.wrote(&part[*field]));
    }
    tally.end();
}

/// What is read from the cache or put into it is told apart from the rest here.
fn count(usage: &Value, tally: &mut Tally) {
    let cached = number(usage, "cache_read_input_tokens");
    let cache_written = number(usage, "cache_creation_input_tokens");
    let read = number(usage, "input_tokens") + cached + cache_written;
    tally.says(Tokens { read, cached, cache_written, written: number(usage, "output_tokens") });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::apis::tests::profile;
    use crate::models::Protocol;

    fn vet(body: &Value) -> Result<Vetted> {
        super::vet(body.as_object().unwrap(), &profile(Protocol::Anthropic))
    }

    #[test]
    fn only_known_fields_and_own_tools_are_passed_on() {
        let asked = json!({
            "model": "other", "metadata": {"user_id": "x"}, "service_tier": "auto", "container": "c", "stream": true,
            "mcp_servers": [{"url": "https://evil.example"}], "system": [{"type": "text", "text": "Be brief."}],
            "messages": [{"role": "user", "content": "hi"}],
            "tools": [{"name": "a", "input_schema": {}}, {"type": "web_search_20250305", "name": "web_search"},
                {"type": "bash_20250124", "name": "bash"}],
        });
        let mut vetted = vet(&asked).unwrap();
        vetted.limit(8_192, 8_192);
        insta::assert_snapshot!(json!(vetted.body()), @r#"{"system":[{"type":"text","text":"Be brief."}],"messages":[{"role":"user","content":"hi"}],"tools":[{"name":"a","input_schema":{}},{"type":"bash_20250124","name":"bash"}],"model":"real-model","stream":true,"max_tokens":8192}"#);
        assert_eq!(vetted.left_out(), ["tool web_search_20250305"]);
    }

    #[test]
    fn a_model_fetches_nothing_for_an_agent() {
        let part = |part: Value| vet(&json!({"messages": [{"role": "user", "content": [part]}]}));
        let image = |source: Value| json!({"type": "image", "source": source});
        let far = image(json!({"type": "url", "url": "https://evil.example/?leak"}));
        assert!(part(image(json!({"type": "base64", "media_type": "image/png", "data": "AA=="}))).is_ok());
        assert!(part(far.clone()).is_err());
        assert!(part(image(json!({"type": "file", "file_id": "f"}))).is_err());
        assert!(part(json!({"type": "tool_result", "tool_use_id": "a", "content": [far.clone()]})).is_err());
        assert!(part(json!({"type": "document", "source": {"type": "content", "content": [far]}})).is_err());
        assert!(part(json!({"type": "server_tool_use"})).is_err());
    }

    #[test]
    fn what_comes_at_the_start_and_at_the_end_is_added_up() {
        let mut tally = Tally::default();
        let usage = json!({"input_tokens": 10, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 20,
            "output_tokens": 1});
        see(&json!({"type": "message_start", "message": {"usage": usage}}), &mut tally);
        see(&json!({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "hello"}}), &mut tally);
        assert!(!tally.whole());
        let end =
            json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 42}});
        see(&end, &mut tally);
        assert!(tally.whole() && !tally.last());
        see(&json!({"type": "message_stop"}), &mut tally);
        assert!(tally.last());
        assert_eq!(tally.used(0), (Tokens { read: 130, cached: 100, cache_written: 20, written: 42 }, false));
        let overloaded = json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
        assert_eq!(see(&overloaded, &mut tally), Seen::Failed("Overloaded".into()));
    }
}
