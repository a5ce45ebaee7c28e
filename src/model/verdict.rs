//! What policy says of an effect.

use serde::Deserialize;
use serde::Serialize;

/// Ordered from loose to tight: the tightest of several verdicts is their maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Applied without a person.
    Allow,
    /// A person decides.
    Ask,
    /// Never applied.
    Deny,
}

impl Verdict {
    /// The word in files, pages and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}
