//! What the model mock answers to each agent: read the file, change one line of it, say so. One file for all of them; an agent is
//! known by a tool that only it offers.

use serde_json::Value;
use serde_json::json;

/// Where the file is for the agents.
const FILE: &str = "/workspace/greet.sh";

const OLD: &str = "echo Helo";
const NEW: &str = "echo Hello";

/// All fixtures, the one that fits everything last: agents ask on the side, for titles.
pub fn all() -> Value {
    let opencode =
        [("read", json!({"filePath": FILE})), ("edit", json!({"filePath": FILE, "oldString": OLD, "newString": NEW}))];
    let gemini = [
        ("read_file", json!({"file_path": FILE})),
        ("replace", json!({"file_path": FILE, "instruction": "Fix the typo", "old_string": OLD, "new_string": NEW})),
    ];
    let patch = format!(
        "apply_patch <<'EOF'\n*** Begin Patch\n*** Update File: greet.sh\n@@\n-{OLD}\n+{NEW}\n*** End Patch\nEOF\n"
    );
    let codex = [("exec_command", json!({"cmd": "cat greet.sh"})), ("exec_command", json!({"cmd": patch}))];
    let mut fixtures = chain("todowrite", "opencode", &opencode);
    fixtures.extend(chain("replace", "gemini", &gemini));
    fixtures.extend(chain("exec_command", "codex", &codex));
    fixtures.push(json!({"match": {}, "response": {"content": "ok"}}));
    json!({"fixtures": fixtures})
}

/// One call after another, each asked for by the result of the one before.
fn chain(known_by: &str, prefix: &str, steps: &[(&str, Value)]) -> Vec<Value> {
    let id = |number: usize| format!("call_{prefix}_{number}");
    let usage = json!({"prompt_tokens": 123, "completion_tokens": 45, "total_tokens": 168, "input_tokens": 123, "output_tokens": 45});
    let mut fixtures = Vec::new();
    for (number, (name, arguments)) in steps.iter().enumerate() {
        let asked = match number.checked_sub(1) {
            None => json!({"toolName": known_by, "hasToolResult": false, "userMessage": "Fix the typo"}),
            Some(before) => json!({"toolCallId": id(before)}),
        };
        let call = json!({"id": id(number), "name": name, "arguments": arguments});
        fixtures.push(json!({"match": asked, "response": {"content": "On it.", "toolCalls": [call], "usage": usage}}));
    }
    let said = json!({"content": "Fixed the typo in greet.sh.", "usage": usage});
    fixtures.push(json!({"match": {"toolCallId": id(steps.len() - 1)}, "response": said}));
    fixtures
}
