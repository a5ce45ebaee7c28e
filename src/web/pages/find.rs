//! Searching in the code at a ref.

use std::sync::Arc;

use askama::Template;
use axum::extract::Query;
use axum::extract::State;
use serde::Deserialize;

use crate::engine::Engine;
use crate::git;
use crate::kit::Error;
use crate::web::address;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::again;
use crate::web::page::show;
use crate::web::parts::field::Wrong;
use crate::web::parts::html::Html;

/// `/{owner}/{repo}/search`
#[derive(Template)]
#[template(path = "pages/find.html")]
pub struct Find {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// The ref that is searched.
    pub reference: String,
    /// The words.
    pub words: String,
    /// Files with hits, by path.
    pub files: Vec<FoundFile>,
    /// Why this is not everything; empty when it is.
    pub note: &'static str,
    /// What was wrong with the words.
    pub wrong: Wrong,
}

/// A file with hits.
#[derive(Clone, Debug)]
pub struct FoundFile {
    /// Its path.
    pub path: Html,
    /// Its address; none for a path that no address can hold.
    pub href: Option<String>,
    /// Lines with hits: the number and the text.
    pub lines: Vec<(u32, Html)>,
    /// Hits that are not shown.
    pub more: usize,
}

/// What an address searches.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    q: Option<String>,
    #[serde(rename = "ref")]
    reference: Option<String>,
}

/// `GET /{owner}/{repo}/search?q=…&ref=…`
pub async fn page(State(engine): State<Arc<Engine>>, entered: Entered, Query(asked): Query<Asked>) -> Answer {
    let git = entered.git(&engine);
    let default = || entered.place.repository.default_branch.to_string();
    let reference = asked.reference.filter(|name| !name.is_empty()).unwrap_or_else(default);
    let mut page = Find {
        frame: entered.frame(&engine, "Search in code").await?,
        repo: entered.head(Tab::Code),
        words: asked.q.unwrap_or_default().trim().to_owned(),
        files: Vec::new(),
        note: "",
        wrong: Wrong::default(),
        reference,
    };
    let Some(commit) = git.resolve(&page.reference).await? else {
        return Err(Error::not_found("such branch, tag or commit").into());
    };
    if page.words.is_empty() {
        return show(&page);
    }
    match git.find(&commit, &page.words).await {
        Ok(found) => {
            let base = format!("{}/src/{}", entered.root(), address::escape(&page.reference));
            page.files = found.files.iter().map(|file| FoundFile::of(file, &base)).collect();
            page.note = found.cut.unwrap_or_default();
            show(&page)
        }
        Err(error) if error.field_name() == Some("q") => {
            page.wrong = Wrong::from(&error);
            again(&page)
        }
        Err(error) => Err(error.into()),
    }
}

impl FoundFile {
    fn of(file: &git::FoundFile, base: &str) -> Self {
        Self {
            path: Html::shown(&file.path),
            href: file.plain.then(|| format!("{base}/{}", address::path(&file.path))),
            lines: file.lines.iter().map(|(number, line)| (*number, Html::visible_bytes(line))).collect(),
            more: file.more,
        }
    }
}
