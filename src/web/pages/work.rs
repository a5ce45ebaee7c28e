//! What is saved of an attempt's work: its newest checkpoint against the commit that its agent works on.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use serde::Deserialize;

use crate::engine::Engine;
use crate::git;
use crate::kit::Error;
use crate::model::RunId;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::show;
use crate::web::parts::diff::Diff;
use crate::web::parts::diff::Look;
use crate::web::parts::digest::Mono;
use crate::web::parts::run;
use crate::web::parts::time::When;
use crate::web::visitor::Visitor;

/// `/runs/{id}/work/{attempt}`
#[derive(Template)]
#[template(path = "pages/work.html")]
pub struct WorkPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// The address of the run.
    pub run_href: String,
    /// What the run is called.
    pub run: String,
    /// The number of the attempt.
    pub number: i64,
    /// The checkpoint.
    pub commit: Mono,
    /// When it was made.
    pub when: When,
    /// What it changes.
    pub diff: Diff,
}

/// Which attempt of which run.
#[derive(Debug, Deserialize)]
pub struct Named {
    id: String,
    attempt: i64,
}

/// `GET /runs/{id}/work/{attempt}`
pub async fn page(
    State(engine): State<Arc<Engine>>,
    visitor: Visitor,
    Path(named): Path<Named>,
    Query(look): Query<Look>,
) -> Answer {
    let id: RunId = named.id.parse().map_err(|_| Error::not_found("such run"))?;
    let (found, place) = engine.enter_run(&visitor.cx, id).await?;
    let nothing = || Error::not_found("saved work");
    let attempts = engine.runs.attempts(id).await?;
    let attempt = attempts.into_iter().find(|attempt| attempt.number == named.attempt);
    let saved = attempt.and_then(|attempt| attempt.saved).ok_or_else(nothing)?;
    let quarantine = engine.git.quarantine_of(id);
    let commit = quarantine.commit(&saved.commit).await?.ok_or_else(nothing)?;
    let from = commit.parents.first().map_or(git::Side::Empty, git::Side::Commit);
    let look = look.at(format!("/runs/{id}/work/{}", named.attempt));
    show(&WorkPage {
        frame: visitor.frame(&engine, format!("Work of run {}", id.short())).await?,
        repo: RepoHead::of(&place, &visitor, Tab::Runs),
        run_href: format!("/runs/{id}"),
        run: run::title(&found),
        number: named.attempt,
        commit: Mono::from(&saved.commit),
        when: When::new(saved.at, visitor.cx.now()),
        diff: Diff::read(&quarantine, (from, git::Side::Commit(&saved.commit)), &look).await?,
    })
}
