//! What the model is sent: kept below a size, oldest steps first to go. The system message, the task and what people
//! decided always stay.

use serde_json::Value;
use serde_json::json;

use crate::gateway::tools::fenced;
use crate::kit::text::bounded;

/// What the model is sent.
#[derive(Debug)]
pub(super) struct Conversation {
    turns: Vec<Turn>,
    most_bytes: usize,
    left_out: usize,
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

impl Conversation {
    /// Starts with the system message and the task.
    pub(super) fn start(system: &str, task: &str, most_bytes: usize) -> Self {
        let messages = vec![json!({"role": "system", "content": system}), json!({"role": "user", "content": task})];
        Self { turns: vec![Turn { messages, pinned: true }], most_bytes, left_out: 0 }
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
                let note = format!("[{} earlier steps of yours are left out here]", self.left_out);
                messages.push(json!({"role": "user", "content": note}));
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
            self.turns.remove(oldest);
            self.left_out += 1;
            bytes = self.bytes();
        }
    }

    fn bytes(&self) -> usize {
        self.turns.iter().map(Turn::bytes).sum()
    }
}

impl Turn {
    fn bytes(&self) -> usize {
        self.messages.iter().map(|message| message.to_string().len()).sum()
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
    fn a_short_conversation_stays_whole() {
        let mut conversation = Conversation::start("the rules", "the task", 20_000);
        conversation.add(step(0, 500));
        assert_eq!(conversation.messages().len(), 4);
    }
}
