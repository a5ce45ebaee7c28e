//! Reviews of pull requests.

use std::collections::BTreeSet;

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::api::v1::body::Body;
use crate::api::v1::entered::Entered;
use crate::api::v1::listed::Asked;
use crate::api::v1::pulls;
use crate::api::v1::refusal::Answer;
use crate::forge::embedded::About;
use crate::forge::embedded::Draft;
use crate::forge::embedded::Entry;
use crate::forge::embedded::Issue;
use crate::forge::embedded::LineComment;
use crate::forge::embedded::LineSide;
use crate::forge::embedded::Lines;
use crate::forge::embedded::NewLineComment;
use crate::forge::embedded::NewReview;
use crate::forge::embedded::ReviewState;
use crate::forge::embedded::wire::review::PullReview;
use crate::forge::embedded::wire::review::PullReviewComment;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::page::Page;

/// `GET …/pulls/{index}/reviews`; the caller's own that is not sent yet comes last.
pub async fn list(entered: Entered, asked: Asked) -> Answer<Response> {
    let pull = pulls::asked_for(&entered).await?;
    let page = entered.engine.forge.reviews(&entered.place, pull.number, asked.paging).await?;
    let Page { items, mut total, paging } = page;
    let is_last = paging.offset() + i64::try_from(items.len()).unwrap_or(0) >= i64::try_from(total).unwrap_or(0);
    let official = entered.engine.forge.official_reviews(&entered.place, pull.number).await?;
    let shown = |entry| shown_among(&entered, &pull, entry, &official);
    let mut items = items.iter().map(shown).collect::<Result<Vec<_>>>()?;
    if let Some(draft) = entered.engine.forge.draft(&entered.cx, &entered.place, pull.number).await? {
        total += 1;
        if is_last && i64::try_from(items.len()).unwrap_or(0) < paging.take() {
            items.push(pending(&entered, &pull, &draft)?);
        }
    }
    Ok(asked.answer(&entered.engine.settings.base_url, Page { items, total, paging }))
}

/// `GET …/pulls/{index}/reviews/{id}`.
pub async fn get(entered: Entered) -> Answer<Json<PullReview>> {
    let pull = pulls::asked_for(&entered).await?;
    match named(&entered).await? {
        Named::Sent(entry) => Ok(Json(shown(&entered, &pull, &entry).await?)),
        Named::Pending(draft) => Ok(Json(pending(&entered, &pull, &draft)?)),
    }
}

#[derive(Deserialize)]
pub struct Create {
    event: Option<String>,
    body: Option<String>,
    commit_id: Option<String>,
    comments: Option<Vec<CreateLine>>,
}

#[derive(Deserialize)]
pub struct CreateLine {
    path: Option<String>,
    body: Option<String>,
    new_position: Option<i64>,
    old_position: Option<i64>,
    extra_lines_count: Option<i64>,
}

/// `POST …/pulls/{index}/reviews`. Without an event, or as `PENDING`, it is kept until it is sent; one that is kept already
/// takes in what is new.
pub async fn create(entered: Entered, Body(new): Body<Create>) -> Answer<Json<PullReview>> {
    let Create { event, body, commit_id, comments } = new;
    let state = event_of(event.as_deref())?;
    let looked_at = commit_id.filter(|sha| !sha.is_empty()).map(|sha| sha.parse()).transpose();
    let looked_at = looked_at.map_err(|error: Error| error.field("commit_id"))?;
    let lines = comments.unwrap_or_default().into_iter().map(CreateLine::for_forge).collect::<Result<_>>()?;
    let pull = pulls::asked_for(&entered).await?;
    let Entered { cx, place, engine, .. } = &entered;
    let Some(state) = state else {
        let words = (body.as_deref().filter(|body| !body.is_empty()), lines);
        let draft = engine.forge.add_to_draft(cx, place, pull.number, words, looked_at.as_ref()).await?;
        return Ok(Json(pending(&entered, &pull, &draft)?));
    };
    let new = NewReview { state, body: body.unwrap_or_default(), looked_at, lines };
    let entry = engine.forge.review(cx, place, pull.number, new).await?;
    Ok(Json(shown(&entered, &pull, &entry).await?))
}

