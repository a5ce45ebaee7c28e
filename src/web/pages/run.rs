//! One run: where it came from, what it saw, what it did, what it left, what it cost, why it ended.

use askama::Template;

use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::parts::approval::ApprovalRow;
use crate::web::parts::badge::Mark;
use crate::web::parts::digest::Mono;
use crate::web::parts::effect::Outcome;
use crate::web::parts::person::Who;
use crate::web::parts::time::When;
use crate::web::parts::transcript::TranscriptRow;

/// `/runs/{id}`
#[derive(Template)]
#[template(path = "pages/run.html")]
pub struct RunPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// The id.
    pub id: String,
    /// The short id.
    pub short: String,
    /// What it was asked to do.
    pub title: String,
    /// Its state.
    pub mark: Mark,
    /// Whether it lives: its transcript streams.
    pub live: bool,
    /// Why it ended, in a sentence; empty while it lives.
    pub reason: String,
    /// The code of the reason.
    pub reason_code: String,
    /// Which stack.
    pub stack: String,
    /// The address of the stack's file at the commit that was used.
    pub stack_href: String,
    /// Which rule, or that a person dispatched it.
    pub cause: String,
    /// Who stands behind it.
    pub who: Who,
    /// The issue, pull request, branch or check: address and words.
    pub source: Option<(String, String)>,
    /// When it was queued.
    pub when: When,
    /// How long it took, or takes so far.
    pub took: String,
    /// Tokens that went in.
    pub tokens_in: String,
    /// Tokens that came out.
    pub tokens_out: String,
    /// How many steps.
    pub steps: String,
    /// What it cost, when that is known.
    pub cost: String,
    /// The attempt that is shown.
    pub attempt: u32,
    /// All attempts.
    pub attempts: Vec<AttemptRow>,
    /// Snapshots: name, value, address.
    pub snapshots: Vec<Snapshot>,
    /// Parts of the context, in the order that the agent was shown them.
    pub context: Vec<ContextPart>,
    /// The transcript so far.
    pub transcript: Vec<TranscriptRow>,
    /// Says that earlier rows were left out.
    pub transcript_note: String,
    /// Effects that were proposed.
    pub effects: Vec<EffectLine>,
    /// What the agent said it did; its own words.
    pub summary: String,
    /// Approvals that were asked.
    pub approvals: Vec<ApprovalRow>,
    /// Whether the person may cancel it now.
    pub may_cancel: bool,
    /// Whether the person may retry it now.
    pub may_retry: bool,
}

/// One attempt of a run.
#[derive(Clone, Debug)]
pub struct AttemptRow {
    /// Its number, counted from 1.
    pub number: u32,
    /// Its address.
    pub href: String,
    /// Its state.
    pub mark: Mark,
    /// `first`, `retry`, `resume`, `fork`.
    pub kind: String,
    /// When it began.
    pub when: When,
    /// How long it took.
    pub took: String,
}

/// Something that was frozen when the run began.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Its name: `code`, `config`, `policy`, `context`.
    pub name: &'static str,
    /// Its commit or digest.
    pub id: Mono,
    /// Where to see it.
    pub href: Option<String>,
}

/// One part of what the agent was shown.
#[derive(Clone, Debug)]
pub struct ContextPart {
    /// What it is: `stack prompt`.
    pub name: String,
    /// Where it came from.
    pub source: String,
    /// How many bytes.
    pub size: String,
    /// Its digest.
    pub digest: Mono,
    /// Its text, when it is kept.
    pub text: crate::web::parts::html::Html,
}

/// One effect in a run's list.
#[derive(Clone, Debug)]
pub struct EffectLine {
    /// `Open a pull request`.
    pub title: String,
    /// A symbol of `static/icons.svg`.
    pub icon: &'static str,
    /// Its digest.
    pub digest: Mono,
    /// Where it stands.
    pub mark: Mark,
    /// What policy said, and by which rule.
    pub verdict: String,
    /// The approval that decides on it.
    pub approval_href: Option<String>,
    /// What became of it.
    pub outcome: Option<Outcome>,
}
