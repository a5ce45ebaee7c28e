//! Gemini: `POST /v1beta/models/{model}:generateContent`, `:streamGenerateContent` and `:countTokens`. Its clients write
//! fields in two ways, `systemInstruction` and `system_instruction`; both are taken.

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
use crate::kit::text::visible_line;
use crate::models::ModelProfile;
use crate::models::Tokens;

/// Fields that are passed on, as they are written on the way.
const PASSED: &[&str] = &["contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "safetySettings"];

/// The same fields as some clients write them.
const OTHERWISE: [(&str, &str); 4] = [
    ("system_instruction", "systemInstruction"),
    ("tool_config", "toolConfig"),
    ("generation_config", "generationConfig"),
    ("safety_settings", "safetySettings"),
];

/// What a part may hold; a file is one that the provider would look up or fetch.
const PARTS: [&str; 14] = [
    "text",
    "thought",
    "thoughtSignature",
    "thought_signature",
    "functionCall",
    "function_call",
    "functionResponse",
    "function_response",
    "inlineData",
    "inline_data",
    "videoMetadata",
    "mediaResolution",
    "executableCode",
    "codeExecutionResult",
];

pub(super) fn vet(asked: &Map<String, Value>, stream: bool) -> Result<Vetted> {
    vetted::refuse_stored(asked, &["cachedContent", "cached_content"])?;
    let mut left_out = Vec::new();
    let mut body = conversation(asked, &mut left_out)?;
    let mut wanted_out = None;
    if let Some(Value::Object(config)) = body.get_mut("generationConfig") {
        ["candidateCount", "candidate_count"].iter().for_each(|field| _ = config.remove(*field));
        let wanted = vetted::wanted(config, &["maxOutputTokens", "max_output_tokens"])?;
        config.remove("max_output_tokens");
        wanted_out = wanted.map(|(_, most)| most);
    }
    let most_field = &["generationConfig", "maxOutputTokens"];
    Ok(Vetted { body, stream, wanted_out, most_field, must_limit: false, left_out })
}

/// A count takes contents, or a whole request.
pub(super) fn vet_count(asked: &Map<String, Value>, profile: &ModelProfile) -> Result<Value> {
    let inner = asked.get("generateContentRequest").or_else(|| asked.get("generate_content_request"));
    let Some(Value::Object(inner)) = inner else {
        let mut body = conversation(asked, &mut Vec::new())?;
        body.retain(|field, _| field == "contents");
        return Ok(Value::Object(body));
    };
    let mut body = conversation(inner, &mut Vec::new())?;
    body.insert("model".into(), json!(format!("models/{}", profile.model)));
    Ok(json!({"generateContentRequest": body}))
}

fn conversation(asked: &Map<String, Value>, left_out: &mut Vec<String>) -> Result<Map<String, Value>> {
    let mut asked = asked.clone();
    for (theirs, ours) in OTHERWISE {
        if let Some(value) = asked.remove(theirs) {
            asked.entry(ours).or_insert(value);
        }
    }
    let mut body = vetted::only(&asked, PASSED);
    // A single content is taken as a list of one.
    if let Some(single) = body.get_mut("contents").filter(|contents| contents.is_object()) {
        *single = json!([single.take()]);
    }
    let contents = vetted::listed(body.get_mut("contents"), "contents")?;
    contents.iter().enumerate().try_for_each(|(number, content)| vet_content(content, number))?;
    if let Some(system) = body.get("systemInstruction") {
        vet_content(system, 0)?;
    }
    if let Some(tools) = body.get_mut("tools") {
        keep_own(tools, left_out);
    }
    Ok(body)
}

fn vet_content(content: &Value, number: usize) -> Result<()> {
    for part in content["parts"].as_array().into_iter().flatten() {
        let foreign = part.as_object().and_then(|part| part.keys().find(|field| !PARTS.contains(&field.as_str())));
        if let Some(field) = foreign {
            return Err(vetted::refused(field, number).field("contents"));
        }
        for field in ["functionResponse", "function_response"] {
            vet_content(&part[field], number)?;
        }
    }
    Ok(())
}

/// Functions are the only tools that an agent runs itself.
fn keep_own(tools: &mut Value, left_out: &mut Vec<String>) {
    for tool in tools.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        tool.retain(|field, _| {
            let own = ["functionDeclarations", "function_declarations"].contains(&field.as_str());
            if !own {
                left_out.push(format!("tool {}", visible_line(field, 40)));
            }
            own
        });
    }
    if let Some(tools) = tools.as_array_mut() {
        tools.retain(|tool| tool.as_object().is_some_and(|tool| !tool.is_empty()));
    }
}

