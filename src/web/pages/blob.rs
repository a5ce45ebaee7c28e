//! One file at a ref, with an anchor for each line.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Deserialize;

use crate::engine::Engine;
use crate::git;
use crate::kit::Error;
use crate::kit::text;
use crate::model::CommitId;
use crate::model::TreePath;
use crate::web::address;
use crate::web::colours;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::show;
use crate::web::pages::code::At;
use crate::web::pages::code::Place;
use crate::web::parts::html::Html;
use crate::web::parts::size;
use crate::web::stacks;

/// `/{owner}/{repo}/src/{ref}/{path…}` of a file.
#[derive(Template)]
#[template(path = "pages/blob.html")]
pub struct Blob {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// Where in the code.
    pub place: Place,
    /// The path.
    pub path: String,
    /// Its size in words.
    pub size: String,
    /// Its mode, when it is not that of a plain file.
    pub mode: &'static str,
    /// The lines.
    pub lines: Vec<Html>,
    /// The file as prose, when it is Markdown and the address does not ask for lines.
    pub prose: Option<Html>,
    /// Whether it can be read as prose.
    pub markdown: bool,
    /// Said instead of lines: binary, too large, a link.
    pub note: String,
    /// The address of this file as it is.
    pub raw_href: String,
    /// The address of the commits that changed it.
    pub history_href: String,
    /// The address of where its lines come from.
    pub blame_href: String,
    /// The address of this page.
    pub href: String,
    /// The address of this file at its commit, which never changes.
    pub permanent: String,
    /// Stacks that can be dispatched on this file.
    pub stacks: Vec<String>,
}

/// More lines than these are not put on a page.
const MOST_LINES: usize = 10_000;
/// Bytes of the target of a link that are shown.
const LONGEST_TARGET: usize = 4096;
/// Nor are more bytes.
const MOST_BYTES: usize = 1 << 20;

/// How the address asks to see a file.
#[derive(Debug, Default, Deserialize)]
pub struct View {
    /// Markdown as lines, not as prose.
    pub lines: Option<String>,
}

/// The page of a file.
pub(super) async fn file(
    engine: &Engine,
    entered: &Entered,
    (reference, commit): (&str, &CommitId),
    path: &TreePath,
    file: &git::File,
    view: &View,
) -> Answer {
    let place = Place::find(engine, entered, (reference, commit), Some(path)).await?;
    let note = note(file);
    let text = file.text().filter(|_| note.is_empty()).unwrap_or_default();
    let markdown = note.is_empty() && path.as_str().ends_with(".md");
    let prose = (markdown && view.lines.is_none()).then(|| Html::markdown_in(text, &place.folder_of(path)));
    let lines = if prose.is_none() { colours::lines(text, path.as_str()) } else { Vec::new() };
    let below = address::path(path.as_str());
    show(&Blob {
        frame: entered.frame(engine, path.as_str()).await?,
        repo: entered.head(Tab::Code),
        path: text::visible(path.as_str()),
        size: size::bytes(file.bytes.len() as u64),
        mode: if file.kind == git::EntryKind::Executable { "executable" } else { "" },
        lines,
        prose,
        markdown,
        note,
        raw_href: format!("{}/raw/{}/{below}", place.root, place.reference),
        history_href: format!("{}/commits/{}/{below}", place.root, place.reference),
        blame_href: format!("{}/blame/{}/{below}", place.root, place.reference),
        href: place.href(path.as_str()),
        permanent: format!("{}/src/{commit}/{below}", place.root),
        stacks: stacks::to_dispatch(engine, entered).await?,
        place,
    })
}

fn note(file: &git::File) -> String {
    if file.kind == git::EntryKind::Link {
        // No path that anything follows is longer; a link may hold any bytes.
        let (target, rest) = file.bytes.split_at(file.bytes.len().min(LONGEST_TARGET));
        let more =
            if rest.is_empty() { String::new() } else { format!(" … and {} more", size::bytes(rest.len() as u64)) };
        return format!("A link to `{}`{more}", git::object::shown(target));
    }
    match file.text() {
        None if file.is_binary() => "This file is binary: look at it raw, or clone the repository".to_owned(),
        None => "This file is not UTF-8: look at it raw, or clone the repository".to_owned(),
        Some(text) if text.len() > MOST_BYTES || text.lines().nth(MOST_LINES).is_some() => {
            "This file is too long for a page: look at it raw, or clone the repository".to_owned()
        }
        Some("") => "This file is empty".to_owned(),
        Some(_) => String::new(),
    }
}

/// `GET /{owner}/{repo}/raw/{ref}/{path…}`: the bytes, which no browser may take for a page.
pub async fn raw(State(engine): State<Arc<Engine>>, entered: Entered, Path(at): Path<At>) -> Answer {
    let commit = at.commit(&engine, &entered).await?;
    let path = at.path()?.ok_or_else(|| Error::not_found("such file"))?;
    let file = entered.git(&engine).file(&commit, &path).await?.ok_or_else(|| Error::not_found("such file"))?;
    let kind = if file.text().is_some() { "text/plain; charset=utf-8" } else { "application/octet-stream" };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
    ];
    Ok((headers, file.bytes).into_response())
}
