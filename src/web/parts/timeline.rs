//! What was said and what happened on an issue or a pull request, in order.

use crate::web::parts::badge::Mark;
use crate::web::parts::html::Html;
use crate::web::parts::person::Who;
use crate::web::parts::time::When;

/// One thing on a timeline.
#[derive(Clone, Debug)]
pub enum Moment {
    /// Somebody said something.
    Said(Said),
    /// Something happened.
    Happened(Happened),
}

/// An opening text or a comment.
#[derive(Clone, Debug)]
pub struct Said {
    /// An anchor.
    pub anchor: String,
    /// Who said it.
    pub who: Who,
    /// `opened this`, `commented`.
    pub verb: &'static str,
    /// When.
    pub when: When,
    /// Whether it was edited since.
    pub edited: bool,
    /// What they said.
    pub body: Html,
    /// The run whose approved effect this is: its address and short id.
    pub run: Option<(String, String)>,
}

/// Something that happened: a state, a label, a push, a run.
#[derive(Clone, Debug)]
pub struct Happened {
    /// Its icon and tone.
    pub mark: Mark,
    /// Who did it.
    pub who: Option<Who>,
    /// What, in words.
    pub text: String,
    /// Where it leads: an address and its words.
    pub link: Option<(String, String)>,
    /// More, in a second line: a reason.
    pub more: String,
    /// When.
    pub when: When,
}
