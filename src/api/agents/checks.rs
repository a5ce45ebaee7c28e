//! Checks of the forge itself: lists, one with its steps, its log, and what people do to it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::api::agents::answer::answer;
use crate::api::agents::answer::input;
use crate::api::agents::answer::place;
use crate::api::agents::wire;
use crate::api::signed_in::SignedIn;
use crate::checks::Filter;
use crate::checks::Job;
use crate::engine::CheckVerb;
use crate::engine::Engine;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::CommitId;
use crate::model::JobId;

/// What narrows the list.
#[derive(Default, Deserialize)]
pub(super) struct Wanted {
    sha: Option<String>,
    pull: Option<i64>,
    state: Option<String>,
    signature: Option<String>,
    /// Only the newest execution of each job; needs `sha`.
    #[serde(default)]
    newest: bool,
    cursor: Option<String>,
    limit: Option<i64>,
}

type Address = Path<(String, String)>;
type One = Path<(String, String, String)>;

/// `GET repos/{o}/{r}/checks`
pub(super) async fn list(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path((owner, repo)): Address,
    Query(wanted): Query<Wanted>,
) -> Response {
    let listed = async {
        let repo = place(&engine, &cx, &owner, &repo).await?.repository.id;
        let sha = wanted.sha.as_deref().map(str::parse::<CommitId>).transpose()?;
        let (jobs, next) = match (&sha, wanted.newest) {
            (Some(sha), true) => (engine.checks.at(repo, sha).await?, None),
            _ => {
                let states = wanted.state.as_deref().unwrap_or_default().split(',').filter(|word| !word.is_empty());
                let filter = Filter {
                    sha,
                    pull: wanted.pull,
                    states: states.map(str::parse).collect::<Result<Vec<_>>>()?,
                    signature: wanted.signature,
                    before: wanted.cursor.as_deref().map(str::parse).transpose()?,
                    limit: wanted.limit.unwrap_or(30).clamp(1, 100),
                };
                let jobs = engine.checks.list(repo, &filter).await?;
                let next = (jobs.len() as i64 == filter.limit).then(|| jobs.last().map(|job| job.id)).flatten();
                (jobs, next)
            }
        };
        let mut shown = Vec::new();
        for job in &jobs {
            shown.push(with_steps(&engine, job).await?);
        }
        Ok(json!({ "checks": shown, "next_cursor": next }))
    };
    answer(&cx, listed.await)
}

/// `GET repos/{o}/{r}/checks/{id}`
pub(super) async fn one(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path((owner, repo, id)): One,
) -> Response {
    let found = async {
        let place = place(&engine, &cx, &owner, &repo).await?;
        with_steps(&engine, &engine.checks.job(place.repository.id, id.parse()?).await?).await
    };
    answer(&cx, found.await)
}

/// `GET repos/{o}/{r}/checks/{id}/log`: the log as text.
pub(super) async fn log(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path((owner, repo, id)): One,
) -> Response {
    let found = async {
        let place = place(&engine, &cx, &owner, &repo).await?;
        let job = engine.checks.job(place.repository.id, id.parse::<JobId>()?).await?;
        engine.checks.whole_log(&job).await
    };
    match found.await {
        Ok(batches) => {
            let lines: String = batches.iter().flat_map(|batch| &batch.lines).map(|line| format!("{line}\n")).collect();
            ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], lines).into_response()
        }
        Err(error) => answer(&cx, Err(error)),
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfCommit {
    sha: Option<String>,
}

/// `POST repos/{o}/{r}/checks/rerun`, `start`: all of a commit that did not pass, or that wait for a person.
pub(super) async fn steer_commit(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path((owner, repo, verb)): One,
    body: Bytes,
) -> Response {
    let done = async {
        let place = place(&engine, &cx, &owner, &repo).await?;
        let OfCommit { sha } = input(&body)?;
        let sha = sha.ok_or_else(|| Error::invalid("The commit is missing").field("sha"))?.parse()?;
        let count = match verb.as_str() {
            "rerun" => engine.rerun_failed(&cx, &place, &sha).await?,
            "start" => engine.start_checks(&cx, &place, &sha).await?,
            _ => return Err(Error::not_found("such verb")),
        };
        Ok(json!({ "count": count }))
    };
    answer(&cx, done.await)
}

/// `POST repos/{o}/{r}/checks/{id}/rerun`, `cancel`, `start`
pub(super) async fn steer(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path((owner, repo, id, verb)): Path<(String, String, String, String)>,
) -> Response {
    let done = async {
        let place = place(&engine, &cx, &owner, &repo).await?;
        let verb = match verb.as_str() {
            "rerun" => CheckVerb::Rerun,
            "cancel" => CheckVerb::Cancel,
            "start" => CheckVerb::Start,
            _ => return Err(Error::not_found("such verb")),
        };
        let job = engine.steer_check(&cx, &place, id.parse()?, verb).await?;
        with_steps(&engine, &job).await
    };
    answer(&cx, done.await)
}

async fn with_steps(engine: &Engine, job: &Job) -> Result<Value> {
    Ok(wire::check(job, &engine.checks.steps(job.id).await?))
}
