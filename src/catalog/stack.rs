//! A stack: a runnable agent, as `.agents/stacks/<name>.yaml` describes it.
//!
//! The doc comments here are the descriptions in the JSON Schema that editors show.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::catalog::pattern::Pattern;
use crate::catalog::size::Size;
use crate::catalog::writeback::Writeback;

/// A runnable agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stack {
    /// One sentence for people who choose a stack.
    #[serde(default)]
    pub description: String,
    /// Which adapter runs the agent.
    pub agent: AgentKind,
    /// The program and its arguments, for the agents `acp` and `cli`.
    #[serde(default)]
    pub command: Vec<String>,
    /// Settings of the agent `acp`.
    #[serde(default)]
    pub acp: AcpAgent,
    /// Settings of the agent `cli`.
    #[serde(default)]
    pub cli: CliAgent,
    /// A model profile that an administrator set up.
    #[serde(default = "default_model")]
    pub model: String,
    /// What the agent is told before anything else; for the agent `scripted`, its script.
    #[serde(default)]
    pub prompt: String,
    /// Skills that the agent is offered: names of folders in `skills/`.
    #[serde(default)]
    pub skills: Vec<String>,
    /// Stacks that the agent may give a part of its work to: names of stacks, each of which becomes a tool `subagent_<name>`.
    #[serde(default)]
    pub subagents: Vec<String>,
    /// How far the agent may go. Nothing can be written back at `read`.
    #[serde(default)]
    pub autonomy: Autonomy,
    /// Groups of the gateway's tools.
    #[serde(default = "default_tools")]
    pub tools: Vec<ToolGroup>,
    /// MCP servers that the gateway reaches for the agent, by name.
    #[serde(default)]
    pub mcp: BTreeMap<String, McpServer>,
    /// Limits of the sandbox.
    #[serde(default)]
    pub sandbox: SandboxLimits,
    /// What one attempt may spend; the first limit that is reached ends it.
    #[serde(default)]
    pub budget: Budget,
    /// What of the company brain the agent is shown.
    #[serde(default)]
    pub memory: MemoryScope,
    /// Names of secrets that the gateway uses for the agent; each needs a grant. Never a value.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// What happens to each kind of effect that the agent proposes. A kind that is not named asks a person.
    #[serde(default)]
    pub writeback: Writeback,
}

/// Which adapter runs the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AgentKind {
    /// Our own loop over a model.
    Builtin,
    /// A program that speaks the Agent Client Protocol on its standard input and output.
    Acp,
    /// A program with a transcript format.
    Cli,
    /// Plays a script: for demonstrations and tests.
    Scripted,
}

/// Settings of an agent that speaks the Agent Client Protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AcpAgent {
    /// The mode that the agent works in, by the name that the agent itself gives it. None leaves the choice to the agent.
    pub mode: Option<String>,
}

/// Settings of an agent that is a command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CliAgent {
    /// How the command is given the prompt.
    pub prompt: PromptBy,
    /// What the command prints.
    pub transcript: Printed,
    /// What lines of `jsonl` mean: the first rule that fits a line tells it. Lines that none fits are passed over.
    pub map: Vec<LineRule>,
}

/// How a command is given the prompt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PromptBy {
    /// In place of the argument `{prompt}`, or as the last argument.
    #[default]
    Argument,
    /// On its standard input, which ends after it.
    Stdin,
    /// In a file, whose path stands in place of the argument `{prompt_file}`, or is the last argument.
    File,
}

/// What a command prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Printed {
    /// Text for people.
    #[default]
    Text,
    /// One JSON object a line, read by `map`.
    Jsonl,
}

/// What a line of `jsonl` means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LineRule {
    /// Fields that the line must have, by their paths with dots, and what they must say. None fits every line.
    #[serde(default)]
    pub when: BTreeMap<String, String>,
    /// What the line is in the transcript.
    pub kind: LineKind,
    /// The path of the field that is shown.
    pub text: String,
    /// The path of the field that tells whether a tool did well: `true`, `0`, `completed`, `success` or `ok`.
    #[serde(default)]
    pub ok: Option<String>,
}

