//! What the model is sent: kept below a size, oldest steps first to go. The system message, the task and what people decided always
//! stay. Of steps that go, a line each is told in their place, and all that was proposed in them: people may still have to decide on it.

use std::collections::VecDeque;

use serde_json::Value;
use serde_json::json;

use crate::gateway::tools::fenced;
use crate::kit::text::bounded;
use crate::kit::text::visible_line;

/// What the model is sent.
#[derive(Debug)]
pub(super) struct Conversation {
    turns: Vec<Turn>,
    most_bytes: usize,
    left_out: usize,
    /// What the steps that are left out did: a line each.
    did: VecDeque<String>,
    /// What was proposed in them.
    proposed: VecDeque<String>,
}

/// Messages that go together: an answer of the model and the answers of the tools that it called.
#[derive(Debug)]
struct Turn {
    messages: Vec<Value>,
    pinned: bool,
}

/// Turns at the end that are never shortened.
const FRESH: usize = 4;

/// What stays of a long answer of a tool once it is old.
const SHORT: usize = 400;

/// A conversation is not cut below this.
const LEAST: usize = 8_000;

/// Lines of what is left out, of each sort.
const LINES: usize = 40;

/// What stays of the arguments of a call that is left out, and of its answer.
const ASKED: usize = 120;
const ANSWERED: usize = 200;

impl Conversation {
    /// Starts with the system message and the task.
    pub(super) fn start(system: &str, task: &str, most_bytes: usize) -> Self {
        let messages = vec![json!({"role": "system", "content": system}), json!({"role": "user", "content": task})];
        Self {
            turns: vec![Turn { messages, pinned: true }],
            most_bytes,
            left_out: 0,
            did: VecDeque::new(),
            proposed: VecDeque::new(),
        }
    }

    /// Adds an answer of the model with the answers of the tools, or a remark of ours.
    pub(super) fn add(&mut self, messages: Vec<Value>) {
        self.turns.push(Turn { messages, pinned: false });
    }

    /// Adds what people decided. It stays.
    pub(super) fn add_decision(&mut self, text: &str) {
        let content = format!("This happened meanwhile, outside:\n{}", fenced(text));
        self.turns.push(Turn { messages: vec![json!({"role": "user", "content": content})], pinned: true });
    }

    /// The messages, below the size.
    pub(super) fn messages(&mut self) -> Vec<Value> {
        self.trim();
        let mut messages: Vec<Value> = Vec::new();
        for (number, turn) in self.turns.iter().enumerate() {
            messages.extend(turn.messages.iter().cloned());
            if number == 0 && self.left_out > 0 {
                messages.push(json!({"role": "user", "content": self.note()}));
            }
        }
        messages
    }

    fn trim(&mut self) {
        let old = self.turns.len().saturating_sub(FRESH);
        let mut bytes = self.bytes();
        for number in 0..old {
            if bytes <= self.most_bytes {
                return;
            }
            self.turns[number].shorten();
            bytes = self.bytes();
        }
        while bytes > self.most_bytes {
            let last = self.turns.len() - 1;
            let oldest = self.turns.iter().take(last).position(|turn| !turn.pinned);
            let Some(oldest) = oldest else { return };
            let gone = self.turns.remove(oldest);
            self.left_out += 1;
            self.remember(&gone);
            bytes = self.bytes();
        }
    }

    /// Lets fewer bytes be sent from now on; false when there is nothing to be won.
    pub(super) fn shrink(&mut self) -> bool {
        let most = self.bytes().min(self.most_bytes) / 3 * 2;
        if most < LEAST {
            return false;
        }
        self.most_bytes = most;
        true
    }

    /// Keeps a line of each call of a step that is left out; what was proposed in it outlives the others.
    fn remember(&mut self, gone: &Turn) {
        for (call, line) in gone.told() {
            let list = if call.starts_with("propose_") { &mut self.proposed } else { &mut self.did };
            list.push_back(line);
            if list.len() > LINES {
                list.pop_front();
            }
        }
        while self.did.iter().map(String::len).sum::<usize>() > self.most_bytes / 8 {
            self.did.pop_front();
        }
    }

