//! Secrets that people named for their stacks, and which stack may use which.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::AccountId;
use crate::model::GrantId;
use crate::model::RepoId;
use crate::model::SecretId;

/// Who keeps a secret: its administrators say what it is and who may use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Keeper {
    /// The whole server.
    Server,
    /// An organisation, or a person with repositories.
    Owner(AccountId),
    /// One repository.
    Repository(RepoId),
}

/// The name of a secret: what a stack writes under `secrets`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SecretName(String);

/// A secret as people see it: everything but its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its id.
    pub id: SecretId,
    /// Who keeps it.
    pub keeper: Keeper,
    /// Its name.
    pub name: SecretName,
    /// Who set the value.
    pub set_by: String,
    /// When.
    pub set_at: Timestamp,
    /// When it was used last.
    pub used_at: Option<Timestamp>,
}

/// That a stack may use a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// The secret.
    pub secret: SecretId,
    /// To whom, and for what.
    pub to: Granted,
    /// Who granted it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// To whom a secret is granted, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The repository whose runs may use it. None grants it to the organisation's own stack of this name, in every
    /// repository of the organisation; a repository's stack of the same name is another one.
    pub repo: Option<RepoId>,
    /// The stack.
    pub stack: String,
    /// Where the stack sent the secret when it was granted. Elsewhere it is not sent.
    pub uses: Vec<String>,
}

/// Who asks for secrets: a stack in a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumer {
    /// The repository of the run.
    pub repo: RepoId,
    /// Its owner.
    pub owner: AccountId,
    /// The stack's name.
    pub stack: String,
    /// Whether the organisation's files describe the stack.
    pub of_organisation: bool,
}

/// How a secret stands for a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody keeps a secret of this name.
    Absent,
    /// It is there, and not granted to the stack.
    Ungranted(Keeper),
    /// It is granted for these uses.
    Granted {
        /// The secret.
        secret: SecretId,
        /// Who keeps it.
        keeper: Keeper,
        /// Where it may be sent.
        uses: Vec<String>,
    },
}

/// The longest name.
const LONGEST: usize = 48;

impl Granted {
    /// Whether it is meant for this consumer.
    pub fn is_for(&self, consumer: &Consumer) -> bool {
        let place = match self.repo {
            Some(repo) => repo == consumer.repo,
            None => consumer.of_organisation,
        };
        place && self.stack == consumer.stack
    }
}

impl Consumer {
    /// Who may keep a secret for it, the nearest first.
    pub(super) fn keepers(&self) -> [Keeper; 3] {
        [Keeper::Repository(self.repo), Keeper::Owner(self.owner), Keeper::Server]
    }
}

impl SecretName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SecretName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let starts = text.starts_with(|c: char| c.is_ascii_alphabetic());
        if starts && text.len() <= LONGEST && text.chars().all(word) {
            return Ok(Self(text.to_owned()));
        }
        Err(Error::invalid(format!(
            "The name of a secret has up to {LONGEST} letters, digits, `_` and `-`, and starts with a letter"
        ))
        .field("name")
        .hint("write a name such as `DOCS_TOKEN`"))
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server => f.write_str("server"),
            Self::Owner(id) => write!(f, "owner/{id}"),
            Self::Repository(id) => write!(f, "repository/{id}"),
        }
    }
}

impl FromStr for Keeper {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once('/') {
            None if text == "server" => Ok(Self::Server),
            Some(("owner", id)) => id.parse().map(Self::Owner),
            Some(("repository", id)) => id.parse().map(Self::Repository),
            _ => Err(Error::internal(format!("`{text}` keeps no secrets"))),
        }
    }
}
