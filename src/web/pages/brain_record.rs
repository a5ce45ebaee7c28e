//! One record: what it says, what it is tied to, who looks after it, and where its lines come from.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::State;

use crate::engine::Engine;
use crate::kit::Error;
use crate::kit::markdown::Piece;
use crate::kit::text::visible;
use crate::memory::RecordId;
use crate::memory::index::Kept;
use crate::memory::query::Around;
use crate::memory::query::Direction;
use crate::memory::query::around;
use crate::web::address;
use crate::web::brained::BrainHead;
use crate::web::brained::Brained;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::page::show;
use crate::web::parts::drawing::Drawing;
use crate::web::parts::html::Html;
use crate::web::parts::recalled::Recalled;
use crate::web::parts::recalled::href;

/// `/{owner}/brain/records/{id}`
#[derive(Template)]
#[template(path = "pages/brain_record.html")]
pub struct BrainRecord {
    /// What surrounds the page.
    pub frame: Frame,
    /// The brain.
    pub brain: BrainHead,
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What its header says, name by name.
    pub facts: Vec<(&'static str, String)>,
    /// Its text.
    pub body: Html,
    /// Its file, its history, who wrote each line.
    pub links: [(&'static str, String); 3],
    /// What its edges lead to and what leads to it.
    pub related: Vec<Recalled>,
    /// The same as a drawing; none when it stands alone.
    pub drawing: Option<Drawing>,
    /// Related records that the reader may not see.
    pub hidden: usize,
}

/// `GET /{owner}/brain/records/{id}`
pub async fn page(
    State(engine): State<Arc<Engine>>,
    brained: Brained,
    Path((_, id)): Path<(String, String)>,
) -> Answer {
    let unknown = || Error::not_found("such record");
    let id: RecordId = id.parse().map_err(|_| unknown())?;
    let view = brained.view()?;
    let kept = view.kept(view.record(&id).ok_or_else(unknown)?)?;
    if around::is_hidden(&kept, &brained.scope) {
        return Err(unknown().into());
    }
    let blob = brained.git.blob(&kept.blob.parse()?).await?.unwrap_or_default();
    let walk = Around { id: id.clone(), edges: Vec::new(), depth: 1, direction: Direction::Both };
    let walked = around::neighbourhood(view, &walk, &brained.scope)?;
    let related = walked.nodes.iter().skip(1).map(|node| {
        let why = node.by.as_ref().map(|edge| match edge.from == id {
            true => format!("{} →", edge.kind),
            false => format!("← {}", edge.kind),
        });
        Recalled::of_kept(&brained, &node.kept, why.unwrap_or_default())
    });
    let repository = &brained.place.repository;
    let at = |verb: &str| {
        let root = format!("/{}/{}", repository.owner_name, repository.name);
        format!("{root}/{verb}/{}/{}", view.commit, address::path(&kept.path))
    };
    show(&BrainRecord {
        frame: brained.frame(&engine, &kept.title).await?,
        brain: brained.head("brain"),
        title: visible(&kept.title),
        facts: facts(&kept),
        body: body(&brained, &kept, &String::from_utf8_lossy(&blob)),
        links: [("File", at("src")), ("History", at("commits")), ("Blame", at("blame"))],
        related: related.collect(),
        drawing: Drawing::of(&brained, &walked),
        hidden: walked.hidden,
        id: id.to_string(),
    })
}

fn facts(kept: &Kept) -> Vec<(&'static str, String)> {
    let listed = |values: &[String]| visible(&values.join(", "));
    let facts = [
        ("Kind", kept.kind.clone()),
        ("Status", kept.status.clone().unwrap_or_default()),
        ("Owners", listed(&kept.owners)),
        ("Updated", kept.updated.clone().unwrap_or_default()),
        ("Review", kept.review.clone().unwrap_or_default()),
        ("Expires", kept.expires.clone().unwrap_or_default()),
        ("Also called", listed(&kept.aliases)),
        ("Tags", listed(&kept.tags)),
        ("Repositories", listed(&kept.repos)),
        ("Sources", listed(&kept.sources)),
        ("Cites", listed(&kept.cites)),
        ("Sensitivity", kept.sensitivity.as_str().to_owned()),
        ("File", format!("{}:{}-{}", visible(&kept.path), kept.lines.0, kept.lines.1)),
    ];
    facts.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// Its lines: Markdown as people read it, with links to the records that it mentions; YAML as it stands.
fn body(brained: &Brained, kept: &Kept, text: &str) -> Html {
    let markdown = kept.path.ends_with(".md");
    let from = if markdown { kept.text_from } else { kept.lines.0 };
    let wanted = (kept.lines.1 + 1).saturating_sub(from) as usize;
    let lines: Vec<&str> = text.lines().skip(from.max(1) as usize - 1).take(wanted).collect();
    let lines = lines.join("\n");
    if markdown { Html::markdown_cut(&lines, &|text| mentioned(brained, text)) } else { Html::preformatted(&lines) }
}

/// A stretch of text with each `[[kind:slug]]` that the reader may see as a link; `[[kind:slug|words]]` shows the words.
fn mentioned(brained: &Brained, text: &str) -> Vec<Piece> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some((before, (inside, after))) =
        rest.split_once("[[").and_then(|(before, after)| Some((before, after.split_once("]]")?)))
    {
        let (id, words) = inside.split_once('|').unwrap_or((inside, inside));
        match seen(brained, id) {
            Some(kept) => pieces.extend([
                Piece::Text(before.to_owned()),
                Piece::Link { href: href(brained, Some(id), &kept.path), title: kept.title, text: words.to_owned() },
            ]),
            None => pieces.push(Piece::Text(rest[..rest.len() - after.len()].to_owned())),
        }
        rest = after;
    }
    pieces.push(Piece::Text(rest.to_owned()));
    pieces
}

/// The record of this id, when it is there and not hidden from the reader.
fn seen(brained: &Brained, id: &str) -> Option<Kept> {
    let view = brained.view.as_ref()?;
    let kept = view.kept(view.record(&id.parse().ok()?)?).ok()?;
    (!around::is_hidden(&kept, &brained.scope)).then_some(kept)
}
