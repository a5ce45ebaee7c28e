//! Where the lines of a file come from.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::State;

use crate::engine::Engine;
use crate::kit::Error;
use crate::kit::text;
use crate::web::address;
use crate::web::colours;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::show;
use crate::web::pages::code::At;
use crate::web::pages::code::CommitLine;
use crate::web::pages::code::Place;
use crate::web::parts::html::Html;

/// `/{owner}/{repo}/blame/{ref}/{path…}`
#[derive(Template)]
#[template(path = "pages/blame.html")]
pub struct Blame {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// Where in the code.
    pub place: Place,
    /// The path.
    pub path: String,
    /// The address of the file.
    pub href: String,
    /// Lines that stand together and come from one commit.
    pub blocks: Vec<Block>,
}

/// Lines that come from one commit.
#[derive(Clone, Debug)]
pub struct Block {
    /// The commit.
    pub commit: CommitLine,
    /// The same file before that commit: what to look at next.
    pub earlier: Option<String>,
    /// Its path there, when it was another.
    pub path: String,
    /// The lines with their numbers.
    pub lines: Vec<(u32, Html)>,
}

/// `GET /{owner}/{repo}/blame/{ref}/{path…}`
pub async fn page(State(engine): State<Arc<Engine>>, entered: Entered, Path(at): Path<At>) -> Answer {
    let unknown = || Error::not_found("such file");
    let commit = at.commit(&engine, &entered).await?;
    let path = at.path()?.ok_or_else(unknown)?;
    let git = entered.git(&engine);
    let blamed = git.blame(&commit, &path).await?.ok_or_else(unknown)?;
    let file = git.file(&commit, &path).await?.ok_or_else(unknown)?;
    let place = Place::find(&engine, &entered, (&at.reference, &commit), Some(&path)).await?;
    let mut lines = (1..).zip(colours::lines(&String::from_utf8_lossy(&file.bytes), path.as_str()));
    let now = entered.visitor.cx.now();
    let blocks = blamed.iter().map(|blamed| {
        let there = blamed.path.clone().unwrap_or_else(|| path.to_string());
        let earlier = |parent| format!("{}/blame/{parent}/{}", place.root, address::path(&there));
        Block {
            commit: CommitLine::of(&blamed.commit, &place.root, now),
            earlier: blamed.commit.parents.first().map(earlier),
            path: blamed.path.clone().unwrap_or_default(),
            lines: lines.by_ref().take(blamed.count as usize).collect(),
        }
    });
    show(&Blame {
        frame: entered.frame(&engine, path.as_str()).await?,
        repo: entered.head(Tab::Code),
        path: text::visible(path.as_str()),
        href: place.href(path.as_str()),
        blocks: blocks.collect(),
        place,
    })
}
