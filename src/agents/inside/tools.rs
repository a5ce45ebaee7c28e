//! The tools of an agent: those of the workspace, done here, and the run's own, done by the gateway. A model and a script
//! call them by the same door, with the same checks.

use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use crate::agents::inside::command;
use crate::agents::inside::gateway::Gateway;
use crate::agents::inside::workspace::Workspace;
use crate::gateway::Brief;
use crate::gateway::brief::Tool;
use crate::gateway::ports::EntryKind;
use crate::gateway::ports::Observation;
use crate::gateway::ports::ObservationKind;
use crate::gateway::schema::Schema;
use crate::gateway::tools::SUBAGENT;
use crate::gateway::tools::fenced;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::text::visible_line;

/// The tools of an agent.
pub(super) struct Tools {
    workspace: Workspace,
    gateway: Gateway,
    known: Vec<Known>,
    command_seconds: u64,
    /// The number of the last observation that was seen.
    seen: AtomicU64,
}

struct Known {
    tool: Tool,
    here: bool,
    /// Compiled when it is first needed: an agent's first step does not wait for it.
    schema: OnceLock<Schema>,
}

/// Tools of the workspace that change nothing.
const LOOKS: [&str; 3] = ["list_files", "read_file", "search"];

/// Seconds that one look for observations waits.
const WAIT: u64 = 25;

/// Seconds that a command may take when the model names no number.
const USUAL_SECONDS: u64 = 120;

impl Tools {
    pub(super) fn of(brief: &Brief, workspace: Workspace, gateway: Gateway) -> Self {
        let ours = here().into_iter().map(|tool| Known { tool, here: true, schema: OnceLock::new() });
        let runs = brief.tools.iter().map(|tool| Known { tool: tool.clone(), here: false, schema: OnceLock::new() });
        let known = ours.chain(runs).collect();
        Self { workspace, gateway, known, command_seconds: brief.limits.command_seconds, seen: AtomicU64::new(0) }
    }

    /// The tools as a model is told of them.
    pub(super) fn offered(&self) -> Vec<Value> {
        let function =
            |tool: &Tool| json!({"name": tool.name, "description": tool.description, "parameters": tool.schema});
        self.known.iter().map(|known| json!({"type": "function", "function": function(&known.tool)})).collect()
    }

    /// The checkout.
    pub(super) fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// Whether a call can be made: the tool exists and the arguments fit its schema.
    pub(super) fn check(&self, name: &str, arguments: &Value) -> Result<()> {
        self.find(name)?.check(arguments)
    }

    /// Whether a call only looks at something, or gives work to another: such calls of one answer are made at one time.
    pub(super) fn may_stand_beside_others(&self, name: &str) -> bool {
        let Some(known) = self.known.iter().find(|known| known.tool.name == name) else { return false };
        let looks = if known.here { LOOKS.contains(&name) } else { known.tool.data && name != "ask" };
        looks || name.starts_with(SUBAGENT)
    }

    /// Makes a call and gives the answer as text. What the gateway does it writes down itself.
    pub(super) fn call(&self, name: &str, arguments: &Value) -> Result<String> {
        let known = self.find(name)?;
        known.check(arguments)?;
        if !known.here {
            return self.ask_gateway(&known.tool, arguments);
        }
        self.gateway.say(EntryKind::ToolCall, name, &json!({"tool": name, "arguments": arguments}));
        let result = self.work(name, arguments);
        let (ok, text) = match &result {
            Ok(text) => (true, text.as_str()),
            Err(error) => (false, error.message()),
        };
        self.gateway.say(EntryKind::ToolResult, text, &json!({"tool": name, "ok": ok}));
        result
    }

    /// Runs a line of shell.
    pub(super) fn run(&self, line: &str, seconds: Option<u64>) -> Result<command::Ran> {
        let seconds = seconds.unwrap_or(USUAL_SECONDS).min(self.command_seconds);
        command::shell(line, self.workspace.root(), Duration::from_secs(seconds))
    }

    /// What happened since the last look.
    pub(super) fn observe(&self, wait_seconds: u64) -> Result<Vec<Observation>> {
        let fresh = self.gateway.observations(self.seen.load(Ordering::SeqCst), wait_seconds)?;
        if let Some(last) = fresh.iter().map(|observation| observation.number).max() {
            self.seen.fetch_max(last, Ordering::SeqCst);
        }
        Ok(fresh)
    }

    /// Waits until something of this sort happened. The deadline of the attempt ends it at the latest.
    pub(super) fn wait_for(&self, wanted: impl Fn(ObservationKind) -> bool) -> Result<Vec<Observation>> {
        let mut all = Vec::new();
        loop {
            all.extend(self.observe(WAIT)?);
            if all.iter().any(|observation| wanted(observation.kind)) {
                return Ok(all);
            }
        }
    }

