//! What an agent is shown, frozen: parts with their digests, and the two messages that a model reads.

use serde::Deserialize;
use serde::Serialize;

use crate::context::input::Layer;
use crate::kit::digest::Digest;
use crate::kit::text::visible_line;
use crate::model::CommitId;
use crate::model::RepoRef;
use crate::model::SnapshotId;

/// Everything that an agent is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// The parts, in the order in which a model reads them.
    pub parts: Vec<Part>,
    /// Covers every part's name, source, trust and text.
    pub digest: Digest,
    /// The company brain as the run sees it, when it sees one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Snapshot>,
    /// Why the run sees none, when its stack asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without_memory: Option<String>,
}

/// The company brain as one run sees it. What it was shown of it are the parts of the layer `memory`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// What was written down of it.
    pub id: SnapshotId,
    /// Where the brain lies.
    pub repo: RepoRef,
    /// The commit that everything is read at.
    pub commit: CommitId,
    /// Records that fitted the question, and that this run may not read.
    pub hidden: u64,
    /// Records that fitted the question, and for which there was no room.
    pub left_out: u64,
    /// What a reader should know: that the brain was moved by force, that a record is stale.
    pub notes: Vec<String>,
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
    /// The same for somebody who may not read the company brain: what was shown of it is named by its digest alone.
    pub fn without_recalled(mut self) -> Self {
        for part in self.parts.iter_mut().filter(|part| part.layer == Layer::Memory) {
            part.name = "Company brain".into();
            part.source = "the company brain".into();
            part.text = "Only those who may read the company brain see this.".into();
        }
        self
    }

    /// A bundle of these parts.
    pub(super) fn of(parts: Vec<Part>) -> Self {
        let canonical: Vec<Vec<u8>> =
            parts.iter().map(|part| serde_json::to_vec(part).expect("a part holds only strings and numbers")).collect();
        let canonical: Vec<&[u8]> = canonical.iter().map(Vec::as_slice).collect();
        Self { digest: Digest::of("forgehand/bundle/v1", &canonical), parts, memory: None, without_memory: None }
    }

    /// The system message.
    pub fn system(&self) -> String {
        self.message(true)
    }

    /// The first user message.
    pub fn task(&self) -> String {
        self.message(false)
    }

    fn message(&self, system: bool) -> String {
        let mut message = String::new();
        let mut left_out = 0;
        for part in self.parts.iter().filter(|part| part.layer.is_system() == system) {
            if part.text.is_empty() && part.truncated_from.is_some() {
                left_out += 1;
                continue;
            }
            message.push_str(&part.shown());
            message.push_str("\n\n");
        }
        if left_out > 0 {
            message.push_str(&format!("[{left_out} older or longer comments are left out]\n"));
        }
        message.trim_end().to_owned()
    }
}

impl Part {
    /// The part as a model reads it: what is not trusted stands between fences that its own text cannot hold, since they
    /// carry its digest.
    fn shown(&self) -> String {
        let bare = matches!(self.layer, Layer::House | Layer::Stack | Layer::Task) && self.trust == Trust::Trusted;
        if bare {
            return self.text.clone();
        }
        let title = format!("{} ({})", attribute(&self.name), attribute(&self.source));
        match &self.trust {
            Trust::Trusted => format!("# {title}\n\n{}", self.text),
            Trust::Untrusted { why } => {
                let fence = self.digest.short();
                let why = attribute(why);
                format!("{title}, not to be trusted ({why}):\n<data {fence}>\n{}\n</data {fence}>", self.text)
            }
        }
    }
}

/// A name as part of a heading: one line, without the signs that fences are made of.
fn attribute(text: &str) -> String {
    visible_line(text, 200).replace(['<', '>'], "'")
}
