//! A typed entry of the brain, after its header was read and every value proved to be one.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::memory::citation::Citation;
use crate::memory::day::Day;
use crate::memory::record_id::RecordId;

/// A record.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its name, which never changes.
    pub id: RecordId,
    /// Its kind, as the ontology names it: `Runbook`.
    pub kind: String,
    /// For people.
    pub title: String,
    /// Where it stands, in the words of its kind.
    pub status: String,
    /// Who looks after it: `team:…` or `person:…`, or `@login`.
    pub owners: Vec<String>,
    /// When somebody last went over it.
    pub updated: Day,
    /// Other names.
    pub aliases: Vec<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Repositories that it is about: `owner/name`; empty for all.
    pub repos: Vec<String>,
    /// Where it comes from, in free words or addresses.
    pub sources: Vec<String>,
    /// Who may be shown it.
    pub sensitivity: Sensitivity,
    /// The lines that it leans on.
    pub cites: Vec<Citation>,
    /// When somebody has to look at it again.
    pub review: Option<Day>,
    /// Names and values, of a core record.
    pub facts: BTreeMap<String, String>,
    /// The run that left it, of an episode.
    pub run: Option<String>,
    /// Commits that the run made, of an episode.
    pub commits: Vec<String>,
    /// What shows that it holds, of a pattern.
    pub evidence: Vec<String>,
    /// How sure it is, from 0 to 1, of a pattern.
    pub confidence: Option<f64>,
    /// The day after which it no longer counts.
    pub expires: Option<Day>,
}

/// An edge from one record to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edge {
    /// Where it starts.
    pub from: RecordId,
    /// Its kind, as the ontology names it: `depends_on`.
    pub kind: String,
    /// Where it leads.
    pub to: RecordId,
}

/// Who may be shown a record. What is hidden from a caller is left out and counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Sensitivity {
    /// Anybody who may read the brain, and agents.
    #[default]
    Normal,
    /// Anybody who may read the brain; agents whose stack asks for it.
    Internal,
    /// People with write access; never agents.
    Restricted,
}

impl Sensitivity {
    /// The word in files and pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Internal => "internal",
            Self::Restricted => "restricted",
        }
    }
}
