//! The built-in agent against a model mock that others wrote: `@copilotkit/aimock`, pinned in `tests/models`.
//!
//! Needs Node and what `npm ci` fetches once; without them the story is left out and says so.

use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Lines;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::ChildStdout;
use std::process::Command;
use std::process::Stdio;

use forgehand::gateway::ports::EntryKind;
use forgehand::model::EffectKind;
use serde_json::Value;
use serde_json::json;

use super::Stage;
use super::model::Model;

/// The mock, as long as it is held.
pub struct Mock {
    child: Child,
    pub address: String,
    /// What it prints; closed, it would end at its next line.
    _lines: Lines<BufReader<ChildStdout>>,
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn an_independent_model_server_is_understood_well_or_broken() {
    let Some(program) = installed() else { return };
    let mock = start(&program, &[]);
    let stage = Stage::with(Model::at(format!("{}/v1", mock.address))).await;
    assert_eq!(stage.play("builtin").await, "0", "{:?}", stage.desk.failed());
    assert!(stage.greet().contains("Hello"));
    assert_eq!(stage.desk.finished().as_deref(), Some("Fixed the typo"));
    assert_eq!(stage.desk.drafts()[0].kind(), EffectKind::Push);
    assert_eq!(stage.open.spent().steps, 4);
    let detail = &stage.entries(EntryKind::ModelCall)[3].detail;
    assert_eq!((&detail["tokens_in"], &detail["tokens_out"]), (&json!(123), &json!(45)));

    for (fault, told) in [
        ("--chaos-drop", "The model answered 500 and would not do better"),
        ("--chaos-ratelimit", "The model answered 429 and would not do better"),
        ("--chaos-malformed", "The answer of the model is not one of OpenAI's Chat Completions"),
        ("--chaos-disconnect", "The model could not be reached"),
    ] {
        let mock = start(&program, &[fault, "1"]);
        let stage = Stage::with(Model::at(format!("{}/v1", mock.address))).await;
        assert_eq!(stage.play("builtin").await, "1");
        let (code, message) = stage.desk.failed().unwrap();
        assert_eq!(code, "model_unavailable", "{fault}");
        assert!(message.starts_with(told), "{fault}: {message}");
    }
}

/// The mock's program, fetched when it is not there yet.
pub fn installed() -> Option<PathBuf> {
    let found = look();
    if found.is_none() {
        eprintln!("left out: `npm ci` in tests/models did not work here");
    }
    found
}

fn look() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("models");
    let program = folder.join("node_modules/@copilotkit/aimock/dist/cli.js");
    if program.exists() {
        return Some(program);
    }
    std::fs::create_dir_all(&folder).ok()?;
    for file in ["package.json", "package-lock.json"] {
        std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models").join(file), folder.join(file)).ok()?;
    }
    #[expect(clippy::disallowed_methods, reason = "fetches a part of the story")]
    let mut npm = Command::new("npm");
    let npm = npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
    let fetched = npm.stdin(Stdio::null()).output().ok()?;
    (fetched.status.success() && program.exists()).then_some(program)
}

/// Starts the mock with what the built-in agent asks for.
fn start(program: &Path, faults: &[&str]) -> Mock {
    start_with(program, &fixtures(), faults)
}

/// Starts the mock with nothing of our environment, on a port of its own.
pub fn start_with(program: &Path, fixtures: &Value, faults: &[&str]) -> Mock {
    let home = program.parent().unwrap();
    let written = tempfile::NamedTempFile::with_suffix(".json").unwrap();
    std::fs::write(written.path(), fixtures.to_string()).unwrap();
    #[expect(clippy::disallowed_methods, reason = "a part of the story")]
    let mut node = Command::new("node");
    node.env_clear().env("HOME", home).env("PATH", "/usr/local/bin:/usr/bin:/bin");
    node.arg(program).args(["-h", "127.0.0.1", "-p", "0", "-f"]).arg(written.path()).args(faults);
    let mut child = node.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let said =
        lines.by_ref().map_while(Result::ok).find_map(|line| line.split_once(" on http://").map(|it| it.1.to_owned()));
    Mock { child, address: format!("http://{}", said.unwrap().trim()), _lines: lines }
}

/// What the mock answers: read, edit, propose, finish.
fn fixtures() -> Value {
    let steps = [
        ("read_file", json!({"path": "greet.py"})),
        ("edit_file", json!({"path": "greet.py", "find": "\"Helo \"", "replace": "\"Hello \""})),
        ("propose_push", json!({"message": "Fix the greeting"})),
        ("finish", json!({"summary": "Fixed the typo"})),
    ];
    let fixtures = steps.iter().enumerate().map(|(number, (name, arguments))| {
        let asked = match number.checked_sub(1) {
            None => json!({"toolName": "edit_file", "hasToolResult": false}),
            Some(before) => json!({"toolCallId": format!("call_{before}")}),
        };
        let call = json!({"id": format!("call_{number}"), "name": name, "arguments": arguments});
        let usage = json!({"prompt_tokens": 123, "completion_tokens": 45, "total_tokens": 168});
        json!({"match": asked, "response": {"content": "On it.", "toolCalls": [call], "usage": usage}})
    });
    json!({"fixtures": fixtures.collect::<Vec<_>>()})
}