    fn find(&self, name: &str) -> Result<&Known> {
        self.known.iter().find(|known| known.tool.name == name).ok_or_else(|| {
            let names: Vec<&str> = self.known.iter().map(|known| known.tool.name.as_str()).collect();
            Error::invalid(format!("There is no tool `{}`", visible_line(name, 60)))
                .hint(format!("tools are {}", names.join(", ")))
        })
    }

    fn ask_gateway(&self, tool: &Tool, arguments: &Value) -> Result<String> {
        let answer = self.gateway.tool(&tool.name, arguments)?;
        if tool.name == "ask" {
            let seen = self.wait_for(|kind| kind == ObservationKind::Answer)?;
            return Ok(fenced(&told(&seen)));
        }
        let text = pretty(&answer);
        Ok(if tool.data { fenced(&text) } else { text })
    }

    fn work(&self, name: &str, arguments: &Value) -> Result<String> {
        let text = |field: &str| arguments[field].as_str();
        let path = text("path").unwrap_or_default();
        let folder = text("path").unwrap_or(".");
        let flag = |field: &str| arguments[field].as_bool().unwrap_or(false);
        match name {
            "list_files" => self.workspace.list(folder, flag("recursive")),
            "read_file" => self.workspace.read(path, arguments["first_line"].as_u64(), arguments["last_line"].as_u64()),
            "search" => self.workspace.search(text("pattern").unwrap_or_default(), folder, flag("literal")),
            "edit_file" => self.edit(path, arguments),
            _ => {
                let ran = self.run(text("command").unwrap_or_default(), arguments["timeout_seconds"].as_u64())?;
                Ok(ran.told())
            }
        }
    }

    fn edit(&self, path: &str, arguments: &Value) -> Result<String> {
        let text = |field: &str| arguments[field].as_str();
        match (text("find"), text("replace"), text("content"), arguments["delete"].as_bool().unwrap_or(false)) {
            (Some(find), Some(replace), None, false) => self.workspace.replace(path, find, replace),
            (None, None, Some(content), false) => self.workspace.write(path, content),
            (None, None, None, true) => self.workspace.delete(path),
            _ => Err(Error::invalid("`edit_file` takes `find` and `replace`, or `content`, or `delete`, and no mix")),
        }
    }
}

impl Known {
    fn check(&self, arguments: &Value) -> Result<()> {
        let schema = match self.schema.get() {
            Some(schema) => schema,
            None => {
                let compiled = Schema::of(&self.tool.schema)?;
                self.schema.get_or_init(|| compiled)
            }
        };
        schema.check(&self.tool.name, arguments)
    }
}

/// Observations as lines.
pub(super) fn told(observations: &[Observation]) -> String {
    let line = |observation: &Observation| {
        let kind = json!(observation.kind);
        let effect = observation.effect.as_deref().map(|effect| format!(" {effect}")).unwrap_or_default();
        format!("{}{effect}: {}", kind.as_str().unwrap_or_default(), observation.text)
    };
    observations.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn pretty(value: &Value) -> String {
    value.as_str().map_or_else(|| serde_json::to_string_pretty(value).unwrap_or_default(), str::to_owned)
}

/// The tools of the workspace.
fn here() -> Vec<Tool> {
    let path =
        json!({"type": "string", "maxLength": 4096, "description": "Path, relative to the root of the repository"});
    let count = json!({"type": "integer", "minimum": 1});
    let text = |description: &str| json!({"type": "string", "maxLength": 1_000_000, "description": description});
    let flag = |description: &str| json!({"type": "boolean", "description": description});
    vec![
        tool("list_files", "List a folder.", json!({"path": path, "recursive": flag("Also folders below")}), &[]),
        tool(
            "read_file",
            "Read a text file, or some lines of it.",
            json!({"path": path, "first_line": count, "last_line": count}),
            &["path"],
        ),
        tool(
            "search",
            "Search files for a regular expression, line by line.",
            json!({"pattern": text("The regular expression, or the text"), "path": path,
                "literal": flag("The pattern is plain text")}),
            &["pattern"],
        ),
        tool(
            "edit_file",
            "Change a file: replace a text that stands exactly once (`find`, `replace`), write it whole (`content`), or \
             delete it (`delete`).",
            json!({"path": path, "find": text("Text that stands exactly once in the file"),
                "replace": text("Text to put there"), "content": text("The whole new file"),
                "delete": flag("Delete the file")}),
            &["path"],
        ),
        tool(
            "run_command",
            "Run a line of shell in the repository. Hosts are reached by the proxy that the environment names, or not at \
             all. The start and the end of the output are kept.",
            json!({"command": text("The line"), "timeout_seconds": {"type": "integer", "minimum": 1, "maximum": 3600}}),
            &["command"],
        ),
    ]
}

fn tool(name: &str, description: &str, properties: Value, required: &[&str]) -> Tool {
    let schema =
        json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false});
    Tool { name: name.into(), description: description.into(), schema, data: false }
}
