//! The company brain of an organisation: asked, read, and what runs saw of it.
//!
//! Whoever may read the repository `<organisation>/company-brain` may ask it. Another organisation's brain is 404, and so
//! is one that does not exist.

use std::sync::Arc;

use axum::extract::Path;
use axum::extract::Query as Asked;
use axum::extract::State;
use axum::response::Response;
use serde_json::Value;
use serde_json::json;

use crate::access::Cx;
use crate::api::SignedIn;
use crate::api::agents::answer::answer;
use crate::api::agents::answer::place;
use crate::engine::Engine;
use crate::engine::brain::shown_to;
use crate::forge::embedded::Place;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::kit::text::visible_line;
use crate::memory::REPOSITORY;
use crate::memory::When;
use crate::memory::query::Around;
use crate::memory::query::Direction;
use crate::memory::query::Neighbourhood;
use crate::memory::query::Query;
use crate::memory::query::Scope;
use crate::memory::query::around::Node;
use crate::memory::query::around::neighbourhood;
use crate::memory::snapshot::Piece;
use crate::memory::snapshot::Snapshot;
use crate::memory::stale;
use crate::model::OwnerName;

type Pairs = Asked<Vec<(String, String)>>;

/// Who may be shown what, after they entered.
pub(super) struct Entered {
    pub(super) organisation: OwnerName,
    pub(super) scope: Scope,
    pub(super) place: Place,
}

pub(super) async fn enter(engine: &Arc<Engine>, cx: &Cx, organisation: &str) -> Result<Entered> {
    let place = place(engine, cx, organisation, REPOSITORY).await?;
    let scope = shown_to(&place.standing);
    Ok(Entered { organisation: place.repository.owner_name.clone(), scope, place })
}

/// `GET orgs/{o}/memory/query`
pub(super) async fn query(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path(organisation): Path<String>,
    Asked(pairs): Pairs,
) -> Response {
    let found = async {
        let entered = enter(&engine, &cx, &organisation).await?;
        let (query, when) = question(&pairs)?;
        let answer = engine.memory.ask(&entered.organisation, &when, &query, &entered.scope).await?;
        serde_json::to_value(&answer).context("Cannot write an answer as JSON")
    };
    answer(&cx, found.await)
}

/// `GET orgs/{o}/memory/records/{id}`: by id, or by path for a note.
pub(super) async fn record(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path((organisation, name)): Path<(String, String)>,
    Asked(pairs): Pairs,
) -> Response {
    let found = async {
        let Entered { organisation, scope, .. } = enter(&engine, &cx, &organisation).await?;
        let (_, when) = question(&pairs)?;
        let view = engine.memory.view(&organisation, &when).await?;
        let whole = engine.memory.whole(&organisation, &view, &name, &scope).await?;
        let whole = whole.ok_or_else(|| Error::not_found("such record"))?;
        let cited = engine.memory.own_repositories(&organisation);
        let today = crate::memory::Day::of(engine.clock.now());
        let reasons = stale::reasons(&whole.kept, today, &cited).await?;
        let around = match &whole.kept.id {
            Some(id) => {
                let around = Around { id: id.parse()?, edges: Vec::new(), depth: 1, direction: Direction::Both };
                neighbourhood(&view, &around, &scope)?
            }
            None => Neighbourhood::default(),
        };
        let mut value = serde_json::to_value(&whole).context("Cannot write a record as JSON")?;
        value["stale"] = json!(reasons);
        value["related"] = related(&around);
        Ok(value)
    };
    answer(&cx, found.await)
}

/// `GET orgs/{o}/memory/snapshots/{id}`
pub(super) async fn snapshot(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path((organisation, id)): Path<(String, String)>,
) -> Response {
    let found = async {
        let Entered { organisation, .. } = enter(&engine, &cx, &organisation).await?;
        let unknown = || Error::not_found("such snapshot");
        let snapshot = engine.memory.snapshot(id.parse().map_err(|_| unknown())?).await?;
        // A guess at the id of another organisation's snapshot looks like a guess at none.
        if snapshot.organisation != organisation {
            return Err(unknown());
        }
        let standing = engine.memory.standing(&organisation, &snapshot.commit).await?;
        let Snapshot { id, organisation, commit, run, pieces, hidden, taken } = snapshot;
        Ok(json!({
            "id": id,
            "organisation": organisation,
            "commit": commit,
            "run": run,
            "pieces": pieces.iter().map(piece).collect::<Vec<Value>>(),
            "hidden": hidden,
            "taken_at": taken.rfc3339(),
            "standing": standing,
            "warning": standing.warning(),
        }))
    };
    answer(&cx, found.await)
}

fn piece(piece: &Piece) -> Value {
    let Piece { citation, id, title, digest, bytes, why } = piece;
    json!({ "citation": citation, "id": id, "title": title, "digest": digest, "bytes": bytes, "why": why })
}

fn related(around: &Neighbourhood) -> Value {
    let Neighbourhood { nodes, edges, hidden, cut } = around;
    let node = |Node { at: _, kept, distance, by: _ }: &Node| json!({ "id": kept.id, "kind": kept.kind, "title": kept.title, "path": kept.path, "distance": distance });
    json!({
        "records": nodes.iter().skip(1).map(node).collect::<Vec<Value>>(),
        "edges": edges,
        "hidden": hidden,
        "cut": cut,
    })
}

/// What the parameters ask for. A list is a parameter that comes several times, or words between commas.
fn question(pairs: &[(String, String)]) -> Result<(Query, When)> {
    let list = |name: &str| -> Vec<String> {
        all(pairs, name).flat_map(|value| value.split(',')).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let number = |name: &str, otherwise: usize| -> Result<usize> {
        let Some(value) = all(pairs, name).next() else { return Ok(otherwise) };
        let wrong = || Error::invalid(format!("`{}` is not a number", visible_line(value, 40))).field(name);
        value.parse().map_err(|_| wrong())
    };
    let mut query = Query { text: all(pairs, "text").collect::<Vec<_>>().join(" "), ..Query::default() };
    query.kinds = list("kind");
    query.tags = list("tag");
    query.statuses = list("status");
    query.owners = list("owner");
    query.repos = list("repo");
    query.paths =
        all(pairs, "path").map(str::parse).collect::<Result<_>>().map_err(|error: Error| error.field("path"))?;
    query.limit = number("limit", query.limit)?;
    query.max_bytes = number("max_bytes", query.max_bytes)?;
    if let Some(id) = all(pairs, "around").next() {
        let depth = u8::try_from(number("depth", 1)?).unwrap_or(u8::MAX);
        let id = id.parse().map_err(|error: Error| error.field("around"))?;
        query.around = Some(Around { id, edges: list("edge"), depth, direction: Direction::Both });
    }
    Ok((query, When::asked(all(pairs, "at").next(), all(pairs, "ref").next())?))
}

fn all<'a>(pairs: &'a [(String, String)], name: &'a str) -> impl Iterator<Item = &'a str> {
    pairs.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
}
