//! One check of the forge itself: what it ran, its log, and failures like it.

use std::sync::Arc;

use askama::Template;
use async_trait::async_trait;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Response;
use axum::response::sse::Event;
use serde::Deserialize;
use tokio::sync::broadcast;

use crate::access::Action;
use crate::checks::Batch;
use crate::checks::Filter;
use crate::checks::Job;
use crate::checks::JobState;
use crate::engine::Engine;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::text;
use crate::model::JobId;
use crate::web::address;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::errors::Failed;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::live;
use crate::web::live::After;
use crate::web::live::Grows;
use crate::web::page::show;
use crate::web::parts::digest::Mono;
use crate::web::parts::html::Html;
use crate::web::parts::job;
use crate::web::parts::job::JobRow;
use crate::web::parts::log::Fold;
use crate::web::parts::log::Rows;
use crate::web::parts::size;
use crate::web::parts::time::When;

/// `/{owner}/{repo}/checks/{id}`
#[derive(Template)]
#[template(path = "pages/check.html")]
pub struct CheckPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// The address of this page.
    pub href: String,
    /// The check as lists show it.
    pub row: JobRow,
    /// What the job is for.
    pub description: String,
    /// What started it, in words: `push`, `pull request`.
    pub event: String,
    /// Who asked for it.
    pub asked_by: String,
    /// Whether it runs a fork's code.
    pub fork: bool,
    /// Whether its log grows.
    pub live: bool,
    /// How it ended, or what it waits for; empty while it runs.
    pub note: String,
    /// The code of its end.
    pub reason: String,
    /// Lines of the log.
    pub lines: String,
    /// Whether the log was thrown away.
    pub log_gone: bool,
    /// Which attempt this is.
    pub attempt: i64,
    /// The commit, whole.
    pub commit: Mono,
    /// When it was queued.
    pub when: When,
    /// Its steps with their lines.
    pub folds: Vec<Fold>,
    /// Lines before any step: what is wrong in a file that cannot be read.
    pub loose: Vec<Rows>,
    /// Every attempt, newest first.
    pub attempts: Vec<JobRow>,
    /// What it runs: names of steps and scripts.
    pub scripts: Vec<(String, Html)>,
    /// Facts about what it runs.
    pub facts: Vec<(&'static str, String)>,
    /// What failures like this have in common; empty when it did not fail.
    pub signature: String,
    /// Other failures with the same signature.
    pub similar: Vec<JobRow>,
    /// Where all of them are listed.
    pub similar_href: String,
    /// What the person may do now: the verb and its word.
    pub verbs: Vec<(&'static str, &'static str)>,
}

/// More lines than these are left to the raw log: the last are shown.
const MOST_LINES: usize = 5_000;

/// More than a log has.
const MOST_BATCHES: i64 = 100_000;

/// Failures of the same kind that stand beside the log.
const SIMILAR: i64 = 6;

/// The id in an address.
#[derive(Debug, Deserialize)]
pub struct Named {
    id: String,
}

impl Named {
    async fn find(&self, engine: &Engine, entered: &Entered) -> Result<Job> {
        let id: JobId = self.id.parse().map_err(|_| Error::not_found("such check"))?;
        engine.checks.job(entered.place.repository.id, id).await
    }
}

/// `GET /{owner}/{repo}/checks/{id}`
pub async fn page(State(engine): State<Arc<Engine>>, entered: Entered, Path(named): Path<Named>) -> Answer {
    let found = named.find(&engine, &entered).await?;
    let now = entered.visitor.cx.now();
    let (folds, loose) = folds(&engine, &found, now).await?;
    let attempts = engine.checks.attempts(&found).await?;
    let newest = attempts.first().is_none_or(|newest| newest.id == found.id);
    let same = Filter { signature: Some(found.signature.clone()), limit: SIMILAR, ..Filter::default() };
    let similar = match found.signature.is_empty() {
        true => Vec::new(),
        false => engine.checks.list(entered.place.repository.id, &same).await?,
    };
    let new = &found.new;
    show(&CheckPage {
        frame: entered.frame(&engine, &format!("{} on {}", new.name, new.sha.short())).await?,
        repo: entered.head(Tab::Runs),
        href: job::href(&found),
        row: JobRow::of(&found, now),
        description: text::visible(&new.plan.description),
        event: new.trigger.replace('_', " "),
        asked_by: text::visible(&new.asked_by),
        fork: new.fork,
        live: !found.state.is_final(),
        note: note(&found),
        reason: found.reason.clone(),
        lines: size::count(found.log_lines),
        log_gone: found.log_gone && found.log_lines > 0,
        attempt: found.attempt,
        commit: Mono::from(&new.sha),
        when: When::new(found.created, now),
        folds,
        loose,
        attempts: attempts.iter().map(|job| JobRow::of(job, now)).collect(),
        scripts: scripts(&found),
        facts: facts(&found),
        similar: similar.iter().filter(|other| other.id != found.id).map(|job| JobRow::of(job, now)).collect(),
        similar_href: format!("{}/runs?kind=checks&signature={}", entered.root(), address::escape(&found.signature)),
        signature: found.signature.clone(),
        verbs: if entered.may(Action::SteerCheck) { verbs(&found, newest) } else { Vec::new() },
    })
}

fn note(job: &Job) -> String {
    match job.state {
        JobState::Waiting => "A person who may write has to start it: the pull request comes from a fork".to_owned(),
        JobState::Queued if job.held => format!("It waits for {}", job.new.plan.needs.join(", ")),
        JobState::Queued => "It waits for its turn".to_owned(),
        JobState::Running | JobState::Success => String::new(),
        _ => text::visible(&job.summary),
    }
}

