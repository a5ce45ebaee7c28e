//! Lists about a company brain: what is proposed to it, what is stale, what nobody looks after, what runs were shown most.
//!
//! Each takes `page` and `limit` and answers with `total`.

use std::sync::Arc;

use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::api::SignedIn;
use crate::api::agents::answer::answer;
use crate::api::agents::memory::Entered;
use crate::api::agents::memory::enter;
use crate::engine::Engine;
use crate::engine::updates::Standing;
use crate::engine::updates::Update;
use crate::forge::embedded::Status;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::kit::text::bounded;
use crate::memory::Day;
use crate::memory::When;
use crate::memory::health;
use crate::memory::index::Kept;
use crate::memory::query::around::is_hidden;
use crate::memory::stale::Stale;
use crate::memory::uses::Use;

/// Bytes of a pull request's words in the list.
const MOST_EVIDENCE: usize = 8 * 1024;

/// Which page of which of them.
#[derive(Default, Deserialize)]
pub(super) struct Asked {
    state: Option<String>,
    page: Option<u32>,
    limit: Option<u32>,
}

impl Asked {
    fn paging(&self) -> Paging {
        Paging::new(self.page, self.limit)
    }

    /// A page of a list that is all in memory.
    fn cut(&self, name: &str, all: &[Value]) -> Value {
        let paging = self.paging();
        let skip = usize::try_from(paging.offset()).unwrap_or(usize::MAX);
        let items: Vec<&Value> = all.iter().skip(skip).take(paging.limit as usize).collect();
        json!({ name: items, "total": all.len(), "page": paging.page, "limit": paging.limit })
    }
}

/// `GET orgs/{o}/memory/updates?state=open|merged|closed|all`
pub(super) async fn updates(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path(organisation): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let listed = async {
        let Entered { place, .. } = enter(&engine, &cx, &organisation).await?;
        let standing: Standing = asked.state.as_deref().map_or(Ok(Standing::Open), str::parse)?;
        let Page { items, total, paging } = engine.updates(&place, standing, asked.paging()).await?;
        let pulls = format!("{}/{}/pulls", engine.settings.base_url, place.repository.reference());
        let updates: Vec<Value> = items.iter().map(|one| update(&pulls, one)).collect();
        Ok(json!({ "updates": updates, "total": total, "page": paging.page, "limit": paging.limit }))
    };
    answer(&cx, listed.await)
}

fn update(pulls: &str, update: &Update) -> Value {
    let Update { issue, sort, proposed, check } = update;
    let pull = issue.pull.as_ref();
    let merged = pull.and_then(|pull| pull.merged.as_ref());
    json!({
        "number": issue.number,
        "title": issue.title,
        "state": issue.state_name(),
        "kind": sort.as_str(),
        "author": issue.author.login,
        "branch": pull.map(|pull| &pull.head_branch),
        "head": pull.map(|pull| &pull.head_sha),
        "base": pull.map(|pull| &pull.base_sha),
        "url": format!("{pulls}/{}", issue.number),
        "run": proposed.as_ref().map(|proposed| json!({ "id": proposed.new.run, "effect": proposed.digest })),
        "evidence": bounded(&issue.body, MOST_EVIDENCE),
        "findings": check.as_ref().map(findings),
        "created_at": issue.created.rfc3339(),
        "updated_at": issue.updated.rfc3339(),
        "merged_at": merged.map(|merged| merged.at.rfc3339()),
        "merged_by": merged.map(|merged| &merged.by),
        "merged_commit": merged.map(|merged| &merged.sha),
    })
}

/// What the check of the brain says: a line in words, then a line for each finding.
fn findings(status: &Status) -> Value {
    let mut lines = status.description.lines();
    let says = lines.next().unwrap_or_default();
    json!({ "state": status.state.as_str(), "says": says, "lines": lines.collect::<Vec<_>>() })
}

/// `GET orgs/{o}/memory/stale`
pub(super) async fn stale(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path(organisation): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let listed = async {
        let Entered { organisation, scope, .. } = enter(&engine, &cx, &organisation).await?;
        let view = engine.memory.view(&organisation, &When::Now).await?;
        let today = Day::of(engine.clock.now());
        let stale = engine.memory.stale_in(&organisation, &view, &scope, today).await?;
        let told = |Stale { kept, reasons }: &Stale| json!({ "record": entry(kept), "reasons": reasons });
        let mut page = asked.cut("stale", &stale.iter().map(told).collect::<Vec<_>>());
        page["commit"] = json!(view.commit);
        Ok(page)
    };
    answer(&cx, listed.await)
}

/// `GET orgs/{o}/memory/unowned`
pub(super) async fn unowned(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path(organisation): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let listed = async {
        let Entered { organisation, scope, .. } = enter(&engine, &cx, &organisation).await?;
        let view = engine.memory.view(&organisation, &When::Now).await?;
        let records: Vec<Value> = health::unowned(&view, &scope)?.iter().map(entry).collect();
        let mut page = asked.cut("records", &records);
        page["commit"] = json!(view.commit);
        Ok(page)
    };
    answer(&cx, listed.await)
}

/// `GET orgs/{o}/memory/used`: what is in the brain now, and how often runs were shown it.
pub(super) async fn used(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path(organisation): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let listed = async {
        let Entered { organisation, scope, .. } = enter(&engine, &cx, &organisation).await?;
        let view = engine.memory.view(&organisation, &When::Now).await?;
        let mut told = Vec::new();
        for Use { name, shown, asked, last } in engine.memory.most_used(&organisation).await? {
            let Some(kept) = view.named(&name)?.filter(|kept| !is_hidden(kept, &scope)) else { continue };
            told.push(json!({ "record": entry(&kept), "shown": shown, "asked": asked, "used_at": last.rfc3339() }));
        }
        Ok(asked.cut("used", &told))
    };
    answer(&cx, listed.await)
}

fn entry(kept: &Kept) -> Value {
    json!({
        "id": kept.id, "kind": kept.kind, "title": kept.title, "status": kept.status, "path": kept.path,
        "lines": [kept.lines.0, kept.lines.1], "owners": kept.owners, "updated": kept.updated,
    })
}
