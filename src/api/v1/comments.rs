//! Comments on issues and pull requests.

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::api::v1::body::Body;
use crate::api::v1::entered::Entered;
use crate::api::v1::listed::Asked;
use crate::api::v1::refusal::Answer;
use crate::forge::embedded::Entry;
use crate::forge::embedded::EntryKind;
use crate::forge::embedded::Which;
use crate::forge::embedded::wire::comment::Comment;
use crate::kit::Error;

/// `GET …/issues/{index}/comments`.
pub async fn list(entered: Entered, asked: Asked) -> Answer<Response> {
    let number = entered.number("index")?;
    let Entered { place, engine, .. } = &entered;
    engine.forge.issue(place, number).await?;
    let page = engine.forge.entries(place, number, Which::Comments, asked.paging).await?;
    let base = &engine.settings.base_url;
    Ok(asked.answer(base, page.map(|entry| Comment::new(base, &place.repository, &entry))))
}

/// `GET …/issues/comments`: of the whole repository, oldest first.
pub async fn everywhere(entered: Entered, asked: Asked) -> Answer<Response> {
    let Entered { place, engine, .. } = &entered;
    let page = engine.forge.comments_everywhere(place, asked.paging).await?;
    let base = &engine.settings.base_url;
    Ok(asked.answer(base, page.map(|entry| Comment::new(base, &place.repository, &entry))))
}

#[derive(Deserialize)]
pub struct Text {
    body: String,
}

/// `POST …/issues/{index}/comments`.
pub async fn create(entered: Entered, Body(Text { body }): Body<Text>) -> Answer<(StatusCode, Json<Comment>)> {
    let number = entered.number("index")?;
    let entry = entered.engine.forge.comment(&entered.cx, &entered.place, number, &body).await?;
    Ok((StatusCode::CREATED, Json(shown(&entered, &entry))))
}

/// `GET …/issues/comments/{id}`.
pub async fn get(entered: Entered) -> Answer<Json<Comment>> {
    let entry = entered.engine.forge.entry(&entered.place, entered.number("id")?).await?;
    if entry.kind != EntryKind::Comment {
        return Err(Error::not_found("such comment").into());
    }
    Ok(Json(shown(&entered, &entry)))
}

/// `PATCH …/issues/comments/{id}`.
pub async fn change(entered: Entered, Body(Text { body }): Body<Text>) -> Answer<Json<Comment>> {
    let id = entered.number("id")?;
    let entry = entered.engine.forge.edit_comment(&entered.cx, &entered.place, id, &body, None).await?;
    Ok(Json(shown(&entered, &entry)))
}

fn shown(entered: &Entered, entry: &Entry) -> Comment {
    Comment::new(&entered.engine.settings.base_url, &entered.place.repository, entry)
}
