//! Pull requests: listing, opening, changing, looking at their changes, merging.

use axum::Json;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Response;
use serde::Deserialize;

use crate::api::v1::body::Body;
use crate::api::v1::entered::Entered;
use crate::api::v1::issues;
use crate::api::v1::labels;
use crate::api::v1::listed::Asked;
use crate::api::v1::refusal::Answer;
use crate::api::v1::refusal::Refusal;
use crate::forge::embedded;
use crate::forge::embedded::Labelling;
use crate::forge::embedded::Merge;
use crate::forge::embedded::wire::commit::Commit;
use crate::forge::embedded::wire::pull::ChangedFile;
use crate::forge::embedded::wire::pull::PullRequest;
use crate::forge::embedded::wire::pull::WorkedOut;
use crate::git::Diff;
use crate::git::DiffBounds;
use crate::git::Side;
use crate::git::Style;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::page::Page;
use crate::model::CommitId;

/// The most commits of a pull request that are listed.
const MOST_COMMITS: usize = 1000;

/// `GET …/pulls`.
pub async fn list(entered: Entered, asked: Asked) -> Answer<Response> {
    let mut search = issues::search(&asked, asked.one("poster"))?;
    search.pulls = Some(true);
    search.base = asked.one("base");
    search.head = asked.one("head").map(|head| head.rsplit(':').next().unwrap_or_default().to_owned());
    let Entered { place, engine, .. } = &entered;
    let page = engine.forge.issues(place, &search, asked.paging).await?;
    let base = &engine.settings.base_url;
    let Page { items, total, paging } = page;
    let shown = items.iter().filter_map(|issue| PullRequest::new(base, &place.repository, issue, WorkedOut::default()));
    Ok(asked.answer(base, Page { items: shown.collect(), total, paging }))
}

#[derive(Deserialize)]
pub struct Create {
    title: Option<String>,
    body: Option<String>,
    base: Option<String>,
    head: Option<String>,
    labels: Option<Vec<i64>>,
}

/// `POST …/pulls`: `head` is a branch, or `owner:branch` of a fork.
pub async fn create(entered: Entered, Body(new): Body<Create>) -> Answer<(StatusCode, Json<PullRequest>)> {
    let Create { title, body, base, head, labels: wanted } = new;
    let title = title.unwrap_or_default();
    let head = head.unwrap_or_default();
    let (home, head) = entered.engine.forge.head_named(&entered.cx, &entered.place, &head).await?;
    let lower = title.to_lowercase();
    let new = embedded::PullRequest {
        draft: ["wip:", "[wip]", "draft:"].iter().any(|mark| lower.starts_with(mark)),
        title,
        body: body.unwrap_or_default(),
        base: base.unwrap_or_default().parse().map_err(|error: Error| error.field("base"))?,
        head_repo: home.repository.id,
        head: head.parse().map_err(|error: Error| error.field("head"))?,
        labels: labels::names(&entered, &wanted.unwrap_or_default()).await?,
    };
    let issue = entered.engine.forge.open_pull(&entered.cx, &entered.place, new).await?;
    Ok((StatusCode::CREATED, Json(shown(&entered, &issue).await?)))
}

