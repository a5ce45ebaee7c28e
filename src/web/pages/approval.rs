//! One approval: every byte of its effects, and the decision.
//!
//! What is above the agent's words is a pure function of the effects' bytes, so that prose cannot change what is seen.

use askama::Template;

use crate::web::frame::Frame;
use crate::web::parts::badge::Mark;
use crate::web::parts::effect::EffectView;
use crate::web::parts::html::Html;
use crate::web::parts::person::Who;
use crate::web::parts::time::When;

/// `/approvals/{id}`
#[derive(Template)]
#[template(path = "pages/approval.html")]
pub struct ApprovalPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The id.
    pub id: String,
    /// `Open a pull request and comment`.
    pub title: String,
    /// Its state.
    pub mark: Mark,
    /// Whether this person can decide on it now.
    pub may_decide: bool,
    /// Why not, in a sentence; empty when they can.
    pub why_not: String,
    /// `owner/name`.
    pub repo: String,
    /// The issue or pull request: address and words.
    pub source: Option<(String, String)>,
    /// The run: address and short id.
    pub run: (String, String),
    /// Which stack asks.
    pub stack: String,
    /// Who stands behind the run.
    pub requester: Who,
    /// Who may decide: `one person who may write, but not ada`.
    pub asked: String,
    /// When it was asked.
    pub when: When,
    /// When it expires.
    pub expires: When,
    /// The effects, in order.
    pub effects: Vec<EffectView>,
    /// What the agent says about them.
    pub words: Html,
}

impl ApprovalPage {
    /// How many effects wait.
    pub fn waiting(&self) -> usize {
        self.effects.iter().filter(|effect| effect.open).count()
    }
}
