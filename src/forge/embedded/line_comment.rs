//! What a review says about lines, and the conversations that follow from it.

use crate::forge::embedded::issue::Author;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::digest::Digest;
use crate::model::CommitId;
use crate::model::effect::LineWords;
use crate::model::event;

/// A word about some lines of a pull request, as they were seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineComment {
    /// Its id among everything in the repository.
    pub id: i64,
    /// The pull request.
    pub number: i64,
    /// The review that it belongs to.
    pub review: i64,
    /// The word that began the conversation; none when this one does.
    pub thread: Option<i64>,
    /// The lines.
    pub lines: Lines,
    /// The head that was looked at.
    pub sha: CommitId,
    /// The part of the difference that leads to the last line, as `git diff` writes it.
    pub hunk: String,
    /// What it says, Markdown.
    pub body: String,
    /// Who.
    pub author: Author,
    /// When.
    pub created: Timestamp,
    /// When it was last edited, if it was.
    pub edited: Option<Timestamp>,
    /// Who said that the conversation is over, if somebody did; only the word that began it says so.
    pub resolved: Option<Resolution>,
    /// Whether only its author sees it, because the review is not sent yet.
    pub pending: bool,
}

/// Who said that a conversation is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Author,
}

/// Lines of one file that stand together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    /// The file, as it is called after the changes.
    pub path: String,
    /// In which of the two files the lines count.
    pub side: LineSide,
    /// The first line, counted from 1.
    pub first: i64,
    /// The last line; the same for one line.
    pub last: i64,
}

/// In which of the two files a line counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LineSide {
    /// After the changes.
    New,
    /// Before them.
    Old,
}

/// A word about lines, to be kept with a review.
#[derive(Clone, Debug)]
pub struct NewLineComment {
    /// What it is about.
    pub about: About,
    /// What it says, Markdown.
    pub body: String,
}

/// What a word is about.
#[derive(Clone, Debug)]
pub enum About {
    /// These lines of the difference: it begins a conversation.
    Lines(Lines),
    /// It answers in the conversation that this word belongs to.
    Conversation(i64),
}

impl From<&LineWords> for NewLineComment {
    fn from(words: &LineWords) -> Self {
        let LineWords { path, line, before, body } = words;
        let side = if *before { LineSide::Old } else { LineSide::New };
        Self { about: About::Lines(Lines::one(path, side, *line)), body: body.clone() }
    }
}

impl LineComment {
    /// The word that began the conversation: this one, or another.
    pub fn conversation(&self) -> i64 {
        self.thread.unwrap_or(self.id)
    }

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
            lines: Some(self.lines.as_event()),
        }
    }
}

impl Lines {
    /// One line.
    pub fn one(path: &str, side: LineSide, line: i64) -> Self {
        Self { path: path.to_owned(), side, first: line, last: line }
    }

    fn as_event(&self) -> event::Lines {
        let Self { path, side, first, last } = self;
        event::Lines { path: path.clone(), side: side.as_str().to_owned(), first: *first, last: *last }
    }
}

/// `src/a.rs:12`, `src/a.rs:12-14`.
impl std::fmt::Display for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_event().fmt(f)
    }
}

impl LineSide {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Old => "old",
        }
    }
}

impl std::str::FromStr for LineSide {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "new" => Ok(Self::New),
            "old" => Ok(Self::Old),
            _ => Err(Error::invalid("A line counts in the `new` or the `old` file").field("side")),
        }
    }
}
