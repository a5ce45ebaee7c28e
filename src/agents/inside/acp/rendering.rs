//! What agents send as content, as text for readers: pure.

use imara_diff::Algorithm;
use imara_diff::BasicLineDiffPrinter;
use imara_diff::Diff;
use imara_diff::InternedInput;
use imara_diff::UnifiedDiffConfig;
use serde_json::Value;
use serde_json::json;

use crate::agents::inside::acp::updates::Terminals;
use crate::kit::text::bounded;
use crate::kit::text::visible_line;

/// Most bytes of text of one call.
const TEXT: usize = 48 << 10;

/// Most bytes of each side of an edit that are compared line by line.
const SIDE: usize = 256 << 10;

/// The text of a block; of what is no text, its name.
pub(super) fn block(block: &Value) -> String {
    match block["type"].as_str().unwrap_or_default() {
        "text" => block["text"].as_str().unwrap_or_default().to_owned(),
        "resource_link" => format!("[{}]", visible_line(block["uri"].as_str().unwrap_or("a resource"), 300)),
        "resource" => block["resource"]["text"].as_str().unwrap_or("[a resource]").to_owned(),
        kind @ ("image" | "audio") => format!("[{kind}]"),
        _ => String::new(),
    }
}

/// What came of a call: its text, and the paths that it edited.
pub(super) fn content(content: &Value, terminals: Terminals<'_>) -> (String, Vec<Value>) {
    let mut text = String::new();
    let mut edits = Vec::new();
    for part in content.as_array().map(Vec::as_slice).unwrap_or_default() {
        let told = match part["type"].as_str().unwrap_or_default() {
            "diff" => {
                edits.push(json!(visible_line(part["path"].as_str().unwrap_or_default(), 500)));
                edit(part)
            }
            "terminal" => part["terminalId"].as_str().and_then(terminals).unwrap_or_default(),
            _ => block(&part["content"]),
        };
        if !text.is_empty() && !told.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&told);
        if text.len() > TEXT {
            return (format!("{}\n[more is left out]", bounded(&text, TEXT)), edits);
        }
    }
    (text, edits)
}

/// An edit as lines that come and go.
fn edit(part: &Value) -> String {
    let path = visible_line(part["path"].as_str().unwrap_or_default(), 500);
    let side = |field: &str| part[field].as_str().unwrap_or_default();
    let (old, new) = (side("oldText"), side("newText"));
    let names = format!("--- {path}\n+++ {path}\n");
    if old.len() > SIDE || new.len() > SIDE {
        return format!("{names}[a change of {} to {} bytes]\n", old.len(), new.len());
    }
    let input = InternedInput::new(old, new);
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    let printer = BasicLineDiffPrinter(&input.interner);
    format!("{names}{}", diff.unified_diff(&printer, UnifiedDiffConfig::default(), &input))
}

/// The raw output of a tool, for agents that tell nothing else.
pub(super) fn output(output: &Value) -> String {
    let fields = ["output", "formatted_output", "aggregated_output", "stdout", "text", "error"];
    let text = fields.iter().find_map(|field| output[*field].as_str()).or_else(|| output.as_str());
    match text {
        Some(text) => bounded(text, TEXT).to_owned(),
        None if output.is_null() => String::new(),
        None => bounded(&output.to_string(), TEXT).to_owned(),
    }
}

/// One step of a plan.
pub(super) fn step(entry: &Value) -> String {
    let mark = match entry["status"].as_str().unwrap_or_default() {
        "completed" => "x",
        "in_progress" => "-",
        _ => " ",
    };
    format!("[{mark}] {}", visible_line(entry["content"].as_str().unwrap_or_default(), 300))
}
