//! What an index keeps of an entry beside its terms: enough to answer with, to walk its edges, and to tell it stale.

use serde::Deserialize;
use serde::Serialize;

use crate::memory::Class;
use crate::memory::Edge;
use crate::memory::Entry;
use crate::memory::Sensitivity;

/// An entry in an index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// The path of its file.
    pub path: String,
    /// The blob of its file.
    pub blob: String,
    /// First and last line.
    pub lines: (u32, u32),
    /// The first line of its text.
    pub text_from: u32,
    /// What sort of thing it is.
    pub class: Class,
    /// Its id; none for a note.
    pub id: Option<String>,
    /// Its kind; `Note` for a note.
    pub kind: String,
    /// For people.
    pub title: String,
    /// Where it stands; none for a note.
    pub status: Option<String>,
    /// Who looks after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<String>,
    /// When somebody last went over it.
    pub updated: Option<String>,
    /// When somebody has to look again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<String>,
    /// After which it no longer counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// Other names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Repositories that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repos: Vec<String>,
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// The lines that it leans on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cites: Vec<String>,
    /// Who may be shown it.
    pub sensitivity: Sensitivity,
    /// The run that left it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Edges that stand in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edges: Vec<Edge>,
    /// Lines of headings in its text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headings: Vec<u32>,
}

impl Kept {
    /// What is kept of an entry.
    pub fn of(path: &str, blob: &str, entry: &Entry) -> Self {
        let record = entry.record.as_ref();
        let day = |day: Option<crate::memory::Day>| day.map(|day| day.to_string());
        let list = |of: fn(&crate::memory::Record) -> &Vec<String>| record.map(of).cloned().unwrap_or_default();
        Self {
            path: path.to_owned(),
            blob: blob.to_owned(),
            lines: entry.lines,
            text_from: entry.text_from,
            class: entry.class,
            id: record.map(|record| record.id.to_string()),
            kind: record.map_or_else(
                || if entry.edges.is_empty() { "Note" } else { "Edges" }.into(),
                |record| record.kind.clone(),
            ),
            title: entry.title.clone(),
            status: record.map(|record| record.status.clone()),
            owners: list(|record| &record.owners),
            updated: day(record.map(|record| record.updated)),
            review: day(record.and_then(|record| record.review)),
            expires: day(record.and_then(|record| record.expires)),
            aliases: entry.aliases.clone(),
            tags: entry.tags.clone(),
            repos: list(|record| &record.repos),
            sources: list(|record| &record.sources),
            cites: record.map(|record| record.cites.iter().map(ToString::to_string).collect()).unwrap_or_default(),
            sensitivity: record.map(|record| record.sensitivity).unwrap_or_default(),
            run: record.and_then(|record| record.run.clone()),
            edges: entry.edges.clone(),
            headings: entry.headings.iter().map(|heading| heading.line).collect(),
        }
    }

    /// Where it stands, as a citation writes it: `path#L3-L9`.
    pub fn place(&self) -> String {
        format!("{}#L{}-L{}", self.path, self.lines.0, self.lines.1)
    }
}
