//! Which entries count for an asker: what is asked for, what is in scope, and what is hidden.

use crate::catalog::Pattern;
use crate::memory::Sensitivity;
use crate::memory::index::Bits;
use crate::memory::index::Facet;
use crate::memory::index::Part;
use crate::memory::index::View;
use crate::memory::query::Query;

/// What somebody may be shown. What is hidden is left out of answers and of the weights of words, and counted.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The most sensitive records that are shown.
    pub sensitivity: Sensitivity,
    /// Paths that are hidden.
    pub exclude: Vec<Pattern>,
    /// Kinds that are in scope; empty for all.
    pub kinds: Vec<String>,
    /// Paths that are in scope; empty for all.
    pub paths: Vec<Pattern>,
}

impl Default for Scope {
    /// What agents are shown when nothing else is said.
    fn default() -> Self {
        Self { sensitivity: Sensitivity::Normal, exclude: Vec::new(), kinds: Vec::new(), paths: Vec::new() }
    }
}

impl Scope {
    /// Everything: for somebody who may read the repository itself.
    pub fn everything() -> Self {
        Self { sensitivity: Sensitivity::Restricted, ..Self::default() }
    }
}

/// For one segment: entries that may be shown, those of them that are asked for, and those that would be but are hidden.
pub(super) struct Allowed {
    pub visible: Bits,
    pub wanted: Bits,
    pub hidden: Bits,
}

/// For each part of a view, who counts.
pub(super) fn allowed(view: &View, query: &Query, scope: &Scope) -> Vec<Allowed> {
    view.parts.iter().map(|part| of_part(part, query, scope)).collect()
}

fn of_part(part: &Part, query: &Query, scope: &Scope) -> Allowed {
    let mut shown = part.live.clone();
    // What stands for an unread file or for loose edges is no answer.
    shown.less(&any_of(part, Facet::Kind, &["Unread", "Edges"]));
    let mut hidden = by_path(part, &scope.exclude);
    let too_sensitive: Vec<&str> = [Sensitivity::Internal, Sensitivity::Restricted]
        .into_iter()
        .filter(|sensitivity| *sensitivity > scope.sensitivity)
        .map(Sensitivity::as_str)
        .collect();
    hidden.join(&any_of(part, Facet::Sensitivity, &too_sensitive));
    let mut visible = shown.clone();
    visible.less(&hidden);
    let mut wanted = shown;
    for (facet, values) in [
        (Facet::Kind, &scope.kinds),
        (Facet::Kind, &query.kinds),
        (Facet::Status, &query.statuses),
        (Facet::Owner, &query.owners),
        (Facet::Repo, &query.repos),
    ] {
        narrow(&mut wanted, part, facet, values);
    }
    narrow(&mut wanted, part, Facet::Tag, &query.tags.iter().map(|tag| tag.to_lowercase()).collect::<Vec<_>>());
    narrow(
        &mut wanted,
        part,
        Facet::Class,
        &query.classes.iter().map(|class| class.as_str().to_owned()).collect::<Vec<_>>(),
    );
    for patterns in [&scope.paths, &query.paths] {
        if !patterns.is_empty() {
            wanted.meet(&by_path(part, patterns));
        }
    }
    hidden.meet(&wanted);
    wanted.meet(&visible);
    Allowed { visible, wanted, hidden }
}

fn narrow(wanted: &mut Bits, part: &Part, facet: Facet, values: &[String]) {
    if !values.is_empty() {
        wanted.meet(&any_of(part, facet, &values.iter().map(String::as_str).collect::<Vec<_>>()));
    }
}

fn any_of(part: &Part, facet: Facet, values: &[&str]) -> Bits {
    let mut found = Bits::new(part.segment.len(), false);
    for value in values {
        if let Some(rank) = part.segment.rank(&facet.term(value)) {
            part.segment.each_posting(rank, |entry, _, _| found.set(entry));
        }
    }
    found
}

/// Entries whose paths match one of the patterns. Paths that start otherwise than a pattern are not looked at.
fn by_path(part: &Part, patterns: &[Pattern]) -> Bits {
    let mut found = Bits::new(part.segment.len(), false);
    for pattern in patterns {
        let literal = pattern.as_str().split(['*', '?', '[', '{', '\\']).next().unwrap_or_default();
        for rank in part.segment.ranks_from(&Facet::Path.term(literal)) {
            let path = Facet::Path.value(part.segment.term(rank)).unwrap_or_default();
            if pattern.matches(path) {
                part.segment.each_posting(rank, |entry, _, _| found.set(entry));
            }
        }
    }
    found
}
