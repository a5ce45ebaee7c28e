//! What a review says about one line.

use crate::forge::embedded::issue::Author;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::CommitId;

/// A word about one line of a pull request, as it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineComment {
    /// Its id among everything in the repository.
    pub id: i64,
    /// The pull request.
    pub number: i64,
    /// The review that it belongs to.
    pub review: i64,
    /// The file, as it is called after the changes.
    pub path: String,
    /// In which of the two files the line counts.
    pub side: LineSide,
    /// The line, counted from 1.
    pub line: i64,
    /// The head that was looked at.
    pub sha: CommitId,
    /// The part of the difference that leads to the line, as `git diff` writes it.
    pub hunk: String,
    /// What it says, Markdown.
    pub body: String,
    /// Who.
    pub author: Author,
    /// When.
    pub created: Timestamp,
    /// When it was last edited, if it was.
    pub edited: Option<Timestamp>,
}

/// In which of the two files a line counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineSide {
    /// After the changes.
    New,
    /// Before them.
    Old,
}

/// A word about one line, to be kept with a review.
#[derive(Clone, Debug)]
pub struct NewLineComment {
    /// The file, as it is called after the changes.
    pub path: String,
    /// In which of the two files the line counts.
    pub side: LineSide,
    /// The line, counted from 1.
    pub line: i64,
    /// What it says, Markdown.
    pub body: String,
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
