//! What an agent tells of its work, as lines of the transcript: pure.
//!
//! Pieces of a message are put together. A call of a tool is one line when it is known what is called and one line when it
//! is known what came of it, however often, however late and in whatever order the agent speaks of it: agents announce a call
//! twice, never announce it, or tell its end after the prompt was answered.

use std::collections::BTreeMap;

use agent_client_protocol::v1::schema::ToolKind;
use serde_json::Value;
use serde_json::json;

use crate::agents::inside::acp::rendering;
use crate::gateway::ports::EntryKind;
use crate::kit::text::bounded;
use crate::kit::text::visible_line;

/// A line for the transcript.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) kind: EntryKind,
    pub(super) text: String,
    pub(super) detail: Value,
}

/// Output of terminals by their ids.
pub(super) type Terminals<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What was told so far.
#[derive(Debug, Default)]
pub(super) struct Updates {
    /// A message that is being told, as whose word, and its number if it has one.
    open: Option<(EntryKind, Value, String)>,
    calls: BTreeMap<String, Call>,
    plan: String,
    last_message: String,
}

/// A call of a tool, put together from everything that was said about it.
#[derive(Debug, Default)]
struct Call {
    title: String,
    kind: ToolKind,
    status: String,
    input: Value,
    content: Value,
    output: Value,
    begun: bool,
    ended: bool,
}

/// Bytes of a message that are told in one line; a longer one is told in several.
const MESSAGE: usize = 16 << 10;

/// Most calls that are remembered. The gateway bounds the lines; this bounds our memory.
const CALLS: usize = 10_000;

/// Most bytes of a call's input in the transcript.
const INPUT: usize = 16 << 10;

impl Updates {
    /// Takes an update; gives the lines that it completes.
    pub(super) fn take(&mut self, update: &Value, terminals: Terminals<'_>) -> Vec<Line> {
        match update["sessionUpdate"].as_str().unwrap_or_default() {
            "agent_message_chunk" => self.speak(EntryKind::Message, update),
            "agent_thought_chunk" => self.speak(EntryKind::Thought, update),
            "tool_call" | "tool_call_update" => {
                let mut lines = self.close();
                lines.extend(self.call(update, terminals));
                lines
            }
            "plan" => {
                let mut lines = self.close();
                lines.extend(self.plan(update));
                lines
            }
            // Commands, modes, usage, titles, and what later versions of the protocol bring: nothing for readers of a run.
            _ => Vec::new(),
        }
    }

    /// Everything that was begun and not told yet: the turn is over.
    pub(super) fn finish(&mut self, terminals: Terminals<'_>) -> Vec<Line> {
        let mut lines = self.close();
        for (id, call) in &mut self.calls {
            if !call.begun {
                lines.push(call.begin(id));
            }
            if !call.ended {
                lines.push(call.end(id, terminals));
            }
        }
        lines
    }

    /// The kind of a call that the agent asks permission for, which it may have announced before or not.
    pub(super) fn kind(&self, call: &Value) -> ToolKind {
        let said = serde_json::from_value(call["kind"].clone()).ok();
        let known = call["toolCallId"].as_str().and_then(|id| self.calls.get(id)).map(|call| call.kind);
        said.or(known).unwrap_or_default()
    }

    /// The last thing that the agent said.
    pub(super) fn last_message(&self) -> &str {
        self.last_message.trim()
    }

    fn speak(&mut self, kind: EntryKind, update: &Value) -> Vec<Line> {
        let text = rendering::block(&update["content"]);
        // Empty pieces tell nothing, and must not cut a message in two.
        if text.is_empty() {
            return Vec::new();
        }
        let message = &update["messageId"];
        let mut lines = Vec::new();
        let goes_on = self.open.as_ref().is_some_and(|(open, id, told)| {
            *open == kind && (id == message || id.is_null() || message.is_null()) && told.len() + text.len() <= MESSAGE
        });
        if !goes_on {
            lines = self.close();
        }
        let (.., told) = self.open.get_or_insert_with(|| (kind, message.clone(), String::new()));
        told.push_str(bounded(&text, MESSAGE));
        lines
    }