#[derive(Deserialize)]
pub struct Submit {
    event: Option<String>,
    body: Option<String>,
}

/// `POST …/pulls/{index}/reviews/{id}`: sends a review that was kept.
pub async fn submit(entered: Entered, Body(Submit { event, body }): Body<Submit>) -> Answer<Json<PullReview>> {
    let pull = pulls::asked_for(&entered).await?;
    let Named::Pending(draft) = named(&entered).await? else {
        return Err(Error::invalid("This review is sent already").field("id").into());
    };
    let needed = || Error::invalid("A review is sent with a judgement").hint(EVENTS).field("event");
    let state = event_of(event.as_deref())?.ok_or_else(needed)?;
    let body = body.filter(|body| !body.is_empty()).unwrap_or(draft.body);
    let Entered { cx, place, engine, .. } = &entered;
    let entry = engine.forge.send_draft(cx, place, pull.number, (state, &body), None).await?;
    Ok(Json(shown(&entered, &pull, &entry).await?))
}

/// `DELETE …/pulls/{index}/reviews/{id}`: throws away a review that was kept. What was said stays said.
pub async fn delete(entered: Entered) -> Answer<StatusCode> {
    let pull = pulls::asked_for(&entered).await?;
    let Named::Pending(_) = named(&entered).await? else {
        return Err(Error::denied("A review that was sent cannot be deleted").hint("dismiss it").into());
    };
    entered.engine.forge.discard_draft(&entered.cx, &entered.place, pull.number).await?;
    Ok(StatusCode::NO_CONTENT)
}

const EVENTS: &str = "use `APPROVED`, `REQUEST_CHANGES`, `COMMENT` or `PENDING`";

/// The judgement that a word means; none for a review that is kept.
fn event_of(event: Option<&str>) -> Result<Option<ReviewState>> {
    match event.unwrap_or_default() {
        "APPROVED" | "APPROVE" => Ok(Some(ReviewState::Approved)),
        "REQUEST_CHANGES" => Ok(Some(ReviewState::ChangesRequested)),
        "COMMENT" => Ok(Some(ReviewState::Commented)),
        "PENDING" | "" => Ok(None),
        _ => Err(Error::invalid("There is no such review").hint(EVENTS).field("event")),
    }
}

impl CreateLine {
    fn for_forge(self) -> Result<NewLineComment> {
        let Self { path, body, new_position, old_position, extra_lines_count } = self;
        let position = |given: Option<i64>| given.filter(|line| *line > 0);
        let (side, first) = match (position(new_position), position(old_position)) {
            (Some(line), _) => (LineSide::New, line),
            (None, Some(line)) => (LineSide::Old, line),
            (None, None) => {
                let error = Error::invalid("A comment on a line needs `new_position` or `old_position`");
                return Err(error.field("comments"));
            }
        };
        let last = first.saturating_add(extra_lines_count.unwrap_or(0).max(0));
        let lines = Lines { path: path.unwrap_or_default(), side, first, last };
        Ok(NewLineComment { about: About::Lines(lines), body: body.unwrap_or_default() })
    }
}

/// `GET …/pulls/{index}/reviews/{id}/comments`.
pub async fn lines(entered: Entered) -> Answer<Json<Vec<PullReviewComment>>> {
    let lines = lines_of(&entered).await?;
    Ok(Json(lines.iter().map(|line| shown_line(&entered, line)).collect()))
}

/// `POST …/pulls/{index}/reviews/{id}/comments`: puts one more word into a review that was kept.
pub async fn add_line(entered: Entered, Body(new): Body<CreateLine>) -> Answer<Json<PullReviewComment>> {
    let number = pulls::asked_for(&entered).await?.number;
    let Named::Pending(_) = named(&entered).await? else {
        return Err(Error::invalid("This review is sent already").hint("write another one").field("id").into());
    };
    let words = (None, vec![new.for_forge()?]);
    let draft = entered.engine.forge.add_to_draft(&entered.cx, &entered.place, number, words, None).await?;
    let added = draft.lines.last().ok_or_else(|| Error::internal("A word that was just kept is not there"))?;
    Ok(Json(shown_line(&entered, added)))
}

