//! Reviews of pull requests.

use axum::Json;
use axum::response::Response;
use serde::Deserialize;

use crate::api::v1::body::Body;
use crate::api::v1::entered::Entered;
use crate::api::v1::listed::Asked;
use crate::api::v1::pulls;
use crate::api::v1::refusal::Answer;
use crate::forge::embedded::Entry;
use crate::forge::embedded::Issue;
use crate::forge::embedded::LineComment;
use crate::forge::embedded::LineSide;
use crate::forge::embedded::NewLineComment;
use crate::forge::embedded::NewReview;
use crate::forge::embedded::ReviewState;
use crate::forge::embedded::wire::review::PullReview;
use crate::forge::embedded::wire::review::PullReviewComment;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::page::Page;

/// `GET …/pulls/{index}/reviews`.
pub async fn list(entered: Entered, asked: Asked) -> Answer<Response> {
    let pull = pulls::asked_for(&entered).await?;
    let page = entered.engine.forge.reviews(&entered.place, pull.number, asked.paging).await?;
    let Page { items, total, paging } = page;
    let items = items.iter().map(|entry| shown(&entered, &pull, entry)).collect::<Result<Vec<_>>>()?;
    Ok(asked.answer(&entered.engine.settings.base_url, Page { items, total, paging }))
}

/// `GET …/pulls/{index}/reviews/{id}`.
pub async fn get(entered: Entered) -> Answer<Json<PullReview>> {
    let pull = pulls::asked_for(&entered).await?;
    let entry = named(&entered).await?;
    Ok(Json(shown(&entered, &pull, &entry)?))
}

#[derive(Deserialize)]
pub struct Create {
    event: Option<String>,
    body: Option<String>,
    commit_id: Option<String>,
    comments: Option<Vec<CreateLine>>,
}

#[derive(Deserialize)]
struct CreateLine {
    path: Option<String>,
    body: Option<String>,
    new_position: Option<i64>,
    old_position: Option<i64>,
}

/// `POST …/pulls/{index}/reviews`. It counts at once: a review is never kept as a draft.
pub async fn create(entered: Entered, Body(new): Body<Create>) -> Answer<Json<PullReview>> {
    let Create { event, body, commit_id, comments } = new;
    let state = match event.as_deref().unwrap_or("COMMENT") {
        "APPROVED" | "APPROVE" => ReviewState::Approved,
        "REQUEST_CHANGES" => ReviewState::ChangesRequested,
        "COMMENT" | "" => ReviewState::Commented,
        _ => {
            let hint = "use `APPROVED`, `REQUEST_CHANGES` or `COMMENT`";
            return Err(Error::invalid("There is no such review").hint(hint).field("event").into());
        }
    };
    let looked_at = commit_id.filter(|sha| !sha.is_empty()).map(|sha| sha.parse()).transpose();
    let new = NewReview {
        state,
        body: body.unwrap_or_default(),
        looked_at: looked_at.map_err(|error: Error| error.field("commit_id"))?,
        lines: comments.unwrap_or_default().into_iter().map(CreateLine::for_forge).collect::<Result<_>>()?,
    };
    let pull = pulls::asked_for(&entered).await?;
    let entry = entered.engine.forge.review(&entered.cx, &entered.place, pull.number, new).await?;
    Ok(Json(shown(&entered, &pull, &entry)?))
}

impl CreateLine {
    fn for_forge(self) -> Result<NewLineComment> {
        let Self { path, body, new_position, old_position } = self;
        let position = |given: Option<i64>| given.filter(|line| *line > 0);
        let (side, line) = match (position(new_position), position(old_position)) {
            (Some(line), _) => (LineSide::New, line),
            (None, Some(line)) => (LineSide::Old, line),
            (None, None) => {
                let error = Error::invalid("A comment on a line needs `new_position` or `old_position`");
                return Err(error.field("comments"));
            }
        };
        Ok(NewLineComment { path: path.unwrap_or_default(), side, line, body: body.unwrap_or_default() })
    }
}

/// `GET …/pulls/{index}/reviews/{id}/comments`.
pub async fn lines(entered: Entered) -> Answer<Json<Vec<PullReviewComment>>> {
    let review = named(&entered).await?;
    let lines = entered.engine.forge.lines_of_review(&entered.place, review.id).await?;
    Ok(Json(lines.iter().map(|line| shown_line(&entered, line)).collect()))
}

/// `GET …/pulls/{index}/reviews/{id}/comments/{comment}`.
pub async fn line(entered: Entered) -> Answer<Json<PullReviewComment>> {
    let (review, wanted) = (named(&entered).await?, entered.number("comment")?);
    let lines = entered.engine.forge.lines_of_review(&entered.place, review.id).await?;
    let found = lines.iter().find(|line| line.id == wanted).ok_or_else(|| Error::not_found("such comment"))?;
    Ok(Json(shown_line(&entered, found)))
}

#[derive(Deserialize)]
pub struct Dismiss {
    message: Option<String>,
}

/// `POST …/pulls/{index}/reviews/{id}/dismissals`.
pub async fn dismiss(entered: Entered, Body(Dismiss { message }): Body<Dismiss>) -> Answer<Json<PullReview>> {
    judge(entered, Some(message.unwrap_or_default())).await
}

/// `POST …/pulls/{index}/reviews/{id}/undismissals`.
pub async fn undismiss(entered: Entered) -> Answer<Json<PullReview>> {
    judge(entered, None).await
}

async fn judge(entered: Entered, reason: Option<String>) -> Answer<Json<PullReview>> {
    let pull = pulls::asked_for(&entered).await?;
    let review = named(&entered).await?;
    let Entered { cx, place, engine, .. } = &entered;
    let entry = engine.forge.dismiss_review(cx, place, review.id, reason.as_deref()).await?;
    Ok(Json(shown(&entered, &pull, &entry)?))
}

/// The review that the path names, on the pull request that it names.
async fn named(entered: &Entered) -> Result<Entry> {
    let unknown = || Error::not_found("such review");
    let (number, id) = (entered.number("index")?, entered.number("id")?);
    let found = entered.engine.forge.entry(&entered.place, id).await.map_err(|_| unknown())?;
    Some(found).filter(|entry| entry.number == number && entry.review.is_some()).ok_or_else(unknown)
}

fn shown(entered: &Entered, pull: &Issue, entry: &Entry) -> Result<PullReview> {
    let unknown = || Error::not_found("such review");
    let head = &pull.pull.as_ref().ok_or_else(unknown)?.head_sha;
    let (base, repository) = (&entered.engine.settings.base_url, &entered.place.repository);
    PullReview::new(base, repository, entry, head).ok_or_else(unknown)
}

fn shown_line(entered: &Entered, line: &LineComment) -> PullReviewComment {
    PullReviewComment::new(&entered.engine.settings.base_url, &entered.place.repository, line)
}
