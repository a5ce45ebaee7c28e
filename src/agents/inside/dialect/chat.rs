//! OpenAI's Chat Completions. Servers differ in how they cut tool calls; all known ways are taken.

use serde_json::Value;
use serde_json::json;

use crate::agents::inside::dialect::nonsense;
use crate::agents::inside::gateway::ModelFault;
use crate::agents::inside::reply::Reply;

pub(super) fn request(conversation: &[Value], tools: &[Value]) -> Value {
    json!({"messages": conversation, "tools": tools, "tool_choice": "auto", "stream": true})
}

pub(super) fn event(reply: &mut Reply, event: &Value) -> Result<(), ModelFault> {
    if !event["error"].is_null() {
        return Err(ModelFault::told(&event["error"], 200));
    }
    let choice = &event["choices"][0];
    if choice["finish_reason"].is_string() {
        reply.finish();
    }
    take(reply, &choice["delta"])
}

pub(super) fn whole(reply: &mut Reply, value: &Value) -> Result<(), ModelFault> {
    let message = &value["choices"][0]["message"];
    if !message.is_object() {
        return Err(nonsense());
    }
    reply.finish();
    take(reply, message)
}

fn take(reply: &mut Reply, part: &Value) -> Result<(), ModelFault> {
    reply.say(part["content"].as_str().unwrap_or_default())?;
    for field in ["reasoning_content", "reasoning"] {
        reply.think(part[field].as_str().unwrap_or_default())?;
    }
    for (position, piece) in part["tool_calls"].as_array().into_iter().flatten().enumerate() {
        let id = piece["id"].as_str().unwrap_or_default();
        let index = match piece["index"].as_u64() {
            Some(index) => index,
            // Without an index a new id starts a new call.
            None => reply.place_of(id, position),
        };
        let function = &piece["function"];
        let arguments = match &function["arguments"] {
            Value::String(text) => text.clone(),
            // Some servers send the object itself.
            object @ Value::Object(_) => object.to_string(),
            _ => String::new(),
        };
        reply.call(index, id, function["name"].as_str().unwrap_or_default(), &arguments)?;
    }
    Ok(())
}