    /// Ends the message that is being told.
    fn close(&mut self) -> Vec<Line> {
        let Some((kind, _, text)) = self.open.take().filter(|(_, _, text)| !text.trim().is_empty()) else {
            return Vec::new();
        };
        if kind == EntryKind::Message {
            self.last_message.clone_from(&text);
        }
        vec![Line { kind, text, detail: Value::Null }]
    }

    fn call(&mut self, update: &Value, terminals: Terminals<'_>) -> Vec<Line> {
        let Some(id) = update["toolCallId"].as_str().map(|id| visible_line(id, 200)) else { return Vec::new() };
        if self.calls.len() >= CALLS && !self.calls.contains_key(&id) {
            return Vec::new();
        }
        let call = self.calls.entry(id.clone()).or_default();
        call.merge(update);
        let mut lines = Vec::new();
        if !call.begun && (call.status != "pending" || !call.input.is_null()) {
            lines.push(call.begin(&id));
        }
        if !call.ended && matches!(call.status.as_str(), "completed" | "failed") {
            lines.push(call.end(&id, terminals));
        }
        lines
    }

    fn plan(&mut self, update: &Value) -> Vec<Line> {
        let entries = update["entries"].as_array().map(Vec::as_slice).unwrap_or_default();
        let lines: Vec<String> = entries.iter().take(100).map(rendering::step).collect();
        let text = lines.join("\n");
        if text.is_empty() || text == self.plan {
            return Vec::new();
        }
        self.plan.clone_from(&text);
        vec![Line { kind: EntryKind::Thought, text: format!("Plan\n{text}"), detail: json!({"plan": true}) }]
    }
}

impl Call {
    /// Later words win; words that are not said change nothing.
    fn merge(&mut self, update: &Value) {
        if let Some(title) = update["title"].as_str().filter(|title| !title.is_empty()) {
            self.title = visible_line(title, 300);
        }
        if let Ok(kind) = serde_json::from_value(update["kind"].clone()) {
            self.kind = kind;
        }
        if let Some(status) = update["status"].as_str() {
            status.clone_into(&mut self.status);
        } else if self.status.is_empty() {
            "pending".clone_into(&mut self.status);
        }
        let said = |field: &str| Some(update[field].clone()).filter(|value| !is_nothing(value));
        self.input = said("rawInput").unwrap_or_else(|| self.input.take());
        self.content = said("content").unwrap_or_else(|| self.content.take());
        self.output = said("rawOutput").unwrap_or_else(|| self.output.take());
    }

    fn begin(&mut self, id: &str) -> Line {
        self.begun = true;
        let long = self.input.to_string().len() > INPUT;
        let input =
            if long { json!(format!("{}…", bounded(&self.input.to_string(), INPUT))) } else { self.input.clone() };
        let detail = json!({"tool": self.word(), "call": id, "title": self.title, "arguments": input});
        Line { kind: EntryKind::ToolCall, text: self.name(), detail }
    }

    fn end(&mut self, id: &str, terminals: Terminals<'_>) -> Line {
        self.ended = true;
        let (mut text, edits) = rendering::content(&self.content, terminals);
        if text.is_empty() {
            text = rendering::output(&self.output);
        }
        let ok = match self.status.as_str() {
            "completed" => json!(true),
            "failed" => json!(false),
            // It ended its turn and never said.
            _ => Value::Null,
        };
        let detail = json!({"tool": self.word(), "call": id, "title": self.title, "ok": ok, "edits": edits});
        Line { kind: EntryKind::ToolResult, text, detail }
    }

    fn name(&self) -> String {
        if self.title.is_empty() { self.word() } else { self.title.clone() }
    }

