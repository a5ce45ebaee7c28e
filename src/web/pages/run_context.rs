//! What the agent of a run was shown, part by part, for each attempt that was shown something else.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use serde::Deserialize;

use crate::engine::Engine;
use crate::kit::Error;
use crate::model::RunId;
use crate::runs::Attempt;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::show;
use crate::web::pages::run::ContextPart;
use crate::web::parts::digest::Mono;
use crate::web::parts::run;
use crate::web::visitor::Visitor;

/// `/runs/{id}/context`
#[derive(Template)]
#[template(path = "pages/run_context.html")]
pub struct RunContextPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// The address of the run.
    pub run_href: String,
    /// What the run is called.
    pub run: String,
    /// Attempts that were shown something: number, and whether it is this one.
    pub attempts: Vec<(i64, bool)>,
    /// The digest of all of it.
    pub digest: Option<Mono>,
    /// The parts, in the order that the agent was shown them.
    pub parts: Vec<ContextPart>,
}

/// Which attempt; the newest without.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    attempt: Option<i64>,
}

/// `GET /runs/{id}/context`
pub async fn page(
    State(engine): State<Arc<Engine>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Answer {
    let id: RunId = id.parse().map_err(|_| Error::not_found("such run"))?;
    let (found, place) = engine.enter_run(&visitor.cx, id).await?;
    let attempts = engine.runs.attempts(id).await?;
    let shown: Vec<&Attempt> = attempts.iter().filter(|attempt| attempt.bundle.is_some()).collect();
    let picked = match wanted.attempt {
        Some(number) => shown.iter().find(|attempt| attempt.number == number),
        None => shown.last(),
    };
    let bundle = match picked {
        Some(attempt) => engine.bundle_for(&visitor.cx, attempt).await?,
        None => None,
    };
    show(&RunContextPage {
        frame: visitor.frame(&engine, format!("Context of run {}", id.short())).await?,
        repo: RepoHead::of(&place, &visitor, Tab::Runs),
        run_href: format!("/runs/{id}"),
        run: run::title(&found),
        attempts: shown.iter().map(|one| (one.number, picked.is_some_and(|picked| picked.id == one.id))).collect(),
        digest: bundle.as_ref().map(|bundle| Mono::from(&bundle.digest)),
        parts: bundle.iter().flat_map(|bundle| &bundle.parts).map(ContextPart::of).collect(),
    })
}
