//! Issues and pull requests: they share numbers, texts, labels and conversation, so a pull request is an issue with a
//! branch to merge.

use crate::forge::embedded::label::Label;
use crate::forge::embedded::milestone::Milestone;
use crate::forge::embedded::pull::Pull;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::digest::Digest;
use crate::model::AccountId;
use crate::model::OwnerName;
use crate::model::event;

/// Who wrote something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// Their account.
    pub account: AccountId,
    /// Their name when they wrote it.
    pub login: OwnerName,
    /// The person who asked for it, when our own hand wrote it.
    pub behalf: Option<String>,
}

/// Whether somebody still has to do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Yes.
    Open,
    /// No: done, dropped or merged.
    Closed,
}

/// An issue, or a pull request when `pull` is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Its number in the repository.
    pub number: i64,
    /// Its id among everything in the repository.
    pub id: i64,
    /// Its title, as it was written: pages show invisible characters as escapes.
    pub title: String,
    /// Its opening text, Markdown.
    pub body: String,
    /// Who opened it.
    pub author: Author,
    /// Whether it is open.
    pub state: State,
    /// Its labels, by name.
    pub labels: Vec<Label>,
    /// Who is to look after it.
    pub assignees: Vec<Author>,
    /// The milestone that it belongs to.
    pub milestone: Option<Milestone>,
    /// How many comments it has.
    pub comments: i64,
    /// What makes it a pull request.
    pub pull: Option<Pull>,
    /// When it was opened.
    pub created: Timestamp,
    /// When something about it last changed.
    pub updated: Timestamp,
    /// When it was closed, if it is.
    pub closed: Option<Timestamp>,
}

/// An issue to open.
#[derive(Clone, Debug, Default)]
pub struct NewIssue {
    /// Its title.
    pub title: String,
    /// Its opening text, Markdown.
    pub body: String,
    /// Names of labels that the repository knows.
    pub labels: Vec<String>,
    /// Names of people who are to look after it.
    pub assignees: Vec<String>,
    /// The milestone that it belongs to.
    pub milestone: Option<i64>,
}

/// What is to change of an issue or a pull request; none leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct IssueChange {
    /// Its title.
    pub title: Option<String>,
    /// Its opening text.
    pub body: Option<String>,
    /// The digest of the opening text that was edited: the edit is refused when it is another one by now.
    pub seen: Option<Digest>,
    /// Whether it is open.
    pub state: Option<State>,
    /// The milestone; zero takes it out of the one that it is in.
    pub milestone: Option<i64>,
    /// Names of everybody who is to look after it.
    pub assignees: Option<Vec<String>>,
    /// The branch that a pull request is to be merged into.
    pub base: Option<crate::model::BranchName>,
}

impl State {
    /// The word in addresses, answers and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

impl std::str::FromStr for State {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "open" => Ok(Self::Open),
            "closed" => Ok(Self::Closed),
            _ => Err(Error::invalid("A state is `open` or `closed`").field("state")),
        }
    }
}

impl Issue {
    /// The digest of the opening text: what an approval of something that quotes it depends on.
    pub fn body_digest(&self) -> Digest {
        Digest::of("forgehand/text/v1", &[self.body.as_bytes()])
    }

    /// `open`, `closed` or `merged`.
    pub fn state_name(&self) -> &'static str {
        match &self.pull {
            Some(pull) if pull.merged.is_some() => "merged",
            _ => self.state.as_str(),
        }
    }

    /// As an event shows an issue.
    pub fn as_event(&self) -> event::Issue {
        event::Issue {
            number: self.number,
            title: self.title.clone(),
            body: self.body.clone(),
            state: self.state.as_str().into(),
            author: self.author.login.to_string(),
            labels: self.label_names(),
        }
    }

    /// As an event shows a pull request; none when it is an issue.
    pub fn as_pull_event(&self) -> Option<event::Pull> {
        let pull = self.pull.as_ref()?;
        Some(event::Pull {
            number: self.number,
            title: self.title.clone(),
            body: self.body.clone(),
            state: self.state_name().into(),
            author: self.author.login.to_string(),
            labels: self.label_names(),
            base: event::Tip { branch: pull.base_branch.clone(), sha: pull.base_sha.clone() },
            head: event::Tip { branch: pull.head_branch.clone(), sha: pull.head_sha.clone() },
            fork: pull.fork,
        })
    }

    /// Both forms, of which an event carries one.
    pub fn as_either(&self) -> (Option<event::Issue>, Option<event::Pull>) {
        match self.as_pull_event() {
            Some(pull) => (None, Some(pull)),
            None => (Some(self.as_event()), None),
        }
    }

    /// Names of its labels, sorted.
    pub fn label_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.labels.iter().map(|label| label.name.clone()).collect();
        names.sort();
        names
    }
}
