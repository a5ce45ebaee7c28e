//! Scopes: what a token may do of the things that its person may do. Gitea's names are taken too.

use crate::kit::Error;
use crate::kit::Result;
use crate::kit::text;

/// A part of what a person may do. Every scope lets its token read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// See what the person sees.
    Read,
    /// Push, merge, open pull requests, post statuses, edit files.
    WriteRepository,
    /// Open, edit, label and comment issues and pull requests.
    WriteIssue,
    /// Decide on effects.
    Approve,
    /// Start and steer runs.
    Dispatch,
    /// Change settings of repositories, organisations, the account and the server.
    Admin,
}

/// The word that grants every scope.
pub const ALL_SCOPES: &str = "all";

/// The word of a token that only opens feeds. It grants no scope: no other door knows it.
pub const FEED_SCOPE: &str = "feed";

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 6] =
        [Self::Read, Self::WriteRepository, Self::WriteIssue, Self::Approve, Self::Dispatch, Self::Admin];

    /// The word on pages and in APIs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::WriteRepository => "write:repository",
            Self::WriteIssue => "write:issue",
            Self::Approve => "approve",
            Self::Dispatch => "dispatch",
            Self::Admin => "admin",
        }
    }

    /// Whether a token with these words has this scope. A word that we do not know grants nothing.
    pub fn is_granted_by(self, words: &[String]) -> bool {
        words.iter().any(|word| match granted(word) {
            Some(Granted::Everything) => true,
            Some(Granted::One(scope)) => scope == self || self == Self::Read,
            None => false,
        })
    }
}

enum Granted {
    Everything,
    One(Scope),
}

fn granted(word: &str) -> Option<Granted> {
    let scope = match word {
        ALL_SCOPES => return Some(Granted::Everything),
        "write:user" | "write:organization" | "write:admin" => Scope::Admin,
        "read:repository" | "read:issue" | "read:user" | "read:organization" | "read:admin" => Scope::Read,
        _ => return Scope::ALL.into_iter().find(|scope| scope.as_str() == word).map(Granted::One),
    };
    Some(Granted::One(scope))
}

/// Checks the words that a new token is to have: at least one, and each one known.
pub fn check(words: &[String]) -> Result<()> {
    let hint = "scopes are `read`, `write:repository`, `write:issue`, `approve`, `dispatch`, `admin` and `all`";
    if words.is_empty() {
        return Err(Error::invalid("A token needs at least one scope").hint(hint).field("scopes"));
    }
    match words.iter().find(|word| granted(word).is_none()) {
        Some(word) => {
            Err(Error::invalid(format!("`{}` is not a scope", text::visible_line(word, 40))).hint(hint).field("scopes"))
        }
        None => Ok(()),
    }
}
