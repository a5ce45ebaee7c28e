//! One row of a run's transcript. The live stream sends the same row, rendered by the same template.

use askama::Template;
use serde_json::Value;

use crate::kit::text::bounded;
use crate::kit::text::visible_line;
use crate::runs::Origin;
use crate::runs::Run;
use crate::runs::TranscriptEvent;
use crate::web::parts::badge::Mark;

use crate::web::parts::html::Html;

/// One event of an attempt.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/transcript_row.html")]
pub struct TranscriptRow {
    /// Its number in the run; rows and stream agree by it.
    pub sequence: i64,
    /// Time since the run began: `0:12`.
    pub at: String,
    /// A symbol of `static/icons.svg`.
    pub icon: &'static str,
    /// `ok`, `bad`, `asks`, `busy` or `calm`.
    pub tone: &'static str,
    /// What happened, in a few words: `read_file`.
    pub head: String,
    /// Beside it, in monospace: the arguments of a tool in one line.
    pub detail: Html,
    /// Text of the model or of us.
    pub said: Html,
    /// Long output, folded.
    pub output: Html,
    /// What the fold says: `42 lines`.
    pub output_label: String,
    /// Whether it failed.
    pub failed: bool,
    /// Its address: the page that shows it, wherever it stands in the transcript.
    pub href: String,
    /// A class: `thought`, `terminal`, or nothing.
    pub look: &'static str,
    /// What an edit changes: `add` or `cut`, and the line.
    pub change: Vec<(&'static str, Html)>,
    /// What the fold of the change says: `+2 −1`.
    pub change_label: String,
}

/// More lines of a change than these are left to the API.
const MOST_CHANGED: usize = 400;

/// More output of one row than this is left to the API.
const MOST_OUTPUT: usize = 24 * 1024;

/// What a row says, before it is put into HTML.
#[derive(Default)]
struct Words {
    icon: &'static str,
    tone: &'static str,
    head: String,
    detail: String,
    said: String,
    output: String,
    failed: bool,
    look: &'static str,
    change: Vec<(&'static str, String)>,
}

impl TranscriptRow {
    /// An event of a run, with the time since the run began.
    pub fn of(event: &TranscriptEvent, run: &Run) -> Self {
        let (words, began) = (laned(words(event), event.body["lane"].as_str()), run.created);
        let count = |kind| words.change.iter().filter(|(is, _)| *is == kind).count();
        let seconds = event.at.since(began).as_secs();
        let lines = words.output.lines().count();
        Self {
            sequence: event.sequence,
            at: format!("{}:{:02}", seconds / 60, seconds % 60),
            icon: words.icon,
            tone: words.tone,
            head: words.head,
            detail: Html::visible(&visible_line(&words.detail, 160)),
            said: if event.origin == Origin::Agent { Html::visible(&words.said) } else { Html::sentence(&words.said) },
            output: Html::visible(bounded(&words.output, MOST_OUTPUT)),
            output_label: if lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") },
            failed: words.failed,
            href: format!("/runs/{}?at={}#s{}", run.id, event.sequence, event.sequence),
            look: words.look,
            change_label: format!("+{} −{}", count("add"), count("cut")),
            change: words.change.iter().take(MOST_CHANGED).map(|(kind, line)| (*kind, Html::visible(line))).collect(),
        }
    }
}

/// A connection to a host, as the gateway saw it.
fn egress(body: &Value) -> Words {
    let refused = body["detail"]["allowed"] == false;
    let (icon, tone) = if refused { ("shield", "bad") } else { ("link", "calm") };
    let said = body["text"].as_str().unwrap_or_default().to_owned();
    Words { icon, tone, head: "Network".into(), said, failed: refused, ..Words::default() }
}

fn words(event: &TranscriptEvent) -> Words {
    let body = &event.body;
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    match event.kind.as_str() {
        "state" => state(body),
        "context" => Words {
            icon: "lock",
            tone: "calm",
            head: "Snapshots frozen".into(),
            detail: format!("context {} · {} parts", short(&body["bundle"]), body["parts"]),
            ..Words::default()
        },
        "thought" => Words { icon: "thought", tone: "calm", said: text("text"), look: "thought", ..Words::default() },
        "message" => Words { icon: "comment", tone: "busy", said: text("text"), ..Words::default() },
        "tool_call" => tool(body),
        "tool_result" => result(body),
        "model_call" => model(body),
        "problem" => Words { icon: "warn", tone: "bad", said: text("text"), failed: true, ..Words::default() },
        "egress" => egress(body),
        "servers" => {
            Words { icon: "link", tone: "calm", head: "MCP servers".into(), said: text("text"), ..Words::default() }
        }
        "proposal" => proposal(body),
        "decision" => decision(body),
        "write_back" => write_back(body),
        "question" => Words { icon: "hand", tone: "asks", head: "Asks".into(), said: text("text"), ..Words::default() },
        "answer" => Words {
            icon: "comment",
            tone: "ok",
            head: format!("{} answered", text("by")),
            said: text("text"),
            ..Words::default()
        },
        "told" => Words {
            icon: "comment",
            tone: "ok",
            head: format!("{} told it more", text("by")),
            said: text("text"),
            ..Words::default()
        },
        "checkpoint" => Words {
            icon: "lock",
            tone: "calm",
            head: "Work saved".into(),
            detail: short(&body["commit"]),
            said: format!("{} files differ from the checkout", body["files"]),
            ..Words::default()
        },
        "workspace" => Words {
            icon: "code",
            tone: if body["state"] == "refused" { "bad" } else { "calm" },
            head: match body["state"].as_str().unwrap_or_default() {
                "taken" => "Goes on in the workspace as it was left",
                "archived" => "Workspace put away",
                "swept" => "Workspace thrown away",
                _ => "Workspace not used again",
            }
            .into(),
            said: text("text"),
            ..Words::default()
        },
        "unsaved" => Words {
            icon: "warn",
            tone: "bad",
            head: "Work cannot be saved".into(),
            said: text("text"),
            ..Words::default()
        },
        "refreshed" => Words {
            icon: "lock",
            tone: "calm",
            head: "Looks at the world anew".into(),
            detail: format!("code {} → {}", short(&body["code"]["was"]), short(&body["code"]["is"])),
            said: format!("config {} → {}", short(&body["config"]["was"]), short(&body["config"]["is"])),
            ..Words::default()
        },
        "forked" => Words {
            icon: "run",
            tone: "calm",
            head: format!("{} forked it", text("by")),
            detail: text("into"),
            said: format!("with the stack {}", text("stack")),
            ..Words::default()
        },
        "cancel" => Words {
            icon: "slash",
            tone: "calm",
            head: format!("{} asked to cancel it", text("by")),
            ..Words::default()
        },
        "distrust" => Words {
            icon: "warn",
            tone: "asks",
            head: "Whatever it proposes now asks".into(),
            said: text("why"),
            ..Words::default()
        },
        "coalesced" => Words {
            icon: "merged",
            tone: "calm",
            head: "Another event joined".into(),
            said: text("why"),
            ..Words::default()
        },
        "subagent" => subagent(body),
        "stderr" => Words {
            icon: "terminal",
            tone: "calm",
            head: "Its error output".into(),
            output: text("text"),
            ..Words::default()
        },
        other => Words { icon: "info", tone: "calm", head: other.to_owned(), said: text("text"), ..Words::default() },
    }
}

/// What a subagent does is marked by its lane: who it is, and which of them.
fn laned(words: Words, lane: Option<&str>) -> Words {
    let Some(lane) = lane.map(|lane| visible_line(lane, 80)) else { return words };
    let head = if words.head.is_empty() { lane } else { format!("{lane} · {}", words.head) };
    Words { head, ..words }
}

/// A subagent begins, or answers.
fn subagent(body: &Value) -> Words {
    let (icon, tone, head) = match body["state"].as_str().unwrap_or_default() {
        "finished" => ("tick", "ok", "answered"),
        "failed" => ("cross", "bad", "failed"),
        _ => ("agent", "busy", "begins"),
    };
    let digest = ["output", "slice"].iter().map(|key| short(&body[*key])).find(|digest| !digest.is_empty());
    Words {
        icon,
        tone,
        head: head.into(),
        detail: digest.unwrap_or_default(),
        said: body["text"].as_str().unwrap_or_default().to_owned(),
        failed: tone == "bad",
        ..Words::default()
    }
}

fn state(body: &Value) -> Words {
    let mark = Mark::run(body["state"].as_str().unwrap_or_default());
    let why = ["summary", "why", "text"].iter().find_map(|key| body[*key].as_str()).unwrap_or_default();
    Words { icon: mark.icon, tone: mark.tone, head: mark.text, said: why.to_owned(), ..Words::default() }
}

/// A tool that was called: its main argument beside its name, its answer folded.
fn tool(body: &Value) -> Words {
    let detail = &body["detail"];
    let failed = detail["ok"] == Value::Bool(false);
    let name = detail["tool"].as_str().or(body["text"].as_str()).unwrap_or("tool");
    let output = ["answer", "output", "result"].iter().map(|key| &detail[*key]).find(|value| !value.is_null());
    Words {
        icon: if is_command(name) { "terminal" } else { "tool" },
        look: if is_command(name) { "terminal" } else { "" },
        change: change(&detail["arguments"]),
        tone: if failed { "bad" } else { "ok" },
        head: name.to_owned(),
        detail: argument(&detail["arguments"]),
        said: body["text"].as_str().filter(|text| *text != name && !failed).unwrap_or_default().to_owned(),
        output: output.map(plain).unwrap_or_default(),
        failed,
    }
}

/// What a tool answered: short answers stand open.
fn result(body: &Value) -> Words {
    let failed = body["detail"]["ok"] == Value::Bool(false);
    let text = body["text"].as_str().unwrap_or_default();
    let short = text.len() <= 160 && !text.trim_end().contains('\n');
    Words {
        look: if is_command(body["detail"]["tool"].as_str().unwrap_or_default()) { "terminal" } else { "" },
        icon: if failed { "cross" } else { "tick" },
        tone: if failed { "bad" } else { "calm" },
        said: if short { text.trim_end().to_owned() } else { String::new() },
        output: if short { String::new() } else { text.to_owned() },
        failed,
        ..Words::default()
    }
}

/// Whether a tool runs a command line: what it prints looks like a terminal.
fn is_command(tool: &str) -> bool {
    ["run_command", "shell", "bash", "execute", "exec", "terminal", "run_shell_command"].contains(&tool)
}

/// What an edit changes, by whatever names an agent has for before and after.
fn change(arguments: &Value) -> Vec<(&'static str, String)> {
    let text = |keys: &[&str]| keys.iter().find_map(|key| arguments[*key].as_str());
    let before = text(&["find", "old_string", "old_str", "old_text", "oldText"]);
    let after = text(&["replace", "new_string", "new_str", "new_text", "newText", "content"]);
    if arguments["path"].as_str().or(arguments["file_path"].as_str()).is_none() || after.is_none() {
        return Vec::new();
    }
    let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    // What both begin and end with is no change.
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - same;
    let tail = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let lines = |kind: &'static str, lines: &[&str]| {
        lines[same..lines.len() - tail].iter().map(|line| (kind, (*line).to_owned())).collect::<Vec<_>>()
    };
    [lines("cut", &old), lines("add", &new)].concat()
}

/// The argument that tells most: a command, a path, a query; else all of them.
fn argument(arguments: &Value) -> String {
    let told = ["command", "path", "query", "pattern", "title", "message", "label", "check"];
    match told.iter().find_map(|key| arguments[*key].as_str()) {
        Some(text) => text.to_owned(),
        None if arguments.as_object().is_none_or(|object| object.is_empty()) => String::new(),
        None => arguments.to_string(),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    }
}

fn model(body: &Value) -> Words {
    let detail = &body["detail"];
    let ok = detail["status"].as_str() == Some("ok");
    let tokens =
        format!("{} tokens in, {} out, {} ms", detail["tokens_in"], detail["tokens_out"], detail["milliseconds"]);
    Words {
        icon: "model",
        tone: if ok { "calm" } else { "bad" },
        head: "Model".into(),
        detail: detail["model"].as_str().unwrap_or_default().to_owned(),
        said: if ok { tokens } else { body["text"].as_str().unwrap_or_default().to_owned() },
        failed: !ok,
        ..Words::default()
    }
}

fn proposal(body: &Value) -> Words {
    let verdict = body["verdict"].as_str().unwrap_or_default();
    let because = body["because"].as_str().unwrap_or_default();
    Words {
        icon: "proposal",
        tone: Mark::verdict(verdict).tone,
        head: format!("Proposed: {}", body["kind"].as_str().unwrap_or_default().replace('_', " ")),
        detail: short(&body["digest"]),
        said: format!("Policy says {verdict}: {because}"),
        ..Words::default()
    }
}

fn decision(body: &Value) -> Words {
    let decision = body["decision"].as_str().unwrap_or_default();
    let by = body["by"].as_str().unwrap_or_default();
    let tone = if decision.starts_with("approved") { "ok" } else { "bad" };
    Words {
        icon: "hand",
        tone,
        head: if by.is_empty() { decision.to_owned() } else { format!("{by}: {decision}") },
        detail: body["effect"].as_str().unwrap_or_default().to_owned(),
        said: body["why"].as_str().unwrap_or_default().to_owned(),
        ..Words::default()
    }
}

fn write_back(body: &Value) -> Words {
    let mark = Mark::write_back(body["state"].as_str().unwrap_or_default());
    let result = &body["result"];
    let said = ["why", "url"].iter().find_map(|key| result[*key].as_str()).unwrap_or_default();
    Words {
        icon: mark.icon,
        tone: mark.tone,
        head: format!("{}: {}", mark.text, body["kind"].as_str().unwrap_or_default().replace('_', " ")),
        detail: body["effect"].as_str().unwrap_or_default().to_owned(),
        said: said.to_owned(),
        ..Words::default()
    }
}

fn short(digest: &Value) -> String {
    digest.as_str().unwrap_or_default().chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_edit_is_shown_as_what_it_changes() {
        let edit = json!({"path": "a", "find": "one\ntwo\nthree", "replace": "one\n2\nthree"});
        assert_eq!(change(&edit), [("cut", "two".to_owned()), ("add", "2".to_owned())]);
        let other = json!({"file_path": "a", "old_string": "", "new_string": "new"});
        assert_eq!(change(&other), [("add", "new".to_owned())]);
        assert_eq!(change(&json!({"path": "a"})), []);
        assert_eq!(change(&json!({"command": "ls", "content": "x"})), []);
    }
}
