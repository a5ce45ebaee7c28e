//! One answer of a model, put together from its pieces. Servers differ in how they cut tool calls; all known ways are
//! taken.

use serde_json::Value;
use serde_json::json;

use crate::agents::inside::gateway::ModelFault;

/// One answer of a model.
#[derive(Debug, Default)]
pub(super) struct Reply {
    /// What it says.
    pub(super) content: String,
    /// What it thought aloud.
    pub(super) thought: String,
    /// The tools it calls.
    pub(super) calls: Vec<Call>,
    finished: bool,
    done: bool,
}

/// A tool call, unchecked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Call {
    /// The model's id of it.
    pub(super) id: String,
    /// The tool.
    pub(super) name: String,
    /// JSON, or what the model takes for it.
    pub(super) arguments: String,
}

/// Most calls in one answer.
const CALLS: usize = 32;

/// Most bytes that one answer may hold.
const BYTES: usize = 4 << 20;

impl Reply {
    /// Takes one event of a stream.
    pub(super) fn piece(&mut self, data: &str) -> Result<(), ModelFault> {
        if data == "[DONE]" {
            self.done = true;
            return Ok(());
        }
        let chunk: Value = serde_json::from_str(data).map_err(|_| nonsense())?;
        if !chunk["error"].is_null() {
            return Err(ModelFault::told(&chunk["error"], 200));
        }
        let choice = &chunk["choices"][0];
        self.finished |= choice["finish_reason"].is_string();
        self.take(&choice["delta"])
    }

    /// An answer in one piece.
    pub(super) fn whole(value: &Value) -> Result<Self, ModelFault> {
        let message = &value["choices"][0]["message"];
        if !message.is_object() {
            return Err(nonsense());
        }
        let mut reply = Self { finished: true, ..Self::default() };
        reply.take(message)?;
        reply.close()
    }

    /// Whether it came to its end.
    pub(super) fn done(&self) -> bool {
        self.done
    }

    /// The answer, if it came to its end.
    pub(super) fn close(mut self) -> Result<Self, ModelFault> {
        if !(self.done || self.finished) {
            return Err(ModelFault::of("model_stream_broken", "The model broke off in the middle of its answer"));
        }
        self.calls.retain(|call| !(call.name.is_empty() && call.arguments.is_empty()));
        for (number, call) in self.calls.iter_mut().enumerate() {
            if call.id.is_empty() {
                call.id = format!("call_{number}");
            }
        }
        Ok(self)
    }

    fn take(&mut self, part: &Value) -> Result<(), ModelFault> {
        self.content.push_str(part["content"].as_str().unwrap_or_default());
        for field in ["reasoning_content", "reasoning"] {
            self.thought.push_str(part[field].as_str().unwrap_or_default());
        }
        for (position, piece) in part["tool_calls"].as_array().into_iter().flatten().enumerate() {
            self.call(position, piece)?;
        }
        let written: usize = self.calls.iter().map(|call| call.name.len() + call.arguments.len()).sum();
        if self.content.len() + self.thought.len() + written > BYTES {
            return Err(ModelFault::of("model_nonsense", "The answer of the model is too long"));
        }
        Ok(())
    }

    fn call(&mut self, position: usize, piece: &Value) -> Result<(), ModelFault> {
        let id = piece["id"].as_str().unwrap_or_default();
        let index = match piece["index"].as_u64() {
            Some(index) => usize::try_from(index).unwrap_or(CALLS),
            // Without an index a new id starts a new call.
            None if !id.is_empty() && self.calls.iter().any(|call| call.id != id) => {
                self.calls.iter().position(|call| call.id == id).unwrap_or(self.calls.len())
            }
            None => position,
        };
        if index >= CALLS {
            return Err(ModelFault::of("model_nonsense", format!("The model calls more than {CALLS} tools at once")));
        }
        if self.calls.len() <= index {
            self.calls.resize(index + 1, Call::default());
        }
        let call = &mut self.calls[index];
        if call.id.is_empty() {
            call.id.push_str(id);
        }
        let function = &piece["function"];
        call.name.push_str(function["name"].as_str().unwrap_or_default());
        match &function["arguments"] {
            Value::String(text) => call.arguments.push_str(text),
            // Some servers send the object itself.
            object @ Value::Object(_) => call.arguments.push_str(&object.to_string()),
            _ => {}
        }
        Ok(())
    }

