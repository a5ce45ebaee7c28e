//! Every edge has a known kind, leads to a record, and ties kinds that its own kind ties.

use crate::catalog::Diagnostic;
use crate::catalog::listed;
use crate::catalog::near;
use crate::kit::text::visible_line;
use crate::memory::Ontology;
use crate::memory::Parsed;
use crate::memory::check::Known;

pub(super) fn check(file: &Parsed, ontology: &Ontology, known: &Known<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let edges = file.entries.iter().flat_map(|entry| entry.edges.iter().zip(&entry.edge_places));
    for (edge, place) in edges {
        let mut error = |message: String, hint: String| found.push(file.document.error(*place, message, hint));
        let Some(kind) = ontology.edges.get(&edge.kind) else {
            let message = format!("`{}` is not a kind of edge", visible_line(&edge.kind, 60));
            error(message, near::suggest(&edge.kind, &ontology.edge_names()));
            continue;
        };
        let (from, to) = match (known.kind(&edge.from), known.kind(&edge.to)) {
            (Some(from), Some(to)) => (from, to),
            (None, _) => {
                error(format!("there is no record `{}`", edge.from), missing_hint(known));
                continue;
            }
            (_, None) => {
                error(format!("there is no record `{}`", edge.to), missing_hint(known));
                continue;
            }
        };
        let fits = |kinds: &[String], kind: &str| kinds.is_empty() || kinds.iter().any(|known| known == kind);
        if !fits(&kind.from, from) || !fits(&kind.to, to) {
            let message = format!("`{}` does not lead from a `{from}` to a `{to}`", edge.kind);
            error(message, format!("it leads from {} to {}", any(&kind.from), any(&kind.to)));
        }
    }
    found
}

/// What to do about a record that is not there.
pub(super) fn missing_hint(known: &Known<'_>) -> String {
    if known.broken {
        "add it, or remove this; it may stand in a file that could not be read".into()
    } else {
        "add it, or remove this".into()
    }
}

fn any(kinds: &[String]) -> String {
    let names: Vec<&str> = kinds.iter().map(String::as_str).collect();
    if names.is_empty() { "any kind".into() } else { listed(&names) }
}
