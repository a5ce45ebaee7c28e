//! The neighbourhood of a record in the graph: what its edges lead to, and what leads to it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::VecDeque;

use crate::kit::Result;
use crate::memory::Edge;
use crate::memory::RecordId;
use crate::memory::index::At;
use crate::memory::index::Facet;
use crate::memory::index::Kept;
use crate::memory::index::View;
use crate::memory::index::facet::BETWEEN;
use crate::memory::query::Scope;

/// Deeper walks reach everything.
pub const DEEPEST: u8 = 4;
/// Records that one walk comes to, beyond which it is cut.
const MOST_NODES: usize = 300;
/// Edges that are followed from one record, beyond which it is cut.
const MOST_EDGES: usize = 120;

/// What lies around a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Around {
    /// The record.
    pub id: RecordId,
    /// Kinds of edges that are followed; empty for all.
    pub edges: Vec<String>,
    /// How many edges far, at most [`DEEPEST`].
    pub depth: u8,
    /// Which way edges are followed.
    pub direction: Direction,
}

/// Which way edges are followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Both ways.
    #[default]
    Both,
    /// From the record on.
    Out,
    /// To the record.
    In,
}

/// Records around one.
#[derive(Clone, Debug, Default)]
pub struct Neighbourhood {
    /// Each record with how far it is and the edge that led there first; the record itself is at 0. In the order that they
    /// were come to.
    pub nodes: Vec<Node>,
    /// Edges between them, sorted.
    pub edges: Vec<Edge>,
    /// Records that are hidden from the asker.
    pub hidden: usize,
    /// Whether there are more records or edges than were followed.
    pub cut: bool,
}

/// A record that a walk came to.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it is in the view.
    pub at: At,
    /// What is kept of it.
    pub kept: Kept,
    /// How many edges far.
    pub distance: u8,
    /// The edge that led to it; none for the start.
    pub by: Option<Edge>,
}

/// Walks from a record. Empty when there is no such record, or it is hidden.
pub fn neighbourhood(view: &View, around: &Around, scope: &Scope) -> Result<Neighbourhood> {
    let mut found = Neighbourhood::default();
    let mut edges: BTreeSet<Edge> = BTreeSet::new();
    let mut seen: BTreeMap<RecordId, bool> = BTreeMap::new();
    let mut next = VecDeque::from([(around.id.clone(), 0_u8, None)]);
    seen.insert(around.id.clone(), true);
    while let Some((id, distance, by)) = next.pop_front() {
        let Some(at) = view.record(&id) else { continue };
        let kept = view.kept(at)?;
        if is_hidden(&kept, scope) {
            found.hidden += 1;
            seen.insert(id, false);
            continue;
        }
        if found.nodes.len() == MOST_NODES {
            found.cut = true;
            break;
        }
        found.nodes.push(Node { at, kept, distance, by });
        if distance >= around.depth.min(DEEPEST) {
            continue;
        }
        let (links, cut) = links(view, &id, around)?;
        found.cut |= cut;
        for edge in links {
            let other = if edge.from == id { edge.to.clone() } else { edge.from.clone() };
            edges.insert(edge.clone());
            if !seen.contains_key(&other) {
                seen.insert(other.clone(), true);
                next.push_back((other, distance + 1, Some(edge)));
            }
        }
    }
    let there: BTreeSet<&str> = found.nodes.iter().filter_map(|node| node.kept.id.as_deref()).collect();
    let inside = |edge: &Edge| there.contains(edge.from.as_str()) && there.contains(edge.to.as_str());
    found.edges = edges.into_iter().filter(inside).collect();
    Ok(found)
}

/// Whether a scope hides an entry.
pub fn is_hidden(kept: &Kept, scope: &Scope) -> bool {
    kept.sensitivity > scope.sensitivity || scope.exclude.iter().any(|pattern| pattern.matches(&kept.path))
}

/// Edges of a record that are followed, sorted; true when there are more.
fn links(view: &View, id: &RecordId, around: &Around) -> Result<(Vec<Edge>, bool)> {
    let follows = |kind: &str| around.edges.is_empty() || around.edges.iter().any(|known| known == kind);
    let mut found: BTreeSet<Edge> = BTreeSet::new();
    let mut cut = false;
    if around.direction != Direction::In {
        let own = view.with(Facet::Id, id.as_str());
        for at in own.into_iter().chain(view.with(Facet::From, id.as_str())) {
            let edges = view.kept(at)?.edges.into_iter();
            found.extend(edges.filter(|edge| edge.from == *id && follows(&edge.kind)));
        }
    }
    if around.direction != Direction::Out {
        let mut kinds = BTreeSet::new();
        let prefix = Facet::To.term(&format!("{id}{BETWEEN}"));
        for part in &view.parts {
            let terms = part.segment.ranks_from(&prefix).map(|rank| part.segment.term(rank)[prefix.len()..].to_owned());
            kinds.extend(terms.filter(|kind| follows(kind)));
        }
        for kind in kinds {
            let from = view.with(Facet::To, &format!("{id}{BETWEEN}{kind}"));
            cut |= from.len() > MOST_EDGES;
            for at in from.into_iter().take(MOST_EDGES) {
                let edges = view.kept(at)?.edges.into_iter();
                found.extend(edges.filter(|edge| edge.to == *id && edge.kind == kind));
            }
        }
    }
    cut |= found.len() > MOST_EDGES;
    Ok((found.into_iter().take(MOST_EDGES).collect(), cut))
}
