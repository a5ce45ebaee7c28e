//! What the gateway needs from the rest of the house. `engine` implements these; a test plays them.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::kit::Result;
use crate::model::CallId;
use crate::model::EffectKind;
use crate::model::Verdict;
use crate::models::Aside;
use crate::models::Planned;
use crate::models::Used;
use crate::proposals::draft::Draft;

/// The run's own tools. An error's message, hints and field go back to the agent, so they say how to mend the call.
#[async_trait]
pub trait RunTools: Send + Sync {
    /// Answers a tool that only reads, by its name. Its arguments fit its schema.
    async fn look(&self, tool: &str, arguments: &Value) -> Result<Value>;

    /// The agent is about to read what a host says, which nobody here vouches for.
    async fn reads_from(&self, host: &str) -> Result<()>;

    /// Takes a draft: checks it, judges it by policy, stores it. The answer says what comes of it.
    async fn propose(&self, draft: Draft) -> Result<Proposed>;

    /// What the run proposed so far, and how each stands.
    async fn proposals(&self) -> Result<Value>;

    /// The agent says that it is done.
    async fn finish(&self, summary: String) -> Result<()>;

    /// The agent says that it cannot go on.
    async fn fail(&self, failure: Failure) -> Result<()>;

    /// The agent asks people something. The answer arrives among the observations.
    async fn ask(&self, question: String) -> Result<()>;

    /// What happened since the observation with this number: decisions, answers. Waits this long when nothing did.
    async fn observations(&self, after: u64, wait: Duration) -> Result<Vec<Observation>>;
}

/// Where calls of models are written down, and what a day may cost is kept. A call is set aside before it is made.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Sets the worst case of a call aside, or says in a sentence which day has no room for it, and who may change that.
    async fn set_aside(&self, planned: Planned) -> Result<std::result::Result<Aside, Spent>>;

    /// Books what a call used.
    async fn settle(&self, call: CallId, used: Used) -> Result<()>;
}

/// A day that is spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// The word in the reason `budget_exceeded:<kind>`: `repository_day`, `organisation_day`.
    pub kind: &'static str,
    /// A sentence for people.
    pub sentence: String,
}

/// What came of a draft.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Proposed {
    /// The kind of effect.
    pub kind: EffectKind,
    /// The digest that people approve.
    pub digest: String,
    /// What policy says of it.
    pub verdict: Verdict,
    /// The verdict in a sentence.
    pub message: String,
}

/// Why an agent could not go on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// The reason code.
    pub code: FailureCode,
    /// A sentence. It is the agent's word.
    pub message: String,
}

/// Reasons that an agent may give. Anything else it says is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// The model's answers could not be used several times in a row; nothing was done with them.
    FailedSafe,
    /// The model could not be reached, or broke off, several times in a row.
    ModelUnavailable,
    /// The loop reached its last step.
    StepsExhausted,
    /// A step of a script did not do what the script expects.
    ScriptFailed,
    /// Its time was up before it came to an end.
    OutOfTime,
    /// Anything else.
    AgentError,
}

/// Something that happened outside while the agent works. Its text comes from people: data, not instructions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Observation {
    /// Rises by at least one with each.
    pub number: u64,
    /// What happened.
    pub kind: ObservationKind,
    /// The short digest of the effect, when it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
    /// What happened, in a sentence, with the reason that was given.
    pub text: String,
}

/// What an observation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObservationKind {
    /// An effect was approved.
    Approved,
    /// An effect was denied.
    Denied,
    /// The target of an effect moved.
    Stale,
    /// An answer to a question.
    Answer,
}

/// Where transcript entries go.
#[async_trait]
pub trait TranscriptSink: Send + Sync {
    /// Keeps one entry. Entries of one attempt arrive in order.
    async fn record(&self, entry: Entry) -> Result<()>;
}

/// One entry of a transcript.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Whose word it is.
    pub origin: Origin,
    /// What it is.
    pub kind: EntryKind,
    /// At most 64 KiB.
    pub text: String,
    /// More, as a JSON object: `tool`, `ok`, `tokens_in`, `milliseconds`, …; null when there is none.
    pub detail: Value,
}

/// Whose word an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The gateway saw it itself.
    Gateway,
    /// The agent says so.
    Agent,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// What the model thought aloud.
    Thought,
    /// What the agent says.
    Message,
    /// A tool was called.
    ToolCall,
    /// What a tool answered.
    ToolResult,
    /// A model was called. Only the gateway says so.
    ModelCall,
    /// Something went wrong outside the agent. Only the gateway says so.
    Problem,
    /// A connection to a host was allowed or refused, or is over. Only the gateway says so.
    Egress,
}