    /// The answer as a message of the conversation. Arguments that are no JSON object become an empty one: some servers
    /// refuse a conversation that holds others.
    pub(super) fn message(&self) -> Value {
        if self.calls.is_empty() {
            return json!({"role": "assistant", "content": self.content});
        }
        let calls: Vec<Value> = self
            .calls
            .iter()
            .map(|call| {
                let arguments = if call.object().is_some() { call.arguments.as_str() } else { "{}" };
                let function = json!({"name": call.name, "arguments": arguments});
                json!({"id": call.id, "type": "function", "function": function})
            })
            .collect();
        json!({"role": "assistant", "content": self.content, "tool_calls": calls})
    }
}

impl Call {
    /// The arguments, if they are a JSON object. No text at all is an empty object.
    pub(super) fn object(&self) -> Option<Value> {
        if self.arguments.trim().is_empty() {
            return Some(json!({}));
        }
        serde_json::from_str(&self.arguments).ok().filter(Value::is_object)
    }
}

fn nonsense() -> ModelFault {
    ModelFault::of("model_nonsense", "The answer of the model is not what an OpenAI-compatible server sends")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: &[Value]) -> Result<Reply, ModelFault> {
        let mut reply = Reply::default();
        for delta in pieces {
            reply.piece(&json!({"choices": [{"delta": delta}]}).to_string())?;
        }
        reply.piece("[DONE]")?;
        reply.close()
    }

    fn calls(pieces: &[Value]) -> Vec<String> {
        let reply = read(pieces).unwrap();
        reply.calls.iter().map(|call| format!("{} {}{}", call.id, call.name, call.arguments)).collect()
    }

    #[test]
    fn calls_are_put_together_however_they_are_cut() {
        let by_index = [
            json!({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "read_", "arguments": ""}}]}),
            json!({"tool_calls": [{"index": 0, "function": {"name": "file", "arguments": "{\"path\":"}}]}),
            json!({"tool_calls": [{"index": 0, "function": {"arguments": "\"x\"}"}}, {"index": 1, "id": "b",
                "function": {"name": "finish", "arguments": "{}"}}]}),
        ];
        assert_eq!(calls(&by_index), ["a read_file{\"path\":\"x\"}", "b finish{}"]);
        let without = [
            json!({"tool_calls": [{"id": "a", "function": {"name": "read_file", "arguments": {"path": "x"}}}]}),
            json!({"tool_calls": [{"id": "b", "function": {"name": "finish", "arguments": "{}"}}]}),
        ];
        assert_eq!(calls(&without), ["a read_file{\"path\":\"x\"}", "b finish{}"]);
        let nameless = [json!({"tool_calls": [{"index": 0, "function": {"name": "finish"}}]})];
        assert_eq!(calls(&nameless), ["call_0 finish"]);
    }

    #[test]
    fn half_an_answer_is_none() {
        let mut reply = Reply::default();
        reply.piece(&json!({"choices": [{"delta": {"content": "I wi"}}]}).to_string()).unwrap();
        assert_eq!(reply.close().unwrap_err().code, "model_stream_broken");
        assert!(Reply::default().piece("{\"error\": {\"code\": \"model_silent\"}}").is_err());
        assert!(read(&[json!({"tool_calls": [{"index": 999_999_999, "function": {"name": "x"}}]})]).is_err());
    }

    #[test]
    fn a_bad_argument_does_not_spoil_the_conversation() {
        let call = Call { id: "a".into(), name: "x".into(), arguments: "{not json".into() };
        let reply = Reply { calls: vec![call], ..Reply::default() };
        assert_eq!(reply.message()["tool_calls"][0]["function"]["arguments"], "{}");
    }
}
