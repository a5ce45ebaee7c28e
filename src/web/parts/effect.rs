//! One effect with every byte of its payload: what a person decides on.
//!
//! Everything here is made from the effect's bytes. What the agent says about it stands elsewhere on the page.

use crate::web::parts::badge::Mark;
use crate::web::parts::diff::DiffFile;
use crate::web::parts::digest::Mono;
use crate::web::parts::html::Html;
use crate::web::parts::time::When;

/// One effect.
#[derive(Clone, Debug)]
pub struct EffectView {
    /// `Open a pull request`.
    pub title: String,
    /// A symbol of `static/icons.svg`.
    pub icon: &'static str,
    /// What a decision names.
    pub digest: Mono,
    /// Where it stands.
    pub mark: Mark,
    /// Whether it waits for a decision.
    pub open: bool,
    /// What policy said.
    pub verdict: Mark,
    /// Which rule said so.
    pub rule: String,
    /// Facts that we computed: target, expected state, sizes, modes.
    pub facts: Vec<Fact>,
    /// The payload, piece by piece.
    pub pieces: Vec<Piece>,
    /// Who decided, and why.
    pub decisions: Vec<DecisionLine>,
    /// What became of it on the forge.
    pub outcome: Option<Outcome>,
}

/// One computed fact.
#[derive(Clone, Debug)]
pub struct Fact {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: Html,
    /// Where it leads, when it does.
    pub href: Option<String>,
    /// Whether it deserves a second look.
    pub loud: bool,
}

/// One piece of a payload.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Text, every byte of it.
    Text {
        /// What it is: `Comment (Markdown)`.
        name: String,
        /// Its bytes, counted.
        size: String,
        /// The text.
        text: Html,
    },
    /// A file that changes.
    File(Box<DiffFile>),
}

/// What one person said.
#[derive(Clone, Debug)]
pub struct DecisionLine {
    /// What they said.
    pub mark: Mark,
    /// Who.
    pub who: String,
    /// Why.
    pub reason: String,
    /// When.
    pub when: When,
}

/// What became of an effect on the forge.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// In a word.
    pub mark: Mark,
    /// In a sentence.
    pub text: String,
    /// The thing that was written.
    pub href: Option<String>,
}
