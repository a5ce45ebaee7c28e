//! The ontology of a brain: which kinds of records and edges there are, and the rules that they are held to.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use crate::engine::Engine;
use crate::memory::index::Facet;
use crate::web::address;
use crate::web::brained::BrainHead;
use crate::web::brained::Brained;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::page::show;

/// `/{owner}/brain/ontology`
#[derive(Template)]
#[template(path = "pages/brain_ontology.html")]
pub struct BrainOntology {
    /// What surrounds the page.
    pub frame: Frame,
    /// The brain.
    pub brain: BrainHead,
    /// Whether the brain has files of its own for it.
    pub own: bool,
    /// The version of its form.
    pub version: u32,
    /// Kinds of records.
    pub kinds: Vec<KindRow>,
    /// Kinds of edges: name, what it means, from what, to what.
    pub edges: Vec<[String; 4]>,
    /// Tags and what they mean.
    pub tags: Vec<(String, String)>,
    /// Where its files lie.
    pub files: String,
}

/// A kind of record.
#[derive(Clone, Debug)]
pub struct KindRow {
    /// Its name.
    pub name: String,
    /// What it means.
    pub description: String,
    /// Its class and folder.
    pub place: String,
    /// Where a record may stand, and move from there.
    pub statuses: String,
    /// How many there are.
    pub count: usize,
    /// The list of them.
    pub href: String,
}

/// `GET /{owner}/brain/ontology`
pub async fn page(State(engine): State<Arc<Engine>>, brained: Brained) -> Answer {
    let view = brained.view()?;
    let ontology = &view.ontology;
    let counts = view.values(Facet::Kind);
    let kinds = ontology.kinds.iter().map(|(name, kind)| {
        let moves = kind.status.iter().map(|(from, to)| match to.is_empty() {
            true => from.clone(),
            false => format!("{from} → {}", to.join(" or ")),
        });
        KindRow {
            name: name.clone(),
            description: kind.description.clone(),
            place: match &kind.folder {
                Some(folder) => format!("{} in {folder}/", kind.class.as_str()),
                None => kind.class.as_str().to_owned(),
            },
            statuses: moves.collect::<Vec<_>>().join(", "),
            count: counts.get(name).copied().unwrap_or_default(),
            href: format!("{}/search?kind={}", brained.root(), address::escape(name)),
        }
    });
    let any = |kinds: &[String]| if kinds.is_empty() { "anything".to_owned() } else { kinds.join(", ") };
    let edges = ontology
        .edges
        .iter()
        .map(|(name, edge)| [name.clone(), edge.description.clone(), any(&edge.from), any(&edge.to)]);
    let repository = &brained.place.repository;
    show(&BrainOntology {
        frame: brained.frame(&engine, "Ontology").await?,
        brain: brained.head("ontology"),
        own: ontology.own,
        version: ontology.rules.version,
        kinds: kinds.collect(),
        edges: edges.collect(),
        tags: ontology.vocabulary.tags.iter().map(|(tag, means)| (tag.clone(), means.clone())).collect(),
        files: format!("/{}/{}/src/{}/ontology", repository.owner_name, repository.name, view.commit),
    })
}
