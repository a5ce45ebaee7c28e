//! How our own agent speaks to a model: what it asks in each of three APIs, and how an answer is read. The conversation is kept in one
//! form, that of Chat Completions; the others are written from it for each call, so nothing else of the agent knows them.

mod chat;
mod messages;
mod responses;

use serde_json::Value;

use crate::agents::inside::gateway::ModelFault;
use crate::agents::inside::reply::Reply;
use crate::models::Protocol;

/// An API of models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Chat,
    Responses,
    Messages,
}

impl Dialect {
    /// The one for a profile of this protocol; none when our agent speaks none of it.
    pub(super) fn of(protocol: Protocol) -> Option<Self> {
        match protocol {
            Protocol::Openai => Some(Self::Chat),
            Protocol::Responses => Some(Self::Responses),
            Protocol::Anthropic => Some(Self::Messages),
            Protocol::Gemini => None,
        }
    }

    /// Where the gateway takes it.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Chat => "/v1/chat/completions",
            Self::Responses => "/v1/responses",
            Self::Messages => "/v1/messages",
        }
    }

    /// A request for a streamed answer to this conversation, with these tools.
    pub(super) fn request(self, conversation: &[Value], tools: &[Value]) -> Value {
        match self {
            Self::Chat => chat::request(conversation, tools),
            Self::Responses => responses::request(conversation, tools),
            Self::Messages => messages::request(conversation, tools),
        }
    }

    /// Takes one event of a stream.
    pub(super) fn event(self, reply: &mut Reply, event: &Value) -> Result<(), ModelFault> {
        match self {
            Self::Chat => chat::event(reply, event),
            Self::Responses => responses::event(reply, event),
            Self::Messages => messages::event(reply, event),
        }
    }

    /// An answer in one piece.
    pub(super) fn whole(self, value: &Value) -> Result<Reply, ModelFault> {
        let mut reply = Reply::default();
        match self {
            Self::Chat => chat::whole(&mut reply, value)?,
            Self::Responses => responses::whole(&mut reply, value)?,
            Self::Messages => messages::whole(&mut reply, value)?,
        }
        reply.close()
    }
}

/// The text of a message, however it is written.
fn text(message: &Value) -> &str {
    message["content"].as_str().unwrap_or_default()
}