/// `GET …/pulls/{index}`, and its difference under `.diff` and `.patch`.
pub async fn get(entered: Entered) -> Answer<Response> {
    let text = entered.text("index");
    let plain = text.strip_suffix(".diff").or_else(|| text.strip_suffix(".patch"));
    if let Some(number) = plain {
        let number = number.parse().map_err(|_| Error::not_found("such pull request"))?;
        let issue = entered.engine.forge.pull(&entered.place, number).await?;
        let bounds = DiffBounds { files: 3000, lines: 200_000, ..DiffBounds::default() };
        let (_, diff) = difference(&entered, &issue, &bounds).await?;
        let kind = HeaderValue::from_static("text/plain; charset=utf-8");
        let nosniff = (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        return Ok(([(header::CONTENT_TYPE, kind), nosniff], diff.unified()).into_response());
    }
    let issue = asked_for(&entered).await?;
    Ok(Json(shown(&entered, &issue).await?).into_response())
}

#[derive(Deserialize)]
pub struct Change {
    #[serde(flatten)]
    issue: issues::Change,
    base: Option<String>,
    labels: Option<Vec<i64>>,
}

/// `PATCH …/pulls/{index}`. Gitea answers 201.
pub async fn change(entered: Entered, Body(change): Body<Change>) -> Answer<(StatusCode, Json<PullRequest>)> {
    let Change { issue, base, labels: wanted } = change;
    let Entered { cx, place, engine, .. } = &entered;
    let number = asked_for(&entered).await?.number;
    let mut change = issue.for_forge()?;
    let base = base.filter(|base| !base.is_empty()).map(|base| base.parse()).transpose();
    change.base = base.map_err(|error: Error| error.field("base"))?;
    let mut issue = engine.forge.edit_issue(cx, place, number, change).await?;
    if let Some(ids) = wanted {
        let names = labels::names(&entered, &ids).await?;
        issue = engine.forge.label_issue(cx, place, number, Labelling::Replace(names)).await?;
    }
    Ok((StatusCode::CREATED, Json(shown(&entered, &issue).await?)))
}

/// `GET …/pulls/{index}/files`.
pub async fn files(entered: Entered, asked: Asked) -> Answer<Response> {
    let issue = asked_for(&entered).await?;
    let bounds = DiffBounds { files: 3000, ..DiffBounds::default() };
    let (head, diff) = difference(&entered, &issue, &bounds).await?;
    let (base, repository) = (&entered.engine.settings.base_url, &entered.place.repository);
    let files = diff.files.iter().map(|file| ChangedFile::new(base, repository, &head, file)).collect();
    Ok(asked.slice(base, files))
}

/// `GET …/pulls/{index}/commits`, newest first.
pub async fn commits(entered: Entered, asked: Asked) -> Answer<Response> {
    let issue = asked_for(&entered).await?;
    let pull = issue.pull.as_ref().ok_or_else(unknown)?;
    let commits = entered.git().commits_between(&pull.base_sha, &pull.head_sha, MOST_COMMITS).await?;
    let base = &entered.engine.settings.base_url;
    let shown = commits.iter().map(|commit| Commit::new(base, &entered.place.repository, commit)).collect();
    Ok(asked.slice(base, shown))
}

/// `GET …/pulls/{index}/merge`: 204 when it is merged, 404 when not.
pub async fn is_merged(entered: Entered) -> Answer<StatusCode> {
    let issue = asked_for(&entered).await?;
    match issue.pull.and_then(|pull| pull.merged) {
        Some(_) => Ok(StatusCode::NO_CONTENT),
        None => Ok(StatusCode::NOT_FOUND),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MergeOrder {
    r#do: String,
    merge_title_field: Option<String>,
    merge_message_field: Option<String>,
    #[serde(rename = "head_commit_id")]
    head_commit_id: Option<String>,
    #[serde(rename = "delete_branch_after_merge")]
    delete_branch_after_merge: Option<bool>,
}

/// `POST …/pulls/{index}/merge`. What cannot be merged as it is answers 405, as Gitea does; a conflict 409.
pub async fn merge(entered: Entered, Body(order): Body<MergeOrder>) -> Answer<StatusCode> {
    let number = entered.number("index")?;
    let order = order.for_forge()?;
    let done = entered.engine.forge.merge(&entered.cx, &entered.place, number, order).await;
    done.map_err(|error| match error.code_name() {
        "ALREADY_MERGED" | "NOT_MERGEABLE" => Refusal::with(error, StatusCode::METHOD_NOT_ALLOWED),
        _ => Refusal::from(error),
    })?;
    Ok(StatusCode::OK)
}

impl MergeOrder {
    fn for_forge(self) -> Result<Merge> {
        let Self { r#do, merge_title_field, merge_message_field, head_commit_id, delete_branch_after_merge } = self;
        let style = match r#do.as_str() {
            "merge" => Style::Merge,
            "squash" => Style::Squash,
            "rebase" | "rebase-merge" | "fast-forward-only" => Style::Rebase,
            _ => {
                let hint = "use `merge`, `squash` or `rebase`";
                return Err(Error::invalid("Cannot merge this way").hint(hint).field("Do"));
            }
        };
        let text = |field: Option<String>| field.filter(|text| !text.trim().is_empty());
        let message = match (text(merge_title_field), text(merge_message_field)) {
            (Some(title), Some(message)) => Some(format!("{title}\n\n{message}")),
            (title, message) => title.or(message),
        };
        let head = text(head_commit_id).map(|sha| sha.parse()).transpose();
        Ok(Merge {
            style,
            message,
            expected_head: head.map_err(|error: Error| error.field("head_commit_id"))?,
            delete_branch: delete_branch_after_merge.unwrap_or(false),
        })
    }
}

/// The pull request that the path names.
pub async fn asked_for(entered: &Entered) -> Result<embedded::Issue> {
    entered.engine.forge.pull(&entered.place, entered.number("index")?).await
}

async fn difference(entered: &Entered, issue: &embedded::Issue, bounds: &DiffBounds) -> Result<(CommitId, Diff)> {
    let pull = issue.pull.as_ref().ok_or_else(unknown)?;
    let from = entered.engine.forge.merge_base(&entered.place, issue).await?;
    let from = from.as_ref().map_or(Side::Empty, Side::Commit);
    let diff = entered.git().diff(from, Side::Commit(&pull.head_sha), bounds).await?;
    Ok((pull.head_sha.clone(), diff))
}

async fn shown(entered: &Entered, issue: &embedded::Issue) -> Result<PullRequest> {
    let Entered { place, engine, .. } = entered;
    let open = issue.state == embedded::State::Open;
    let worked_out = WorkedOut {
        mergeable: Some(open && engine.forge.conflicts(place, issue).await?.is_empty()),
        merge_base: engine.forge.merge_base(place, issue).await?,
        reviewers: engine.forge.reviewers(place, issue.number).await?,
    };
    PullRequest::new(&engine.settings.base_url, &place.repository, issue, worked_out).ok_or_else(unknown)
}

fn unknown() -> Error {
    Error::not_found("such pull request")
}