/// What a line is in the transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// The agent says it.
    Message,
    /// The agent thinks it.
    Thought,
    /// A tool is called.
    ToolCall,
    /// What a tool answered.
    ToolResult,
}

/// How far the agent may go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Autonomy {
    /// Looks and answers on the run's page; every effect is denied.
    #[default]
    Read,
    /// Proposes effects; `writeback` and policy give the verdicts.
    Propose,
    /// As `propose`; kept apart so that policy can tell them apart later.
    Act,
}

/// A group of the gateway's tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ToolGroup {
    /// Reads the issue, pull request or check that the run is about.
    Source,
    /// Asks the company brain.
    Memory,
    /// Reads pages of the hosts that `sandbox.allow` names.
    Web,
}

/// An MCP server that the gateway reaches for the agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct McpServer {
    /// The address of a server that speaks streamable HTTP.
    pub url: Option<String>,
    /// A program that speaks MCP on its standard input and output.
    pub command: Vec<String>,
    /// The tools that the agent may use; none means all of them.
    pub tools: Vec<String>,
    /// The name of the secret that the gateway sends.
    pub secret: Option<String>,
}

/// Limits of the sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SandboxLimits {
    /// What the agent may reach besides the gateway.
    pub network: Network,
    /// Hosts that the gateway connects to, when `network` is `allow`.
    pub allow: Vec<String>,
    /// Memory of all processes together.
    pub memory: Size,
    /// What the workspace and temporary files may hold.
    pub disk: Size,
    /// Processes and threads at one time.
    #[schemars(range(min = 1, max = 65536))]
    pub processes: u32,
}

/// What the agent may reach besides the gateway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Network {
    /// Nothing.
    #[default]
    None,
    /// The hosts that `allow` names, through the gateway.
    Allow,
}

/// What one attempt may spend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    /// Minutes by the clock.
    #[schemars(range(min = 1, max = 1440))]
    pub minutes: u32,
    /// Answers of the model.
    #[schemars(range(min = 1, max = 10000))]
    pub steps: u32,
    /// Tokens in and out, of all calls together.
    #[schemars(range(min = 1, max = 1000000000))]
    pub tokens: u64,
    /// US dollars, at the prices of the model profile.
    #[schemars(range(min = 0.01, max = 10000.0))]
    pub usd: f64,
}

/// What of the company brain the agent is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MemoryScope {
    /// Kinds of records.
    pub kinds: Vec<String>,
    /// Paths in the company brain.
    pub paths: Vec<Pattern>,
    /// Paths that are left out.
    pub exclude: Vec<Pattern>,
    /// Bytes of all records together.
    #[schemars(range(min = 1, max = 10000000))]
    pub max_bytes: u64,
    /// Whether a run is refused when the company brain cannot be read.
    pub required: bool,
    /// Whether a run that is done proposes an episode: what it did, for the next ones to know.
    pub episode: bool,
}

impl Default for SandboxLimits {
    fn default() -> Self {
        Self {
            network: Network::None,
            allow: Vec::new(),
            memory: Size::mebibytes(2048),
            disk: Size::mebibytes(4096),
            processes: 256,
        }
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self { minutes: 20, steps: 60, tokens: 300_000, usd: 2.0 }
    }
}

impl Default for MemoryScope {
    fn default() -> Self {
        Self {
            kinds: Vec::new(),
            paths: Vec::new(),
            exclude: Vec::new(),
            max_bytes: 128_000,
            required: false,
            episode: false,
        }
    }
}

impl AgentKind {
    /// The word in files and pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::Acp => "acp",
            Self::Cli => "cli",
            Self::Scripted => "scripted",
        }
    }
}

fn default_model() -> String {
    "default".into()
}

fn default_tools() -> Vec<ToolGroup> {
    vec![ToolGroup::Source]
}