fn verbs(job: &Job, newest: bool) -> Vec<(&'static str, &'static str)> {
    let runs_nothing = matches!(job.reason.as_str(), "denied" | "broken_file");
    match job.state {
        JobState::Waiting => vec![("start", "Start"), ("cancel", "Cancel")],
        JobState::Queued | JobState::Running => vec![("cancel", "Cancel")],
        _ if newest && !runs_nothing => vec![("rerun", "Run again")],
        _ => Vec::new(),
    }
}

fn scripts(job: &Job) -> Vec<(String, Html)> {
    let steps = job.new.plan.run.steps();
    steps.iter().map(|step| (text::visible(&step.name), Html::visible(step.run.trim_end()))).collect()
}

fn facts(job: &Job) -> Vec<(&'static str, String)> {
    let plan = &job.new.plan;
    let mut facts = Vec::new();
    if !plan.run.steps().is_empty() {
        facts.push(("Timeout", plan.timeout.to_string()));
    }
    if !plan.needs.is_empty() {
        facts.push(("Needs", plan.needs.join(", ")));
    }
    for (name, value) in &plan.environment {
        facts.push(("Variable", text::visible_line(&format!("{name}={value}"), 120)));
    }
    facts
}

/// The steps with their lines; of a long log the last lines.
async fn folds(engine: &Engine, job: &Job, now: crate::kit::clock::Timestamp) -> Result<(Vec<Fold>, Vec<Rows>)> {
    let steps = engine.checks.steps(job.id).await?;
    let mut folds: Vec<Fold> = steps.iter().map(|step| Fold::of(step, now)).collect();
    if let [only] = folds.as_mut_slice() {
        only.open = true;
    }
    let batches = engine.checks.log(job.id, 0, MOST_BATCHES).await?;
    let mut skip = batches.iter().map(|batch| batch.lines.len()).sum::<usize>().saturating_sub(MOST_LINES);
    let (mut loose, mut before) = (Vec::new(), 0);
    for mut batch in batches {
        let gone = skip.min(batch.lines.len());
        skip -= gone;
        batch.lines.drain(..gone);
        batch.first_line += gone as i64;
        if batch.lines.is_empty() {
            continue;
        }
        let rows = Rows::of(&batch, before);
        before = batch.first_line + batch.lines.len() as i64 - 1;
        match folds.iter_mut().find(|fold| fold.number == batch.step) {
            Some(fold) => fold.rows.push(rows),
            None => loose.push(rows),
        }
    }
    Ok((folds, loose))
}

/// `GET /{owner}/{repo}/checks/{id}/raw`: the log as text.
pub async fn raw(State(engine): State<Arc<Engine>>, entered: Entered, Path(named): Path<Named>) -> Answer {
    let found = named.find(&engine, &entered).await?;
    let batches = engine.checks.whole_log(&found).await?;
    let text: String = batches.iter().flat_map(|batch| &batch.lines).map(|line| format!("{line}\n")).collect();
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
    ];
    Ok((headers, text).into_response())
}

/// Batches that are sent at once.
const BATCH: i64 = 100;

/// `GET /{owner}/{repo}/checks/{id}/stream`
pub async fn stream(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Named>,
    Query(after): Query<After>,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    let job = named.find(&engine, &entered).await?;
    let news = engine.checks.news();
    let after = after.sequence(&headers);
    Ok(live::follow(Reader { engine, news, job, after, line: 0, told: String::new(), over: false }))
}

struct Reader {
    engine: Arc<Engine>,
    news: broadcast::Receiver<JobId>,
    job: Job,
    after: i64,
    /// The last line that was sent.
    line: i64,
    /// The steps and the state as they were last sent.
    told: String,
    over: bool,
}

#[async_trait]
impl Grows for Reader {
    async fn look(&mut self) -> Result<Vec<Event>> {
        let (engine, id) = (&self.engine, self.job.id);
        // The state before the log: a job that has ended has written all of it.
        let job = engine.checks.job(self.job.new.repo.id, id).await?;
        let batches = engine.checks.log(id, self.after, BATCH).await?;
        let steps = engine.checks.steps(id).await?;
        let mut ready = Vec::new();
        let told = format!("{} {steps:?}", job.state);
        if told != self.told {
            self.told = told;
            for step in &steps {
                let fold = Fold::of(step, engine.clock.now()).render().map_err(unrendered)?;
                ready.push(Event::default().event("step").data(fold));
            }
            ready.push(Event::default().event("changed").data(job.state.as_str()));
        }
        for batch in &batches {
            let before = if self.line == 0 { batch.first_line - 1 } else { self.line };
            let rows = Rows::of(batch, before).render().map_err(unrendered)?;
            ready.push(Event::default().event("lines").id(batch.sequence.to_string()).data(rows));
            self.after = batch.sequence;
            self.line = last_line(batch);
        }
        if job.state.is_final() && (batches.len() as i64) < BATCH {
            self.over = true;
            ready.push(Event::default().event("ended").data(job.state.as_str()));
        }
        Ok(ready)
    }

    fn is_over(&self) -> bool {
        self.over
    }

    async fn wait(&mut self) {
        live::news_of(&mut self.news, self.job.id).await;
    }
}

fn last_line(batch: &Batch) -> i64 {
    batch.first_line + batch.lines.len() as i64 - 1
}

fn unrendered(error: askama::Error) -> Error {
    Error::internal("Cannot render a part of a log").source(error)
}
