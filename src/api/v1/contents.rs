//! Files: reading at a ref, and writing as commits on a branch.

use axum::Json;
use axum::body::Body as Bytes;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::api::v1::body::Body;
use crate::api::v1::entered::Entered;
use crate::api::v1::listed::Asked;
use crate::api::v1::refusal::Answer;
use crate::forge::embedded::wire::commit::FileCommit;
use crate::forge::embedded::wire::contents::At;
use crate::forge::embedded::wire::contents::Contents;
use crate::forge::embedded::wire::contents::FileResponse;
use crate::forge::embedded::wire::contents::Verification;
use crate::git;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::page::Paging;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::TreePath;

/// The most entries of one folder.
const MOST: u32 = 10_000;

/// `GET …/contents`.
pub async fn root(entered: Entered, asked: Asked) -> Answer<Response> {
    read(&entered, None, &asked.one("ref").unwrap_or_default()).await
}

/// `GET …/contents/{path}`: a file with its bytes, or a list of what a directory holds.
pub async fn get(entered: Entered, asked: Asked) -> Answer<Response> {
    let path = path(&entered)?;
    read(&entered, Some(path), &asked.one("ref").unwrap_or_default()).await
}

async fn read(entered: &Entered, path: Option<TreePath>, reference: &str) -> Answer<Response> {
    let repository = &entered.place.repository;
    let commit = entered.commit(reference).await?;
    let reference = if reference.is_empty() { repository.default_branch.as_str() } else { reference };
    let at = At { base: &entered.engine.settings.base_url, repository, commit: &commit, reference };
    let git = entered.git();
    if let Some(path) = &path
        && let Some(file) = git.file(&commit, path).await?
    {
        return Ok(Json(Contents::file(&at, path, &file)).into_response());
    }
    let first = Paging { page: 1, limit: MOST };
    let page = git.listing(&commit, path.as_ref(), first, |_| false).await?.ok_or_else(unknown)?.page;
    if page.total > u64::from(MOST) {
        let message = format!("This folder holds {} entries: too many for one answer", page.total);
        return Err(Error::new(ErrorKind::TooLarge, message).hint("`git/trees` says what it leaves out").into());
    }
    let listed = page.items.iter().map(|entry| {
        let whole = entry.path.as_ref().map_or(entry.shown.as_str(), |path| path.as_str());
        Contents::entry(&at, whole, entry.kind, &entry.id, entry.size.unwrap_or(0))
    });
    Ok(Json(listed.collect::<Vec<_>>()).into_response())
}

/// `GET …/raw/{path}`: the bytes alone, never as something that a browser runs.
pub async fn raw(entered: Entered, asked: Asked) -> Answer<Response> {
    let path = path(&entered)?;
    let commit = entered.commit(&asked.one("ref").unwrap_or_default()).await?;
    let file = entered.git().file(&commit, &path).await?.ok_or_else(unknown)?;
    let text = file.text().is_some();
    let kind = if text { "text/plain; charset=utf-8" } else { "application/octet-stream" };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
    ];
    Ok((headers, Bytes::from(file.bytes)).into_response())
}

#[derive(Deserialize)]
pub struct Write {
    content: Option<String>,
    sha: Option<String>,
    message: Option<String>,
    branch: Option<String>,
    new_branch: Option<String>,
    author: Option<Identity>,
    committer: Option<Identity>,
}

#[derive(Deserialize)]
struct Identity {
    name: Option<String>,
    email: Option<String>,
}

/// `POST …/contents/{path}`: a new file.
pub async fn create(entered: Entered, Body(write): Body<Write>) -> Answer<(StatusCode, Json<FileResponse>)> {
    Ok((StatusCode::CREATED, Json(commit(&entered, write, What::Create).await?)))
}

/// `PUT …/contents/{path}`: a file that is as it was seen; without `sha`, a new one.
pub async fn update(entered: Entered, Body(write): Body<Write>) -> Answer<(StatusCode, Json<FileResponse>)> {
    let new = write.sha.as_deref().unwrap_or_default().is_empty();
    let (status, what) = if new { (StatusCode::CREATED, What::Create) } else { (StatusCode::OK, What::Update) };
    Ok((status, Json(commit(&entered, write, what).await?)))
}

/// `DELETE …/contents/{path}`.
pub async fn delete(entered: Entered, Body(write): Body<Write>) -> Answer<Json<FileResponse>> {
    Ok(Json(commit(&entered, write, What::Delete).await?))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Create,
    Update,
    Delete,
}

