//! What an agent is told when it starts: `GET /task`.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::catalog::stack::CliAgent;
use crate::model::AttemptId;
use crate::model::RunId;
use crate::models::Protocol;

/// Everything that an agent is told when it starts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Brief {
    /// The run.
    pub run: RunId,
    /// The attempt.
    pub attempt: AttemptId,
    /// The adapter: `builtin`, `scripted`, …
    pub agent: String,
    /// Whether it goes on from where an earlier attempt was: its files are as that one left them.
    #[serde(default)]
    pub resumed: bool,
    /// The name of the model profile, when the stack has one.
    pub model: Option<String>,
    /// What its server speaks.
    #[serde(default)]
    pub protocol: Protocol,
    /// What the model is shown first.
    pub prompt: Prompt,
    /// The YAML script of a scripted agent.
    pub script: Option<String>,
    /// What the agent should keep to. What matters is enforced outside as well.
    pub limits: Limits,
    /// The lane of a subagent: `reviewer 1`. None for the agent of the run.
    #[serde(default)]
    pub lane: Option<String>,
    /// How an agent that is a command is given its prompt, and what it prints.
    #[serde(default)]
    pub cli: CliAgent,
    /// What an agent that others wrote may do through its client.
    #[serde(default)]
    pub rights: Rights,
    /// The run's own tools, as `POST /tools/{name}` takes them.
    pub tools: Vec<Tool>,
}

/// What the model is shown first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Prompt {
    /// The system message.
    pub system: String,
    /// The first user message.
    pub task: String,
}

/// What an agent that others wrote may do through its client: the answer when it asks for permission. What keeps it in is the
/// sandbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights {
    /// Change files of the workspace.
    pub write: bool,
    /// Reach hosts other than the gateway.
    pub network: bool,
}

/// What the agent should keep to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// Most model calls.
    pub steps: u32,
    /// Most bytes of the conversation that are sent to the model.
    pub context_bytes: usize,
    /// Most seconds that one command may take.
    pub command_seconds: u64,
    /// Seconds until the sandbox ends the attempt.
    pub wall_seconds: u64,
}

/// A tool as a model sees it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// JSON Schema of its arguments.
    pub schema: Value,
    /// What it answers are words of others: something to judge, never an instruction.
    #[serde(default)]
    pub data: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { steps: 60, context_bytes: 400_000, command_seconds: 600, wall_seconds: 1_800 }
    }
}
