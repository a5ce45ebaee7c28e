//! What a line that a command prints means: pure.

use serde_json::Value;
use serde_json::json;

use crate::catalog::stack::CliAgent;
use crate::catalog::stack::LineKind;
use crate::catalog::stack::LineRule;
use crate::catalog::stack::Printed;
use crate::gateway::ports::EntryKind;
use crate::kit::text::bounded;
use crate::kit::text::visible;

/// A line for the transcript.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) kind: EntryKind,
    pub(super) text: String,
    pub(super) detail: Value,
}

/// Reads what a command prints.
#[derive(Debug)]
pub(super) struct Lines {
    how: CliAgent,
    /// Text that is not told yet.
    open: String,
    last: String,
}

/// Bytes of text that are told at once.
const TEXT: usize = 8 << 10;

/// Most bytes of one line that are kept.
const LINE: usize = 48 << 10;

impl Lines {
    pub(super) fn of(how: &CliAgent) -> Self {
        Self { how: how.clone(), open: String::new(), last: String::new() }
    }

    /// Takes a line; gives what it completes.
    pub(super) fn take(&mut self, line: &str) -> Vec<Entry> {
        if self.how.transcript == Printed::Jsonl {
            return self.object(line).into_iter().collect();
        }
        let mut told = Vec::new();
        if self.open.len() + line.len() > TEXT {
            told = self.pause();
        }
        self.open.push_str(&visible(bounded(line, LINE)));
        self.open.push('\n');
        told
    }

    /// The command is quiet: what it printed so far is told.
    pub(super) fn pause(&mut self) -> Vec<Entry> {
        let text = std::mem::take(&mut self.open);
        if text.trim().is_empty() {
            return Vec::new();
        }
        self.last.clone_from(&text);
        vec![Entry { kind: EntryKind::Message, text, detail: Value::Null }]
    }

    /// The last thing that it said.
    pub(super) fn last_words(&self) -> &str {
        self.last.trim()
    }

    fn object(&mut self, line: &str) -> Option<Entry> {
        let value: Value = serde_json::from_str(line).ok()?;
        let rule = self.how.map.iter().find(|rule| fits(rule, &value))?;
        let text = bounded(&text(at(&value, &rule.text)), LINE).to_owned();
        if text.trim().is_empty() {
            return None;
        }
        let kind = match rule.kind {
            LineKind::Message => EntryKind::Message,
            LineKind::Thought => EntryKind::Thought,
            LineKind::ToolCall => EntryKind::ToolCall,
            LineKind::ToolResult => EntryKind::ToolResult,
        };
        let detail = match (kind, &rule.ok) {
            (EntryKind::ToolCall, _) => json!({"tool": "command"}),
            (EntryKind::ToolResult, Some(path)) => json!({"tool": "command", "ok": is_good(at(&value, path))}),
            (EntryKind::ToolResult, None) => json!({"tool": "command"}),
            _ => Value::Null,
        };
        if kind == EntryKind::Message {
            self.last.clone_from(&text);
        }
        Some(Entry { kind, text, detail })
    }
}

fn fits(rule: &LineRule, value: &Value) -> bool {
    rule.when.iter().all(|(path, wanted)| {
        let found = at(value, path);
        !found.is_null() && text(found) == *wanted
    })
}

/// The value at a path such as `item.content.0.text`.
fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(value, |value, name| match name.parse::<usize>() {
        Ok(index) if value.is_array() => &value[index],
        _ => &value[name],
    })
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_good(value: &Value) -> bool {
    matches!(text(value).as_str(), "true" | "0" | "completed" | "success" | "ok")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(how: &str, lines: &[&str]) -> (String, String) {
        let mut read = Lines::of(&serde_json::from_str(how).unwrap());
        let mut entries: Vec<Entry> = lines.iter().flat_map(|line| read.take(line)).collect();
        entries.extend(read.pause());
        let shown = |entry: &Entry| format!("{} {} {}", json!(entry.kind), json!(entry.text), entry.detail);
        (entries.iter().map(shown).collect::<Vec<_>>().join("\n"), read.last_words().to_owned())
    }

    #[test]
    fn lines_of_json_are_told_by_the_first_rule_that_fits() {
        let how = r#"{"transcript": "jsonl", "map": [
            {"when": {"type": "item.completed", "item.type": "agent_message"}, "kind": "message", "text": "item.text"},
            {"when": {"type": "item.started", "item.type": "command_execution"}, "kind": "tool_call", "text": "item.command"},
            {"when": {"item.type": "command_execution"}, "kind": "tool_result", "text": "item.output.0", "ok": "item.exit_code"}
        ]}"#;
        let (shown, last) = told(
            how,
            &[
                "Reading prompt from stdin",
                r#"{"type":"thread.started"}"#,
                r#"{"type":"item.started","item":{"type":"command_execution","command":"ls"}}"#,
                r#"{"type":"item.completed","item":{"type":"command_execution","output":["a.py"],"exit_code":0}}"#,
                r#"{"type":"item.completed","item":{"type":"agent_message","text":"Done."}}"#,
                r#"{"type":"item.completed","item":{"type":"agent_message"}}"#,
            ],
        );
        insta::assert_snapshot!(shown, @r#"
        "tool_call" "ls" {"tool":"command"}
        "tool_result" "a.py" {"tool":"command","ok":true}
        "message" "Done." null
        "#);
        assert_eq!(last, "Done.");
    }

    #[test]
    fn text_is_told_as_it_is_without_what_steers_a_terminal() {
        let (shown, last) = told("{}", &["\u{1b}[1mHello", "", "Bye"]);
        insta::assert_snapshot!(shown, @r#""message" "⟦U+001B⟧[1mHello\n\nBye\n" null"#);
        assert!(last.ends_with("Bye"));
    }
}
