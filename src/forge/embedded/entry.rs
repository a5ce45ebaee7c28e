//! The conversation of an issue or pull request: comments, reviews, and what is only said.

use crate::forge::embedded::issue::Author;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::digest::Digest;
use crate::model::CommitId;
use crate::model::event;

/// One thing in the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id among everything in the repository; later ones are greater.
    pub id: i64,
    /// The issue or pull request.
    pub number: i64,
    /// What it is.
    pub kind: EntryKind,
    /// The comment's Markdown; for other kinds the words that complete the sentence, such as a label's name.
    pub body: String,
    /// Who.
    pub author: Author,
    /// The judgement, when it is a review.
    pub review: Option<Review>,
    /// When.
    pub created: Timestamp,
    /// When it was last edited, if it was.
    pub edited: Option<Timestamp>,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// Somebody wrote something.
    Comment,
    /// Somebody judged the changes.
    Review,
    /// A label was put on.
    Labelled,
    /// A label was taken off.
    Unlabelled,
    /// It was closed.
    Closed,
    /// It was opened again.
    Reopened,
    /// Its title changed.
    Renamed,
    /// The branch with the changes moved.
    Pushed,
    /// It was merged.
    Merged,
    /// Somebody is to look after it, or no longer.
    Assigned,
    /// It went into a milestone or out of one.
    Milestoned,
    /// Somebody said that it is a draft, or that it is ready.
    Drafted,
    /// A review was asked for, or no longer.
    Asked,
    /// What a run or a rule did about it; the words come from the engine.
    Note,
}

/// A judgement about the changes of a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// The judgement.
    pub state: ReviewState,
    /// The head that was judged.
    pub sha: CommitId,
    /// How many lines it speaks about.
    pub lines: i64,
    /// Who took it off the table, if somebody did.
    pub dismissed: Option<Dismissal>,
}

/// Who took a judgement off the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dismissal {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Author,
    /// Why.
    pub message: String,
}

/// The judgement of a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewState {
    /// Good to merge.
    Approved,
    /// Not before something changes.
    ChangesRequested,
    /// Only words.
    Commented,
}

/// An earlier text of something that was edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What it said before.
    pub body: String,
    /// Who changed it.
    pub editor: String,
    /// When.
    pub at: Timestamp,
}

impl EntryKind {
    const ALL: [Self; 14] = [
        Self::Comment,
        Self::Review,
        Self::Labelled,
        Self::Unlabelled,
        Self::Closed,
        Self::Reopened,
        Self::Renamed,
        Self::Pushed,
        Self::Merged,
        Self::Assigned,
        Self::Milestoned,
        Self::Drafted,
        Self::Asked,
        Self::Note,
    ];

    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Review => "review",
            Self::Labelled => "labelled",
            Self::Unlabelled => "unlabelled",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
            Self::Renamed => "renamed",
            Self::Pushed => "pushed",
            Self::Merged => "merged",
            Self::Assigned => "assigned",
            Self::Milestoned => "milestoned",
            Self::Drafted => "drafted",
            Self::Asked => "asked",
            Self::Note => "note",
        }
    }
}

impl std::str::FromStr for EntryKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| Error::invalid("This is no kind of entry"))
    }
}

impl ReviewState {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::ChangesRequested => "changes_requested",
            Self::Commented => "commented",
        }
    }
}

impl std::str::FromStr for ReviewState {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "approved" => Ok(Self::Approved),
            "changes_requested" => Ok(Self::ChangesRequested),
            "commented" => Ok(Self::Commented),
            _ => Err(Error::invalid("A review is `approved`, `changes_requested` or `commented`").field("event")),
        }
    }
}

impl Entry {
    /// The digest of its text: it changes with an edit.
    pub fn body_digest(&self) -> Digest {
        Digest::of("forgehand/text/v1", &[self.body.as_bytes()])
    }

    /// As an event shows a comment.
    pub fn as_event(&self) -> event::Comment {
        event::Comment {
            id: self.id.to_string(),
            author: self.author.login.to_string(),
            body: self.body.clone(),
            lines: None,
        }
    }
}