    /// What stands in place of the steps that are left out.
    fn note(&self) -> String {
        let mut note = format!("[{} earlier steps of yours are left out here]", self.left_out);
        let lists = [
            ("The last of them, shortened:", &self.did),
            (
                "What you proposed in them. You are told when people have decided; do not propose it again:",
                &self.proposed,
            ),
        ];
        for (title, lines) in lists.into_iter().filter(|(_, lines)| !lines.is_empty()) {
            note.push_str(&format!("\n{title}"));
            lines.iter().for_each(|line| note.push_str(&format!("\n- {line}")));
        }
        note
    }

    fn bytes(&self) -> usize {
        let note = if self.left_out > 0 { self.note().len() } else { 0 };
        self.turns.iter().map(Turn::bytes).sum::<usize>() + note
    }
}

impl Turn {
    fn bytes(&self) -> usize {
        self.messages.iter().map(|message| message.to_string().len()).sum()
    }

    /// Each call by its name, with a line of what it asked and what came of it.
    fn told(&self) -> Vec<(String, String)> {
        let calls = self.messages.iter().flat_map(|message| message["tool_calls"].as_array().into_iter().flatten());
        let told = calls.map(|call| {
            let answer = self.messages.iter().find(|message| message["tool_call_id"] == call["id"]);
            let answer = answer.and_then(|answer| answer["content"].as_str()).unwrap_or_default();
            let function = &call["function"];
            let name = function["name"].as_str().unwrap_or_default().to_owned();
            let asked = visible_line(function["arguments"].as_str().unwrap_or_default(), ASKED);
            let line = format!("{name} {asked}: {}", visible_line(answer, ANSWERED));
            (name, line)
        });
        told.collect()
    }

    /// Shortens the answers of tools.
    fn shorten(&mut self) {
        for message in self.messages.iter_mut().filter(|message| message["role"] == "tool") {
            let content = message["content"].as_str().unwrap_or_default();
            if content.len() > SHORT {
                let short = format!("{}\n[shortened; call the tool again to see all]", bounded(content, SHORT));
                message["content"] = json!(short);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(number: usize, bytes: usize) -> Vec<Value> {
        vec![
            json!({"role": "assistant", "content": format!("step {number}")}),
            json!({"role": "tool", "content": "x".repeat(bytes)}),
        ]
    }

    #[test]
    fn the_task_and_decisions_outlive_everything() {
        let mut conversation = Conversation::start("the rules", "the task", 20_000);
        conversation.add(step(0, 5_000));
        conversation.add_decision("denied: too large");
        for number in 1..50 {
            conversation.add(step(number, 5_000));
        }
        let text = json!(conversation.messages()).to_string();
        assert!(text.len() < 21_000, "{}", text.len());
        for kept in ["the rules", "the task", "denied: too large", "step 49", "earlier steps of yours are left out"] {
            assert!(text.contains(kept), "{kept}");
        }
        assert!(!text.contains("step 0\""));
    }

    #[test]
    fn what_was_proposed_outlives_the_step_that_proposed_it() {
        let mut conversation = Conversation::start("the rules", "the task", 20_000);
        let call = |name: &str, arguments: &str| {
            json!({"role": "assistant", "content": "", "tool_calls":
                [{"id": "a", "type": "function", "function": {"name": name, "arguments": arguments}}]})
        };
        let answer = |content: &str| json!({"role": "tool", "tool_call_id": "a", "content": content});
        let digest = "{\"digest\": \"abcdef123456\", \"verdict\": \"ask\"}";
        conversation.add(vec![call("propose_comment", "{\"body\": \"May I?\"}"), answer(digest)]);
        for number in 0..200 {
            let path = format!("{{\"path\": \"file-{number}\"}}");
            conversation.add(vec![call("read_file", &path), answer(&"x".repeat(5_000))]);
        }
        let text = json!(conversation.messages()).to_string();
        assert!(text.len() < 25_000, "{}", text.len());
        assert!(text.contains("abcdef123456") && text.contains("do not propose it again"), "{text}");
        assert!(text.contains("read_file") && text.contains("file-199") && !text.contains("file-0\\"));
        assert!(conversation.shrink());
        assert!(json!(conversation.messages()).to_string().len() < 17_000);
        while conversation.shrink() {}
        let text = json!(conversation.messages()).to_string();
        assert!(text.contains("the rules") && text.contains("the task") && text.contains("abcdef123456"));
    }

    #[test]
    fn a_short_conversation_stays_whole() {
        let mut conversation = Conversation::start("the rules", "the task", 20_000);
        conversation.add(step(0, 500));
        assert_eq!(conversation.messages().len(), 4);
    }
}
