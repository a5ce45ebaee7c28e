//! What the engine loaded for an attempt, before it is bounded and redacted. Plain strings: this room knows no other.

use serde::Deserialize;
use serde::Serialize;

use crate::context::bundle::Trust;

/// What the engine loaded for an attempt.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// The stack's prompt.
    pub stack: Piece,
    /// Skills of the stack.
    pub skills: Vec<Skill>,
    /// The repository's `AGENTS.md`, that of the root first.
    pub instructions: Vec<Piece>,
    /// The rule's prompt, rendered from the event; or what a person wrote who dispatched by hand.
    pub task: Piece,
    /// The issue or pull request: title and opening text.
    pub object: Option<Piece>,
    /// Comments, oldest first.
    pub conversation: Vec<Remark>,
    /// The check that the run is about, with what its poster wrote.
    pub check: Option<Check>,
    /// What happened before; added by [`Bundle::go_on`](crate::context::Bundle::go_on) where the rest is frozen.
    pub continuation: Continuation,
    /// What the company brain says about it, the most fitting first.
    pub memory: Vec<Recalled>,
    /// Most bytes of all parts together; 0 takes the usual 128 KiB.
    pub most_bytes: usize,
}

/// A text with where it came from.
#[derive(Clone, Debug, Default)]
pub struct Piece {
    /// `acme/app@1a2b…:.agents/stacks/fixer.yaml`, `acme/app issue #3`.
    pub source: String,
    /// The text.
    pub text: String,
    /// Whether what it says may steer the agent.
    pub trust: Trust,
}

/// A skill of the stack.
#[derive(Clone, Debug)]
pub struct Skill {
    /// Its name.
    pub name: String,
    /// What it is for, and how it is read.
    pub piece: Piece,
}

/// One comment of a conversation.
#[derive(Clone, Debug)]
pub struct Remark {
    /// Who wrote it.
    pub author: String,
    /// The comment.
    pub piece: Piece,
}

/// The check that a run is about.
#[derive(Clone, Debug)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// `failure`, `error`, …
    pub conclusion: String,
    /// Its log, or what its poster wrote about it.
    pub piece: Piece,
}

/// What an attempt that goes on from another one is told beside what that one was shown.
#[derive(Clone, Debug, Default)]
pub struct Continuation {
    /// What the agent did before, in the words of its transcript.
    pub earlier: Option<Piece>,
    /// What a person says.
    pub message: Option<Piece>,
}

/// A record or an excerpt of the company brain.
#[derive(Clone, Debug)]
pub struct Recalled {
    /// Its id or path, and why it was picked.
    pub name: String,
    /// Where it was read: `acme/company-brain@1a2b…:runbooks/a.md#L1-L20`; its text.
    pub piece: Piece,
}

/// Where a part of a bundle comes from, in the order in which a model reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// What every agent is told by us.
    House,
    /// The stack's prompt.
    Stack,
    /// A skill.
    Skill,
    /// The repository's `AGENTS.md`.
    Instructions,
    /// What is asked.
    Task,
    /// The issue or pull request.
    Object,
    /// A comment on it.
    Conversation,
    /// The log of a check.
    Check,
    /// What the company brain says.
    Memory,
    /// What happened before, and what a person says about going on.
    Continuation,
}