fn nonsense() -> ModelFault {
    ModelFault::of("model_nonsense", "The answer of the model is not one of the API that it was asked by")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn conversation() -> Vec<Value> {
        let call = |id: &str, name: &str, arguments: &str| json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}});
        vec![
            json!({"role": "system", "content": "the rules"}),
            json!({"role": "user", "content": "the task"}),
            json!({"role": "user", "content": "[2 earlier steps of yours are left out here]"}),
            json!({"role": "assistant", "content": "On it.", "tool_calls":
                [call("a", "read_file", "{\"path\":\"x\"}"), call("b", "list_files", "{}")]}),
            json!({"role": "tool", "tool_call_id": "a", "content": "hello"}),
            json!({"role": "tool", "tool_call_id": "b", "content": ""}),
            json!({"role": "user", "content": "This happened meanwhile"}),
        ]
    }

    fn tools() -> Vec<Value> {
        let function = json!({"name": "read_file", "description": "Reads.", "parameters": {"type": "object"}});
        vec![json!({"type": "function", "function": function})]
    }

    #[test]
    fn each_api_is_asked_in_its_own_words() {
        insta::assert_snapshot!(Dialect::Responses.request(&conversation(), &tools()), @r##"{"instructions":"the rules","input":[{"role":"user","content":"the task"},{"role":"user","content":"[2 earlier steps of yours are left out here]"},{"role":"assistant","content":"On it."},{"type":"function_call","call_id":"a","name":"read_file","arguments":"{\"path\":\"x\"}"},{"type":"function_call","call_id":"b","name":"list_files","arguments":"{}"},{"type":"function_call_output","call_id":"a","output":"hello"},{"type":"function_call_output","call_id":"b","output":""},{"role":"user","content":"This happened meanwhile"}],"tools":[{"type":"function","name":"read_file","description":"Reads.","parameters":{"type":"object"},"strict":false}],"tool_choice":"auto","stream":true}"##);
        insta::assert_snapshot!(Dialect::Messages.request(&conversation(), &tools()), @r##"{"system":"the rules","messages":[{"role":"user","content":[{"type":"text","text":"the task"},{"type":"text","text":"[2 earlier steps of yours are left out here]"}]},{"role":"assistant","content":[{"type":"text","text":"On it."},{"type":"tool_use","id":"a","name":"read_file","input":{"path":"x"}},{"type":"tool_use","id":"b","name":"list_files","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"hello"},{"type":"tool_result","tool_use_id":"b","content":""},{"type":"text","text":"This happened meanwhile"}]}],"tools":[{"name":"read_file","description":"Reads.","input_schema":{"type":"object"}}],"tool_choice":{"type":"auto"},"stream":true}"##);
    }

    fn read(dialect: Dialect, events: &[Value]) -> Result<Reply, ModelFault> {
        let mut reply = Reply::default();
        events.iter().try_for_each(|event| dialect.event(&mut reply, event))?;
        reply.close()
    }

    fn told(reply: &Reply) -> String {
        let calls = reply.calls.iter().map(|call| format!(" {}:{}{}", call.id, call.name, call.arguments));
        format!("{} ({}){}", reply.content, reply.thought, calls.collect::<String>())
    }

    #[test]
    fn an_answer_of_responses_is_put_together() {
        let item = json!({"type": "function_call", "id": "fc_1", "call_id": "a", "name": "read_file", "arguments": ""});
        let done =
            json!({"type": "function_call", "call_id": "a", "name": "read_file", "arguments": "{\"path\":\"x\"}"});
        let events = [
            json!({"type": "response.created", "response": {}}),
            json!({"type": "response.reasoning_summary_text.delta", "delta": "hm"}),
            json!({"type": "response.output_item.added", "output_index": 0, "item": {"type": "message"}}),
            json!({"type": "response.output_text.delta", "output_index": 0, "delta": "On "}),
            json!({"type": "response.output_text.delta", "output_index": 0, "delta": "it."}),
            json!({"type": "response.output_item.added", "output_index": 1, "item": item}),
            json!({"type": "response.function_call_arguments.delta", "output_index": 1, "delta": "{\"path\":"}),
            json!({"type": "response.function_call_arguments.delta", "output_index": 1, "delta": "\"x\"}"}),
            json!({"type": "response.output_item.done", "output_index": 1, "item": done}),
            json!({"type": "response.completed", "response": {"output": []}}),
        ];
        assert_eq!(told(&read(Dialect::Responses, &events).unwrap()), "On it. (hm) a:read_file{\"path\":\"x\"}");
        assert_eq!(read(Dialect::Responses, &events[..8]).unwrap_err().code, "model_stream_broken");
        let failed = [json!({"type": "response.failed", "response": {"error": {"message": "overloaded"}}})];
        assert_eq!(read(Dialect::Responses, &failed).unwrap_err().message, "overloaded");
        let whole = json!({"output": [
            {"type": "message", "content": [{"type": "output_text", "text": "On it."}]}, done]});
        assert_eq!(told(&Dialect::Responses.whole(&whole).unwrap()), "On it. () a:read_file{\"path\":\"x\"}");
        assert!(Dialect::Responses.whole(&json!({"choices": []})).is_err());
    }

    #[test]
    fn an_answer_of_messages_is_put_together() {
        let block =
            |index: u64, block: Value| json!({"type": "content_block_start", "index": index, "content_block": block});
        let delta = |index: u64, delta: Value| json!({"type": "content_block_delta", "index": index, "delta": delta});
        let events = [
            json!({"type": "message_start", "message": {"usage": {"input_tokens": 1}}}),
            json!({"type": "ping"}),
            block(0, json!({"type": "thinking", "thinking": ""})),
            delta(0, json!({"type": "thinking_delta", "thinking": "hm"})),
            block(1, json!({"type": "text", "text": ""})),
            delta(1, json!({"type": "text_delta", "text": "On it."})),
            block(2, json!({"type": "tool_use", "id": "a", "name": "read_file", "input": {}})),
            delta(2, json!({"type": "input_json_delta", "partial_json": ""})),
            delta(2, json!({"type": "input_json_delta", "partial_json": "{\"path\":"})),
            delta(2, json!({"type": "input_json_delta", "partial_json": "\"x\"}"})),
            block(3, json!({"type": "tool_use", "id": "b", "name": "list_files", "input": {}})),
            json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}}),
            json!({"type": "message_stop"}),
        ];
        let expected = "On it. (hm) a:read_file{\"path\":\"x\"} b:list_files";
        assert_eq!(told(&read(Dialect::Messages, &events).unwrap()), expected);
        assert_eq!(read(Dialect::Messages, &events[..9]).unwrap_err().code, "model_stream_broken");
        let error = [json!({"type": "error", "error": {"type": "overloaded_error", "message": "overloaded"}})];
        assert_eq!(read(Dialect::Messages, &error).unwrap_err().message, "overloaded");
        let whole = json!({"type": "message", "content": [{"type": "text", "text": "On it."},
            {"type": "tool_use", "id": "a", "name": "read_file", "input": {"path": "x"}}]});
        assert_eq!(told(&Dialect::Messages.whole(&whole).unwrap()), "On it. () a:read_file{\"path\":\"x\"}");
        let endless = [block(999_999, json!({"type": "tool_use", "id": "a", "name": "x", "input": {}}))];
        assert_eq!(read(Dialect::Messages, &endless).unwrap_err().code, "model_nonsense");
    }
}