pub(super) fn see(event: &Value, tally: &mut Tally) -> Seen {
    if let Some(pieces) = event.as_array() {
        let seen = pieces.iter().map(|piece| see(piece, tally));
        return seen.into_iter().find(|seen| *seen != Seen::Fine).unwrap_or(Seen::Fine);
    }
    if !event["error"].is_null() {
        return Seen::Failed(words(&event["error"]));
    }
    let known = ["candidates", "usageMetadata", "promptFeedback"];
    if !known.iter().any(|field| !event[*field].is_null()) {
        return Seen::Nonsense;
    }
    let usage = &event["usageMetadata"];
    tally.says(Tokens {
        read: number(usage, "promptTokenCount") + number(usage, "toolUsePromptTokenCount"),
        cached: number(usage, "cachedContentTokenCount"),
        cache_written: 0,
        written: number(usage, "candidatesTokenCount") + number(usage, "thoughtsTokenCount"),
    });
    // What the provider will not answer ends at once, without a candidate.
    tally.whole |= event["promptFeedback"]["blockReason"].is_string();
    for candidate in event["candidates"].as_array().into_iter().flatten() {
        tally.whole |= candidate["finishReason"].is_string();
        for part in candidate["content"]["parts"].as_array().into_iter().flatten() {
            ["text", "functionCall"].iter().for_each(|field| tally.wrote(&part[*field]));
        }
    }
    Seen::Fine
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vet(body: &Value) -> Result<Vetted> {
        super::vet(body.as_object().unwrap(), true)
    }

    #[test]
    fn only_known_fields_and_functions_are_passed_on() {
        let asked = json!({
            "contents": [{"role": "user", "parts": [{"text": "hi"}]}], "labels": {"a": "b"},
            "system_instruction": {"parts": [{"text": "Be brief."}]},
            "generationConfig": {"candidateCount": 8, "temperature": 0, "maxOutputTokens": 1000},
            "tools": [{"googleSearch": {}}, {"functionDeclarations": [{"name": "a"}], "codeExecution": {}}],
        });
        let mut vetted = vet(&asked).unwrap();
        assert_eq!(vetted.wanted_out(8), 1_000);
        vetted.limit(100, 8_192);
        insta::assert_snapshot!(json!(vetted.body()), @r#"{"contents":[{"role":"user","parts":[{"text":"hi"}]}],"tools":[{"functionDeclarations":[{"name":"a"}]}],"generationConfig":{"maxOutputTokens":100,"temperature":0},"systemInstruction":{"parts":[{"text":"Be brief."}]}}"#);
        assert_eq!(vetted.left_out(), ["tool googleSearch", "tool codeExecution"]);
    }

    #[test]
    fn a_model_looks_up_nothing_for_an_agent() {
        let part = |part: Value| vet(&json!({"contents": [{"parts": [part]}]}));
        assert!(part(json!({"inlineData": {"mimeType": "image/png", "data": "AA=="}})).is_ok());
        assert!(part(json!({"fileData": {"fileUri": "https://evil.example/?leak"}})).is_err());
        let nested = json!({"functionResponse": {"name": "a", "parts": [{"fileData": {"fileUri": "gs://x"}}]}});
        assert!(part(nested).is_err());
        assert!(vet(&json!({"contents": [{"parts": [{"text": "hi"}]}], "cachedContent": "cachedContents/1"})).is_err());
        assert!(vet(&json!({"contents": []})).is_err());
    }

    #[test]
    fn the_last_numbers_count_and_thoughts_among_them() {
        let mut tally = Tally::default();
        let piece = |usage: Value, reason: Value| json!({"candidates": [{"content": {"parts": [{"text": "hi"}]}, "finishReason": reason}], "usageMetadata": usage});
        see(&piece(json!({"promptTokenCount": 9}), Value::Null), &mut tally);
        assert!(!tally.whole());
        let usage = json!({"promptTokenCount": 9, "candidatesTokenCount": 3, "thoughtsTokenCount": 4,
            "cachedContentTokenCount": 2});
        see(&piece(usage, json!("STOP")), &mut tally);
        assert!(tally.whole() && !tally.last());
        assert_eq!(tally.used(0), (Tokens { read: 9, cached: 2, cache_written: 0, written: 7 }, false));
        assert_eq!(see(&json!({"error": {"message": "no"}}), &mut tally), Seen::Failed("no".into()));
        assert_eq!(see(&json!({"answer": 42}), &mut tally), Seen::Nonsense);
    }
}
