//! OpenAI's Responses: `POST /v1/responses`. Without what makes them stateful: nothing is stored there, so each request
//! holds its whole conversation, with reasoning in the provider's own sealed form.

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
    "instructions",
    "input",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "max_tool_calls",
    "reasoning",
    "text",
    "temperature",
    "top_p",
    "truncation",
    "prompt_cache_key",
];

/// Fields by which the provider would look up or keep something.
const STORED: &[&str] = &["previous_response_id", "conversation", "prompt"];

/// Tools that the agent runs itself.
const OWN: [&str; 6] = ["function", "custom", "local_shell", "shell", "apply_patch", "namespace"];

/// What a conversation may be made of. The rest belongs to tools that the provider runs.
const ITEMS: [&str; 14] = [
    "message",
    "reasoning",
    "compaction",
    "function_call",
    "function_call_output",
    "custom_tool_call",
    "custom_tool_call_output",
    "local_shell_call",
    "local_shell_call_output",
    "shell_call",
    "shell_call_output",
    "apply_patch_call",
    "apply_patch_call_output",
    "",
];

pub(super) fn vet(asked: &Map<String, Value>, profile: &ModelProfile) -> Result<Vetted> {
    vetted::refuse_stored(asked, STORED)?;
    let mut left_out = Vec::new();
    let mut body = vetted::only(asked, PASSED);
    if !matches!(body.get("input"), Some(Value::String(_))) {
        let items = vetted::listed(body.get_mut("input"), "input")?;
        items.iter().enumerate().try_for_each(|(number, item)| vet_item(item, number))?;
    }
    if let Some(tools) = body.get_mut("tools") {
        vetted::keep_own(tools, &mut left_out, |kind| OWN.contains(&kind))?;
        for tool in tools.as_array_mut().into_iter().flatten() {
            if let Some(inner) = tool.get_mut("tools") {
                vetted::keep_own(inner, &mut left_out, |kind| OWN.contains(&kind))?;
            }
        }
    }
    let sealed = asked.get("include").and_then(Value::as_array).into_iter().flatten();
    if sealed.into_iter().any(|word| word == "reasoning.encrypted_content") {
        body.insert("include".into(), json!(["reasoning.encrypted_content"]));
    }
    body.insert("store".into(), json!(false));
    body.insert("model".into(), json!(profile.model));
    let stream = asked.get("stream").and_then(Value::as_bool).unwrap_or(false);
    if stream {
        body.insert("stream".into(), json!(true));
    }
    let wanted_out = vetted::wanted(asked, &["max_output_tokens"])?.map(|(_, most)| most);
    Ok(Vetted { body, stream, wanted_out, most_field: &["max_output_tokens"], must_limit: false, left_out })
}

fn vet_item(item: &Value, number: usize) -> Result<()> {
    let kind = item["type"].as_str().unwrap_or_default();
    if !ITEMS.contains(&kind) {
        return Err(vetted::refused(kind, number).field("input"));
    }
    let parts = [&item["content"], &item["output"]].into_iter().filter_map(Value::as_array).flatten();
    for part in parts {
        let kind = part["type"].as_str().unwrap_or_default();
        let named = ["file_id", "file_url"].iter().any(|field| !part[*field].is_null());
        let far = part["image_url"].as_str().is_some_and(|url| !url.starts_with("data:"));
        if named || far {
            return Err(vetted::refused(kind, number).field("input"));
        }
    }
    Ok(())
}

pub(super) fn see(event: &Value, tally: &mut Tally) -> Seen {
    let kind = event["type"].as_str().unwrap_or_default();
    match kind {
        "error" => Seen::Failed(words(if event["error"].is_object() { &event["error"] } else { event })),
        "response.failed" => {
            count(&event["response"], tally);
            Seen::Failed(words(&event["response"]["error"]))
        }
        "response.completed" | "response.incomplete" => {
            count(&event["response"], tally);
            tally.end();
            Seen::Fine
        }
        delta if delta.starts_with("response.") => {
            if delta.ends_with(".delta") {
                tally.wrote(&event["delta"]);
            }
            Seen::Fine
        }
        // Servers send events of their own, which clients skip.
        _ if !kind.is_empty() => Seen::Fine,
        _ if !event["error"].is_null() => Seen::Failed(words(&event["error"])),
        _ if event["output"].is_array() => whole(event, tally),
        _ => Seen::Nonsense,
    }
}

