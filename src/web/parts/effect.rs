//! One effect with every byte of its payload: what a person decides on.
//!
//! Everything here is made from the effect's bytes. What the agent says about it stands elsewhere on the page.

use crate::approvals;
use crate::kit::clock::Timestamp;
use crate::model::EffectKind;
use crate::proposals;
use crate::web::parts::badge::Mark;
use crate::web::parts::diff::DiffFile;
use crate::web::parts::digest::Mono;
use crate::web::parts::html::Html;
use crate::web::parts::time::When;

/// One effect.
#[derive(Clone, Debug)]
pub struct EffectView {
    /// `Open a pull request`.
    pub title: Html,
    /// A symbol of `static/icons.svg`.
    pub icon: &'static str,
    /// What a decision names.
    pub digest: Mono,
    /// What was looked at: a decision stores it.
    pub view: Mono,
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
    pub name: String,
    /// Its value.
    pub value: Html,
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

impl EffectView {
    /// An effect with every byte, as `proposals` shows it, and what people and the forge made of it.
    pub fn of(
        proposed: &proposals::Proposed,
        view: &proposals::View,
        asked: Option<&approvals::Asked>,
        outcome: Option<Outcome>,
        now: Timestamp,
    ) -> Self {
        let fact = |fact: &proposals::Fact| Fact {
            name: capitalised(fact.name),
            value: Html::sentence_shown(&fact.value),
            loud: fact.warns,
        };
        let verdict = proposed.new.verdict.as_str();
        Self {
            title: Html::sentence_shown(&view.title),
            icon: icon(proposed.new.effect.kind()),
            digest: Mono::from(&proposed.digest),
            view: Mono::from(&view.digest()),
            mark: asked.map_or_else(|| by_policy(verdict), |asked| Mark::approval(asked.state.as_str())),
            open: asked.is_some_and(|asked| asked.state == approvals::AskedState::Open && now < asked.expires),
            verdict: Mark::verdict(verdict),
            rule: proposed.new.because.clone(),
            facts: view.facts.iter().map(fact).collect(),
            pieces: view.parts.iter().map(Piece::of).collect(),
            decisions: asked.map(|asked| decisions(asked, now)).unwrap_or_default(),
            outcome,
        }
    }
}

impl Piece {
    fn of(part: &proposals::Part) -> Self {
        match part {
            proposals::Part::Text { name, text } => {
                let markdown = if *name == "body" { " (Markdown)" } else { "" };
                Self::Text { name: format!("{}{markdown}", capitalised(name)), text: Html::shown(text) }
            }
            proposals::Part::File(file) => Self::File(Box::new(DiffFile::of_view(file))),
        }
    }
}

fn decisions(asked: &approvals::Asked, now: Timestamp) -> Vec<DecisionLine> {
    let line = |said: &approvals::Decision| DecisionLine {
        mark: Mark::approval(match said.given {
            approvals::Given::Approve => "approved",
            approvals::Given::Deny => "denied",
        }),
        who: said.login.clone(),
        reason: said.reason.clone(),
        when: When::new(said.at, now),
    };
    asked.decisions.iter().map(line).collect()
}

/// Where an effect stands that nobody was asked about.
pub fn by_policy(verdict: &str) -> Mark {
    match verdict {
        "allow" => Mark::approval("allowed"),
        _ => Mark::new("bad", "shield", "Denied by policy"),
    }
}

/// What an effect of this kind does.
pub fn verb(kind: EffectKind) -> &'static str {
    match kind {
        EffectKind::Comment => "Comment",
        EffectKind::Review => "Review",
        EffectKind::Push => "Push",
        EffectKind::PullRequest => "Open a pull request",
        EffectKind::CheckRerun => "Run a check again",
        EffectKind::Labels => "Change labels",
        EffectKind::Issue => "Open an issue",
        EffectKind::Memory => "Change the company brain",
    }
}

/// The symbol of this kind.
pub fn icon(kind: EffectKind) -> &'static str {
    match kind {
        EffectKind::Comment | EffectKind::Review => "comment",
        EffectKind::Push => "push",
        EffectKind::PullRequest => "pull",
        EffectKind::CheckRerun => "check",
        EffectKind::Labels => "label",
        EffectKind::Issue => "issue",
        EffectKind::Memory => "book",
    }
}

fn capitalised(word: &str) -> String {
    let mut rest = word.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}
