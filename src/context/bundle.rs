//! What an agent is shown, frozen: parts with their digests, and the two messages that a model reads.

use serde::Deserialize;
use serde::Serialize;

use crate::context::input::Layer;
use crate::kit::digest::Digest;

/// Everything that an agent is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// The parts, in the order in which a model reads them.
    pub parts: Vec<Part>,
    /// Covers every part's name, source, trust and text.
    pub digest: Digest,
}

/// One part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Where it comes from.
    pub layer: Layer,
    /// What it is, for people: `Stack prompt`, `Comment by alice`.
    pub name: String,
    /// Where it was read: `acme/app@1a2b…:AGENTS.md`, `issue #3`.
    pub source: String,
    /// Whether what it says may steer the agent.
    pub trust: Trust,
    /// The text as it is shown: redacted and bounded.
    pub text: String,
    /// SHA-256 of the text as it is shown.
    pub digest: Digest,
    /// Bytes of the text as it is shown.
    pub bytes: usize,
    /// Bytes that it had, when it was cut.
    pub truncated_from: Option<usize>,
    /// How many secret-like strings were taken out.
    pub redacted: usize,
}

/// Whether what a part says may steer the agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "trust", rename_all = "lowercase")]
pub enum Trust {
    /// Reviewed text at a trusted commit, or a person with the right.
    Trusted,
    /// Anybody may have written it: data.
    Untrusted {
        /// Why: `written by mallory, who may only read`.
        why: String,
    },
}

impl Default for Trust {
    fn default() -> Self {
        Self::Untrusted { why: "nobody said that it is trusted".into() }
    }
}

impl Bundle {
    /// A bundle of these parts.
    pub(super) fn of(parts: Vec<Part>) -> Self {
        let digest = Digest::of("forgehand/bundle/v1", &[]);
        Self { parts, digest }
    }

    /// The system message.
    pub fn system(&self) -> String {
        String::new()
    }

    /// The first user message.
    pub fn task(&self) -> String {
        String::new()
    }
}