async fn commit(entered: &Entered, write: Write, what: What) -> Result<FileResponse> {
    let Write { content, sha, message, branch, new_branch, author, committer } = write;
    let path: TreePath = entered.text("path").parse().map_err(|error: Error| error.field("path"))?;
    let repository = &entered.place.repository;
    let git = entered.git();
    let start = branch_of(branch, "branch")?.unwrap_or_else(|| repository.default_branch.clone());
    let tip = git.branch(&start).await?;
    if tip.is_none() && !git.is_empty().await? {
        return Err(Error::not_found("such branch").field("branch"));
    }
    let executable = check_seen(&git, tip.as_ref(), &path, sha.as_deref(), what).await?;
    let change = match what {
        What::Delete => git::Change::Remove,
        What::Create | What::Update => git::Change::Write { bytes: bytes(content)?, executable },
    };
    let target = branch_of(new_branch, "new_branch")?.filter(|branch| *branch != start);
    let expected = match (&target, &tip) {
        (None, Some(tip)) => git::Expected::At(tip.clone()),
        _ => git::Expected::Absent,
    };
    let own = entered.engine.forge.signature(&entered.cx).await?;
    let verb = match what {
        What::Create => "Add",
        What::Update => "Update",
        What::Delete => "Delete",
    };
    let message = message.filter(|text| !text.trim().is_empty()).unwrap_or_else(|| format!("{verb} {path}"));
    let new = git::CommitFiles {
        branch: target.unwrap_or(start),
        expected,
        base: tip,
        changes: vec![(path.clone(), change)],
        author: named(author, &own)?,
        committer: named(committer, &own)?,
        message,
    };
    let branch = new.branch.clone();
    let made = entered.engine.forge.commit_files(&entered.cx, &entered.place, new).await?;
    answer(entered, &path, &branch, &made).await
}

async fn answer(entered: &Entered, path: &TreePath, branch: &BranchName, made: &CommitId) -> Result<FileResponse> {
    let (base, repository, git) = (&entered.engine.settings.base_url, &entered.place.repository, entered.git());
    let commit = git.commit(made).await?.ok_or_else(|| Error::internal("A commit that was just made is not there"))?;
    let at = At { base, repository, commit: made, reference: branch.as_str() };
    let file = git.file(made, path).await?;
    Ok(FileResponse {
        content: file.map(|file| Contents::file(&at, path, &file)),
        commit: FileCommit::new(base, repository, &commit),
        verification: Verification::default(),
    })
}

/// Whether the file is as whoever asks saw it; whether it can be run.
async fn check_seen(
    git: &git::Repository,
    tip: Option<&CommitId>,
    path: &TreePath,
    sha: Option<&str>,
    what: What,
) -> Result<bool> {
    let file = match tip {
        Some(tip) => git.file(tip, path).await?,
        None => None,
    };
    match (file, what) {
        (Some(_), What::Create) => Err(Error::invalid(format!("There is a file at `{path}` already")).field("path")),
        (None, What::Create) => Ok(false),
        (None, What::Update | What::Delete) => Err(unknown()),
        (Some(file), What::Update | What::Delete) => match sha {
            Some(sha) if sha == file.id.as_str() => Ok(file.kind == git::EntryKind::Executable),
            Some(_) => Err(Error::invalid(format!("`{path}` changed: its blob is {} now", file.id)).field("sha")),
            None => Err(Error::invalid("`sha` must name the blob that was seen").field("sha")),
        },
    }
}

fn bytes(content: Option<String>) -> Result<Vec<u8>> {
    let content = content.ok_or_else(|| Error::invalid("`content` is missing").field("content"))?;
    let packed: String = content.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(packed).map_err(|_| Error::invalid("`content` is not base64").field("content"))
}

fn branch_of(name: Option<String>, field: &'static str) -> Result<Option<BranchName>> {
    let name = name.filter(|name| !name.is_empty()).map(|name| name.parse()).transpose();
    name.map_err(|error: Error| error.field(field))
}

/// Names a commit's author as whoever asks wishes, in one line without the signs that Git needs.
fn named(identity: Option<Identity>, own: &git::Who) -> Result<git::Who> {
    let Some(Identity { name, email }) = identity else { return Ok(own.clone()) };
    let or_own = |given: Option<String>, own: &String| given.filter(|text| !text.is_empty()).unwrap_or(own.clone());
    let who = git::Who { name: or_own(name, &own.name), email: or_own(email, &own.email), at: own.at };
    let wrong = |text: &str| text.len() > 254 || text.chars().any(|c| c.is_control() || matches!(c, '<' | '>'));
    if wrong(&who.name) || wrong(&who.email) {
        return Err(Error::invalid("Names in commits are one line without `<` and `>`").field("author"));
    }
    Ok(who)
}

fn path(entered: &Entered) -> Result<TreePath> {
    entered.text("path").parse().map_err(|_| unknown())
}

fn unknown() -> Error {
    Error::not_found("such file")
}