/// `GET …/pulls/{index}/reviews/{id}/comments/{comment}`.
pub async fn line(entered: Entered) -> Answer<Json<PullReviewComment>> {
    let (lines, wanted) = (lines_of(&entered).await?, entered.number("comment")?);
    let found = lines.iter().find(|line| line.id == wanted).ok_or_else(|| Error::not_found("such comment"))?;
    Ok(Json(shown_line(&entered, found)))
}

/// `DELETE …/pulls/{index}/reviews/{id}/comments/{comment}`: takes a word out of a review that was kept.
pub async fn delete_line(entered: Entered) -> Answer<StatusCode> {
    let (number, wanted) = (pulls::asked_for(&entered).await?.number, entered.number("comment")?);
    let Named::Pending(_) = named(&entered).await? else {
        return Err(Error::denied("A word that was sent cannot be deleted").hint("edit it").into());
    };
    entered.engine.forge.take_from_draft(&entered.cx, &entered.place, number, wanted).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn lines_of(entered: &Entered) -> Result<Vec<LineComment>> {
    match named(entered).await? {
        Named::Sent(entry) => entered.engine.forge.lines_of_review(&entered.place, entry.id).await,
        Named::Pending(draft) => Ok(draft.lines),
    }
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
    let Named::Sent(review) = named(&entered).await? else { return Err(Error::not_found("such review").into()) };
    let Entered { cx, place, engine, .. } = &entered;
    let entry = engine.forge.dismiss_review(cx, place, review.id, reason.as_deref()).await?;
    Ok(Json(shown(&entered, &pull, &entry).await?))
}

/// A review that a path names.
enum Named {
    Sent(Entry),
    /// Not sent yet, and the caller's own.
    Pending(Draft),
}

/// The review that the path names, on the pull request that it names.
async fn named(entered: &Entered) -> Result<Named> {
    let unknown = || Error::not_found("such review");
    let (number, id) = (entered.number("index")?, entered.number("id")?);
    let draft = entered.engine.forge.draft(&entered.cx, &entered.place, number).await?;
    if let Some(draft) = draft.filter(|draft| draft.id == id) {
        return Ok(Named::Pending(draft));
    }
    let found = entered.engine.forge.entry(&entered.place, id).await.map_err(|_| unknown())?;
    let sent = Some(found).filter(|entry| entry.number == number && entry.review.is_some());
    sent.map(Named::Sent).ok_or_else(unknown)
}

fn pending(entered: &Entered, pull: &Issue, draft: &Draft) -> Result<PullReview> {
    let head = &pull.pull.as_ref().ok_or_else(|| Error::not_found("such review"))?.head_sha;
    let (base, repository) = (&entered.engine.settings.base_url, &entered.place.repository);
    Ok(PullReview::pending(base, repository, draft, head))
}

async fn shown(entered: &Entered, pull: &Issue, entry: &Entry) -> Result<PullReview> {
    let official = entered.engine.forge.official_reviews(&entered.place, pull.number).await?;
    shown_among(entered, pull, entry, &official)
}

fn shown_among(entered: &Entered, pull: &Issue, entry: &Entry, official: &BTreeSet<i64>) -> Result<PullReview> {
    let unknown = || Error::not_found("such review");
    let head = &pull.pull.as_ref().ok_or_else(unknown)?.head_sha;
    let (base, repository) = (&entered.engine.settings.base_url, &entered.place.repository);
    PullReview::new(base, repository, entry, (head, official.contains(&entry.id))).ok_or_else(unknown)
}

fn shown_line(entered: &Entered, line: &LineComment) -> PullReviewComment {
    PullReviewComment::new(&entered.engine.settings.base_url, &entered.place.repository, line)
}
