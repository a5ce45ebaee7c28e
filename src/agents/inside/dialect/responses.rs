//! OpenAI's Responses, without anything that the provider would keep: each request holds the whole conversation.

use serde_json::Value;
use serde_json::json;

use crate::agents::inside::dialect::nonsense;
use crate::agents::inside::dialect::text;
use crate::agents::inside::gateway::ModelFault;
use crate::agents::inside::reply::Reply;

pub(super) fn request(conversation: &[Value], tools: &[Value]) -> Value {
    let of_system = conversation.iter().filter(|message| message["role"] == "system");
    let instructions = of_system.map(text).collect::<Vec<_>>().join("\n\n");
    let items: Vec<Value> = conversation.iter().flat_map(items).collect();
    let tool = |tool: &Value| {
        let function = &tool["function"];
        json!({"type": "function", "name": function["name"], "description": function["description"],
            "parameters": function["parameters"], "strict": false})
    };
    json!({
        "instructions": instructions,
        "input": items,
        "tools": tools.iter().map(tool).collect::<Vec<_>>(),
        "tool_choice": "auto",
        "stream": true,
    })
}

/// A message as items of the conversation.
fn items(message: &Value) -> Vec<Value> {
    let said = text(message);
    match message["role"].as_str().unwrap_or_default() {
        "user" => vec![json!({"role": "user", "content": said})],
        "tool" => vec![json!({"type": "function_call_output", "call_id": message["tool_call_id"], "output": said})],
        "assistant" => {
            let words = (!said.is_empty()).then(|| json!({"role": "assistant", "content": said}));
            let calls = message["tool_calls"].as_array().into_iter().flatten().map(|call| {
                let function = &call["function"];
                json!({"type": "function_call", "call_id": call["id"], "name": function["name"],
                    "arguments": function["arguments"]})
            });
            words.into_iter().chain(calls).collect()
        }
        _ => Vec::new(),
    }
}

pub(super) fn event(reply: &mut Reply, event: &Value) -> Result<(), ModelFault> {
    let words = |field: &str| event[field].as_str().unwrap_or_default();
    let index = event["output_index"].as_u64().unwrap_or(0);
    let item = &event["item"];
    let word = |field: &str| item[field].as_str().unwrap_or_default();
    match words("type") {
        "response.output_text.delta" | "response.refusal.delta" => reply.say(words("delta")),
        "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => reply.think(words("delta")),
        "response.output_item.added" if item["type"] == "function_call" => {
            reply.call(index, word("call_id"), word("name"), word("arguments"))
        }
        "response.function_call_arguments.delta" => reply.call(index, "", "", words("delta")),
        "response.output_item.done" if item["type"] == "function_call" => {
            reply.call_is(index, word("call_id"), word("name"), word("arguments"))
        }
        "response.completed" | "response.incomplete" => {
            reply.end();
            if reply.is_empty() { output(reply, &event["response"]) } else { Ok(()) }
        }
        "response.failed" => Err(ModelFault::told(&event["response"]["error"], 200)),
        "error" => Err(ModelFault::told(if event["error"].is_object() { &event["error"] } else { event }, 200)),
        _ => Ok(()),
    }
}

pub(super) fn whole(reply: &mut Reply, value: &Value) -> Result<(), ModelFault> {
    if !value["output"].is_array() {
        return Err(nonsense());
    }
    reply.end();
    output(reply, value)
}

/// What a finished response holds.
fn output(reply: &mut Reply, response: &Value) -> Result<(), ModelFault> {
    for (index, item) in response["output"].as_array().into_iter().flatten().enumerate() {
        let word = |field: &str| item[field].as_str().unwrap_or_default();
        match word("type") {
            "message" => {
                for part in item["content"].as_array().into_iter().flatten() {
                    reply.say(part["text"].as_str().or_else(|| part["refusal"].as_str()).unwrap_or_default())?;
                }
            }
            "function_call" => reply.call_is(index as u64, word("call_id"), word("name"), word("arguments"))?,
            _ => {}
        }
    }
    Ok(())
}