    /// The kind in the words of the protocol.
    fn word(&self) -> String {
        json!(self.kind).as_str().unwrap_or("other").to_owned()
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays updates and gives the lines as `kind: text`.
    fn told(updates: &[Value]) -> String {
        let mut all = Updates::default();
        let terminals = |id: &str| (id == "t1").then(|| "3 passed\n".to_owned());
        let mut lines: Vec<Line> = updates.iter().flat_map(|update| all.take(update, &terminals)).collect();
        lines.extend(all.finish(&terminals));
        let word = |line: &Line| json!(line.kind).as_str().unwrap_or_default().to_owned();
        lines.iter().map(|line| format!("{}: {}", word(line), line.text)).collect::<Vec<_>>().join("\n")
    }

    fn chunk(kind: &str, text: &str) -> Value {
        json!({"sessionUpdate": kind, "content": {"type": "text", "text": text}})
    }

    #[test]
    fn pieces_become_whole_messages_and_empty_ones_cut_nothing() {
        let said = |text| chunk("agent_message_chunk", text);
        let thought = |text| chunk("agent_thought_chunk", text);
        insta::assert_snapshot!(told(&[said("I "), thought(""), said("see."), thought("Hm"), said(""), said("Done.")]), @r"
        message: I see.
        thought: Hm
        message: Done.
        ");
    }

    #[test]
    fn a_call_that_is_announced_twice_is_told_once() {
        let announced = json!({"sessionUpdate": "tool_call", "toolCallId": "1", "title": "Edit greet.py", "kind": "edit",
            "status": "pending", "rawInput": {"path": "greet.py"}});
        let done = json!({"sessionUpdate": "tool_call_update", "toolCallId": "1", "status": "completed",
            "content": [{"type": "diff", "path": "greet.py", "oldText": "a\nHelo\n", "newText": "a\nHello\n"}]});
        insta::assert_snapshot!(told(&[announced.clone(), announced.clone(), done.clone(), done, announced]), @r"
        tool_call: Edit greet.py
        tool_result: --- greet.py
        +++ greet.py
        @@ -1,2 +1,2 @@
         a
        -Helo
        +Hello
        ");
    }

    #[test]
    fn a_call_that_was_never_announced_is_told() {
        let late = json!({"sessionUpdate": "tool_call_update", "toolCallId": "7", "status": "completed",
            "content": [{"type": "content", "content": {"type": "text", "text": "ok"}}]});
        insta::assert_snapshot!(told(&[late]), @r"
        tool_call: other
        tool_result: ok
        ");
    }

    #[test]
    fn output_of_terminals_is_part_of_what_came_of_a_call() {
        let run = json!({"sessionUpdate": "tool_call", "toolCallId": "1", "title": "pytest", "kind": "execute",
            "status": "in_progress", "content": [{"type": "terminal", "terminalId": "t1"}]});
        let over = json!({"sessionUpdate": "tool_call_update", "toolCallId": "1", "status": "failed"});
        insta::assert_snapshot!(told(&[run, over]), @r"
        tool_call: pytest
        tool_result: 3 passed
        ");
    }

    #[test]
    fn a_call_without_an_end_ends_with_the_turn() {
        let begun = json!({"sessionUpdate": "tool_call", "toolCallId": "1", "title": "Think", "status": "in_progress"});
        insta::assert_snapshot!(told(&[begun]), @r"
        tool_call: Think
        tool_result:
        ");
    }

    #[test]
    fn a_plan_is_told_when_it_changes() {
        let plan = |status| json!({"sessionUpdate": "plan", "entries": [{"content": "Fix it", "status": status}]});
        insta::assert_snapshot!(told(&[plan("pending"), plan("pending"), plan("completed")]), @r"
        thought: Plan
        [ ] Fix it
        thought: Plan
        [x] Fix it
        ");
    }

    #[test]
    fn nonsense_is_passed_over() {
        for update in
            [json!(null), json!(7), json!({"sessionUpdate": "tool_call"}), json!({"sessionUpdate": "new_kind"})]
        {
            assert_eq!(told(&[update]), "");
        }
    }
}
