//! One answer of a model, put together from its pieces, whichever API they came by.

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

/// Most parts of one answer, calls among them.
const PARTS: u64 = 64;

/// Most bytes that one answer may hold.
const BYTES: usize = 4 << 20;

impl Reply {
    /// It said some more.
    pub(super) fn say(&mut self, text: &str) -> Result<(), ModelFault> {
        self.content.push_str(text);
        self.bounded()
    }

    /// It thought some more.
    pub(super) fn think(&mut self, text: &str) -> Result<(), ModelFault> {
        self.thought.push_str(text);
        self.bounded()
    }

    /// A piece of the call at this place of the answer.
    pub(super) fn call(&mut self, place: u64, id: &str, name: &str, arguments: &str) -> Result<(), ModelFault> {
        let call = self.at(place)?;
        if call.id.is_empty() {
            call.id.push_str(id);
        }
        call.name.push_str(name);
        call.arguments.push_str(arguments);
        self.bounded()
    }

    /// The whole call at this place of the answer, whatever came of it in pieces.
    pub(super) fn call_is(&mut self, place: u64, id: &str, name: &str, arguments: &str) -> Result<(), ModelFault> {
        *self.at(place)? = Call { id: id.to_owned(), name: name.to_owned(), arguments: arguments.to_owned() };
        self.bounded()
    }

    /// Where the call with this id stands: a new id starts a new call. Without an id, the piece stands where it stood in its list.
    pub(super) fn place_of(&self, id: &str, position: usize) -> u64 {
        let known = !id.is_empty() && self.calls.iter().any(|call| call.id != id);
        let place =
            if known { self.calls.iter().position(|call| call.id == id).unwrap_or(self.calls.len()) } else { position };
        place as u64
    }

    /// It said why it stops; more may follow.
    pub(super) fn finish(&mut self) {
        self.finished = true;
    }

    /// Nothing follows.
    pub(super) fn end(&mut self) {
        self.done = true;
    }

    /// Whether it came to its end.
    pub(super) fn done(&self) -> bool {
        self.done
    }

    /// Whether nothing was said in it.
    pub(super) fn is_empty(&self) -> bool {
        self.content.is_empty() && self.calls.is_empty()
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

    fn at(&mut self, place: u64) -> Result<&mut Call, ModelFault> {
        if place >= PARTS {
            return Err(ModelFault::of("model_nonsense", format!("The model calls more than {PARTS} tools at once")));
        }
        let place = usize::try_from(place).unwrap_or(0);
        if self.calls.len() <= place {
            self.calls.resize(place + 1, Call::default());
        }
        Ok(&mut self.calls[place])
    }

    fn bounded(&self) -> Result<(), ModelFault> {
        let written: usize = self.calls.iter().map(|call| call.name.len() + call.arguments.len()).sum();
        if self.content.len() + self.thought.len() + written > BYTES {
            return Err(ModelFault::of("model_nonsense", "The answer of the model is too long"));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::inside::dialect::Dialect;

    fn piece(reply: &mut Reply, event: &Value) -> Result<(), ModelFault> {
        Dialect::Chat.event(reply, event)
    }

    fn read(pieces: &[Value]) -> Result<Reply, ModelFault> {
        let mut reply = Reply::default();
        for delta in pieces {
            piece(&mut reply, &json!({"choices": [{"delta": delta}]}))?;
        }
        reply.end();
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
        piece(&mut reply, &json!({"choices": [{"delta": {"content": "I wi"}}]})).unwrap();
        assert_eq!(reply.close().unwrap_err().code, "model_stream_broken");
        assert!(piece(&mut Reply::default(), &json!({"error": {"code": "model_silent"}})).is_err());
        assert!(read(&[json!({"tool_calls": [{"index": 999_999_999, "function": {"name": "x"}}]})]).is_err());
    }

    #[test]
    fn a_bad_argument_does_not_spoil_the_conversation() {
        let call = Call { id: "a".into(), name: "x".into(), arguments: "{not json".into() };
        let reply = Reply { calls: vec![call], ..Reply::default() };
        assert_eq!(reply.message()["tool_calls"][0]["function"]["arguments"], "{}");
    }
}
