//! Anthropic's Messages. Its conversation takes turns: what tools answered and what we remark stand together in one message.

use serde_json::Value;
use serde_json::json;

use crate::agents::inside::dialect::nonsense;
use crate::agents::inside::dialect::text;
use crate::agents::inside::gateway::ModelFault;
use crate::agents::inside::reply::Reply;

pub(super) fn request(conversation: &[Value], tools: &[Value]) -> Value {
    let of_system = conversation.iter().filter(|message| message["role"] == "system");
    let system = of_system.map(text).collect::<Vec<_>>().join("\n\n");
    let mut turns: Vec<(&str, Vec<Value>)> = Vec::new();
    for message in conversation.iter().filter(|message| message["role"] != "system") {
        let role = if message["role"] == "assistant" { "assistant" } else { "user" };
        let blocks = blocks(message);
        match turns.last_mut() {
            Some((last, before)) if *last == role => before.extend(blocks),
            _ if blocks.is_empty() => {}
            _ => turns.push((role, blocks)),
        }
    }
    let messages: Vec<Value> =
        turns.into_iter().map(|(role, content)| json!({"role": role, "content": content})).collect();
    let tool = |tool: &Value| {
        let function = &tool["function"];
        json!({"name": function["name"], "description": function["description"],
            "input_schema": function["parameters"]})
    };
    json!({
        "system": system,
        "messages": messages,
        "tools": tools.iter().map(tool).collect::<Vec<_>>(),
        "tool_choice": {"type": "auto"},
        "stream": true,
    })
}

fn blocks(message: &Value) -> Vec<Value> {
    let said = text(message);
    if message["role"] == "tool" {
        return vec![json!({"type": "tool_result", "tool_use_id": message["tool_call_id"], "content": said})];
    }
    // An empty text is refused there.
    let words = (!said.is_empty()).then(|| json!({"type": "text", "text": said}));
    let calls = message["tool_calls"].as_array().into_iter().flatten().map(|call| {
        let function = &call["function"];
        let input = function["arguments"].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let input = input.filter(Value::is_object).unwrap_or_else(|| json!({}));
        json!({"type": "tool_use", "id": call["id"], "name": function["name"], "input": input})
    });
    words.into_iter().chain(calls).collect()
}

pub(super) fn event(reply: &mut Reply, event: &Value) -> Result<(), ModelFault> {
    let index = event["index"].as_u64().unwrap_or(0);
    let (block, delta) = (&event["content_block"], &event["delta"]);
    let word = |of: &Value, field: &str| of[field].as_str().unwrap_or_default().to_owned();
    match event["type"].as_str().unwrap_or_default() {
        "content_block_start" if block["type"] == "tool_use" => {
            reply.call(index, &word(block, "id"), &word(block, "name"), "")
        }
        "content_block_start" => {
            reply.say(&word(block, "text"))?;
            reply.think(&word(block, "thinking"))
        }
        "content_block_delta" => match word(delta, "type").as_str() {
            "text_delta" => reply.say(&word(delta, "text")),
            "thinking_delta" => reply.think(&word(delta, "thinking")),
            "input_json_delta" => reply.call(index, "", "", &word(delta, "partial_json")),
            _ => Ok(()),
        },
        "message_delta" if delta["stop_reason"].is_string() => {
            reply.finish();
            Ok(())
        }
        "message_stop" => {
            reply.end();
            Ok(())
        }
        "error" => Err(ModelFault::told(&event["error"], 200)),
        _ => Ok(()),
    }
}

pub(super) fn whole(reply: &mut Reply, value: &Value) -> Result<(), ModelFault> {
    let Some(blocks) = value["content"].as_array() else { return Err(nonsense()) };
    reply.end();
    for (index, block) in blocks.iter().enumerate() {
        let word = |field: &str| block[field].as_str().unwrap_or_default();
        match word("type") {
            "text" => reply.say(word("text"))?,
            "thinking" => reply.think(word("thinking"))?,
            "tool_use" => reply.call_is(index as u64, word("id"), word("name"), &block["input"].to_string())?,
            _ => {}
        }
    }
    Ok(())
}
