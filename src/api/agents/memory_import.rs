//! Bringing files of a repository, or what finished runs left, into a company brain.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::api::SignedIn;
use crate::api::agents::answer::answer_with;
use crate::api::agents::answer::input;
use crate::engine::Engine;
use crate::engine::verbs::import_memory::Fate;
use crate::engine::verbs::import_memory::ImportFrom;
use crate::engine::verbs::import_memory::ImportPlan;
use crate::engine::verbs::import_memory::Item;
use crate::kit::Error;
use crate::kit::Result;
use crate::memory::REPOSITORY;
use crate::memory::import::Tier;
use crate::model::OwnerName;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    repo: Option<String>,
    #[serde(rename = "ref")]
    reference: Option<String>,
    notes: Option<String>,
    #[serde(default)]
    runs: Vec<String>,
    tier: Option<String>,
    #[serde(default)]
    dry_run: bool,
}

impl Asked {
    fn from(self) -> Result<ImportFrom> {
        match (self.repo, self.runs) {
            (Some(repo), runs) if runs.is_empty() => {
                Ok(ImportFrom::Files { repo, reference: self.reference, notes: self.notes })
            }
            (None, runs) if !runs.is_empty() => {
                let unknown = |_| Error::not_found("such run").field("runs");
                let runs = runs.iter().map(|id| id.parse().map_err(unknown)).collect::<Result<_>>()?;
                Ok(ImportFrom::Runs { runs, tier: self.tier.as_deref().map_or(Ok(Tier::default()), str::parse)? })
            }
            _ => Err(Error::invalid("An import is from one repository, or from runs")
                .hint("name either `repo` or `runs`")
                .field("repo")),
        }
    }
}

/// `POST orgs/{o}/memory/import`: 201 with the pull request; 200 when there was nothing new, or with `dry_run`.
pub(super) async fn import(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path(organisation): Path<String>,
    body: Bytes,
) -> Response {
    let done = async {
        let owner: OwnerName = organisation.parse().map_err(|_| Error::not_found("such brain"))?;
        let asked: Asked = input(&body)?;
        let dry_run = asked.dry_run;
        let from = asked.from()?;
        if dry_run {
            return Ok((StatusCode::OK, plan(&engine.plan_import(&cx, &owner, &from).await?)));
        }
        let imported = engine.import_memory(&cx, &owner, &from).await?;
        let mut told = plan(&imported.plan);
        told["pull"] = json!(imported.pull);
        let url =
            imported.pull.map(|number| format!("{}/{owner}/{REPOSITORY}/pulls/{number}", engine.settings.base_url));
        told["url"] = json!(url);
        Ok((if imported.pull.is_some() { StatusCode::CREATED } else { StatusCode::OK }, told))
    };
    match done.await {
        Ok((status, told)) => answer_with(&cx, status, Ok(told)),
        Err(error) => answer_with(&cx, StatusCode::OK, Err(error)),
    }
}

fn plan(plan: &ImportPlan) -> Value {
    let items: Vec<Value> = plan.items.iter().map(item).collect();
    json!({ "items": items, "findings": plan.findings, "left_out": plan.left_out, "pull": null, "url": null })
}

fn item(item: &Item) -> Value {
    let Item { from, draft, fate } = item;
    let why = match fate {
        Fate::Refused(why) => Some(why),
        Fate::New | Fate::Changed | Fate::Known => None,
    };
    json!({
        "source": from,
        "fate": fate.as_str(),
        "why": why,
        "path": draft.as_ref().map(|draft| &draft.path),
        "id": draft.as_ref().and_then(|draft| draft.id.as_ref()),
        "title": draft.as_ref().map(|draft| &draft.title),
        "redacted": draft.as_ref().map_or(0, |draft| draft.redacted),
    })
}
