//! Downloading the files of a commit.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Path;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse as _;
use serde::Deserialize;
use tokio_util::io::ReaderStream;

use crate::engine::Engine;
use crate::git::Packed;
use crate::kit::Error;
use crate::web::entered::Entered;
use crate::web::errors::Answer;

/// The file that an address names: a ref and how it is packed.
#[derive(Debug, Deserialize)]
pub struct Named {
    name: String,
}

/// `GET /{owner}/{repo}/archive/{ref}.tar.gz` or `.zip`
pub async fn download(State(engine): State<Arc<Engine>>, entered: Entered, Path(named): Path<Named>) -> Answer {
    let unknown = || Error::not_found("such archive").hint("an address ends in `.tar.gz` or `.zip`");
    let (packed, reference) = Packed::of(&named.name).ok_or_else(unknown)?;
    let git = entered.git(&engine);
    let commit = git.resolve(reference).await?.ok_or_else(|| Error::not_found("such branch, tag or commit"))?;
    let body = git.archive(&commit, packed).await?;
    let repository = &entered.place.repository;
    let file = format!("attachment; filename=\"{}-{}.{}\"", repository.name, commit.short(), packed.ending());
    let headers = [(header::CONTENT_TYPE, packed.media_type().to_owned()), (header::CONTENT_DISPOSITION, file)];
    Ok((headers, Body::from_stream(ReaderStream::with_capacity(body, 64 * 1024))).into_response())
}
