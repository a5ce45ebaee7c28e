//! What an agent is told when it starts: `GET /task`.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::model::AttemptId;
use crate::model::RunId;

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
    /// What the model is shown first.
    pub prompt: Prompt,
    /// The YAML script of a scripted agent.
    pub script: Option<String>,
    /// What the agent should keep to. What matters is enforced outside as well.
    pub limits: Limits,
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

/// What the agent should keep to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// Most model calls.
    pub steps: u32,
    /// Most bytes of the conversation that are sent to the model.
    pub context_bytes: usize,
    /// Most seconds that one command may take.
    pub command_seconds: u64,
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
        Self { steps: 60, context_bytes: 400_000, command_seconds: 600 }
    }
}
