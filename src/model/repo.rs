//! Which repository, and what somebody may do in it.

use std::fmt;

use serde::Deserialize;
use serde::Serialize;

use crate::kit::Error;
use crate::model::id::RepoId;
use crate::model::name::OwnerName;
use crate::model::name::RepoName;

/// A repository: its id, which never changes, and its address as it was when this was made.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RepoRef {
    /// Never changes.
    pub id: RepoId,
    /// Who owns it.
    pub owner: OwnerName,
    /// Its name.
    pub name: RepoName,
}

impl fmt::Display for RepoRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

/// What somebody may do in a repository; each role includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees code, issues, pull requests and runs; comments.
    Read,
    /// Labels, closes and assigns issues and pull requests.
    Triage,
    /// Pushes branches, dispatches runs, decides on effects unless policy asks for more.
    Write,
    /// Merges into protected branches, edits stacks and rules.
    Maintain,
    /// Changes who may do what.
    Admin,
}

impl Role {
    /// All roles, least first.
    pub const ALL: [Self; 5] = [Self::Read, Self::Triage, Self::Write, Self::Maintain, Self::Admin];

    /// The word in files, addresses and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Triage => "triage",
            Self::Write => "write",
            Self::Maintain => "maintain",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Role {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| {
            Error::invalid(format!("`{}` is not a role", crate::kit::text::visible_line(text, 40)))
                .hint("roles are `read`, `triage`, `write`, `maintain` and `admin`")
        })
    }
}