/// An answer in one piece.
fn whole(answer: &Value, tally: &mut Tally) -> Seen {
    count(answer, tally);
    for item in answer["output"].as_array().into_iter().flatten() {
        ["arguments", "input"].iter().for_each(|field| tally.wrote(&item[*field]));
        let parts = item["content"].as_array().into_iter().flatten();
        parts.for_each(|part| tally.wrote(&part["text"]));
    }
    tally.end();
    Seen::Fine
}

fn count(answer: &Value, tally: &mut Tally) {
    let usage = &answer["usage"];
    tally.says(Tokens {
        read: number(usage, "input_tokens"),
        cached: number(&usage["input_tokens_details"], "cached_tokens"),
        cache_written: 0,
        written: number(usage, "output_tokens"),
    });
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
    fn nothing_is_stored_with_the_provider_or_looked_up_there() {
        let asked = json!({
            "model": "other", "input": "hi", "store": true, "background": true, "metadata": {}, "service_tier": "x",
            "include": ["web_search_call.action.sources", "reasoning.encrypted_content"], "stream": true,
            "tools": [{"type": "web_search"}, {"type": "mcp", "server_url": "https://evil.example"},
                {"type": "namespace", "name": "n", "tools": [{"type": "function", "name": "a"}, {"type": "web_search"}]}],
        });
        let mut vetted = vet(&asked).unwrap();
        vetted.limit(100, 200);
        insta::assert_snapshot!(json!(vetted.body()), @r#"{"input":"hi","tools":[{"type":"namespace","name":"n","tools":[{"type":"function","name":"a"}]}],"include":["reasoning.encrypted_content"],"store":false,"model":"real-model","stream":true,"max_output_tokens":100}"#);
        assert_eq!(vetted.left_out(), ["tool web_search", "tool mcp", "tool web_search"]);
        for field in STORED {
            let mut stateful = json!({"input": "hi"});
            stateful[*field] = json!("resp_1");
            let refused = vet(&stateful).unwrap_err();
            assert_eq!(refused.field_name(), Some(*field));
        }
    }

    #[test]
    fn conversations_hold_what_lies_in_them() {
        let item = |item: Value| vet(&json!({"input": [item]}));
        let part = |part: Value| item(json!({"role": "user", "content": [part]}));
        assert!(part(json!({"type": "input_text", "text": "hi"})).is_ok());
        assert!(part(json!({"type": "input_image", "image_url": "data:image/png;base64,AA=="})).is_ok());
        assert!(part(json!({"type": "input_image", "image_url": "https://evil.example/x"})).is_err());
        assert!(part(json!({"type": "input_file", "file_id": "file_1"})).is_err());
        assert!(item(json!({"type": "item_reference", "id": "x"})).is_err());
        assert!(item(json!({"type": "mcp_approval_response"})).is_err());
        assert!(item(json!({"type": "function_call_output", "call_id": "a", "output": "done"})).is_ok());
        assert!(vet(&json!({"input": []})).is_err());
    }

    #[test]
    fn the_last_event_says_what_was_used() {
        let mut tally = Tally::default();
        see(&json!({"type": "response.created", "response": {"usage": null}}), &mut tally);
        see(&json!({"type": "response.output_text.delta", "delta": "12345678"}), &mut tally);
        assert!(!tally.whole());
        assert_eq!(tally.used(7).0, Tokens { read: 7, written: 2, ..Tokens::default() });
        let usage = json!({"input_tokens": 11, "input_tokens_details": {"cached_tokens": 5}, "output_tokens": 3});
        see(&json!({"type": "response.completed", "response": {"usage": usage}}), &mut tally);
        assert!(tally.last());
        assert_eq!(tally.used(7), (Tokens { read: 11, cached: 5, cache_written: 0, written: 3 }, false));
        let failed = json!({"type": "response.failed", "response": {"error": {"message": "overloaded"}}});
        assert_eq!(see(&failed, &mut tally), Seen::Failed("overloaded".into()));
        assert_eq!(see(&json!({"answer": 42}), &mut tally), Seen::Nonsense);
    }
}
