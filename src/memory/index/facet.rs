//! What entries are filtered and walked by, as terms that no text can hold: they start with a byte that no word has.

use crate::memory::index::document::Kept;

/// A facet: a sort of question with a yes-or-no answer for each entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facet {
    /// Its kind.
    Kind,
    /// Its class.
    Class,
    /// Where it stands.
    Status,
    /// A tag of it, in lower case.
    Tag,
    /// Somebody who looks after it.
    Owner,
    /// A repository that it is about.
    Repo,
    /// Its id.
    Id,
    /// The path of its file.
    Path,
    /// A folder that its file lies below.
    Folder,
    /// A record that an edge in it leads to, then the kind of the edge.
    To,
    /// A record that an edge starts from that stands elsewhere than in the record.
    From,
    /// Who may be shown it.
    Sensitivity,
    /// Has what can make it stale: `cites`, `review`, `expires`.
    Ages,
    /// The run that left it.
    Run,
}

impl Facet {
    const fn letter(self) -> char {
        match self {
            Self::Kind => 'k',
            Self::Class => 'c',
            Self::Status => 's',
            Self::Tag => 't',
            Self::Owner => 'o',
            Self::Repo => 'r',
            Self::Id => 'i',
            Self::Path => 'p',
            Self::Folder => 'd',
            Self::To => 'e',
            Self::From => 'f',
            Self::Sensitivity => 'v',
            Self::Ages => 'a',
            Self::Run => 'u',
        }
    }

    /// The term of a value.
    pub fn term(self, value: &str) -> String {
        format!("\u{1}{}{value}", self.letter())
    }

    /// The value of a term of this facet.
    pub fn value(self, term: &str) -> Option<&str> {
        term.strip_prefix('\u{1}')?.strip_prefix(self.letter())
    }
}

/// Stands between a record and the kind of the edge that leads to it.
pub const BETWEEN: char = '\u{2}';

/// Hands on each facet of an entry. One may come twice.
pub fn each(kept: &Kept, mut take: impl FnMut(Facet, &str)) {
    take(Facet::Kind, &kept.kind);
    take(Facet::Class, kept.class.as_str());
    take(Facet::Sensitivity, kept.sensitivity.as_str());
    take(Facet::Path, &kept.path);
    for (at, _) in kept.path.match_indices('/') {
        take(Facet::Folder, &kept.path[..at]);
    }
    kept.status.iter().for_each(|status| take(Facet::Status, status));
    kept.id.iter().for_each(|id| take(Facet::Id, id));
    kept.tags.iter().for_each(|tag| take(Facet::Tag, &tag.to_lowercase()));
    kept.owners.iter().for_each(|owner| take(Facet::Owner, owner));
    kept.repos.iter().for_each(|repo| take(Facet::Repo, repo));
    kept.run.iter().for_each(|run| take(Facet::Run, run));
    for edge in &kept.edges {
        take(Facet::To, &format!("{}{BETWEEN}{}", edge.to, edge.kind));
        if kept.id.as_deref() != Some(edge.from.as_str()) {
            take(Facet::From, edge.from.as_str());
        }
    }
    if !kept.cites.is_empty() {
        take(Facet::Ages, "cites");
    }
    if kept.review.is_some() {
        take(Facet::Ages, "review");
    }
    if kept.expires.is_some() {
        take(Facet::Ages, "expires");
    }
}
