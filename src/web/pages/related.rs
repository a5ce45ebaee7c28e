//! What the company brain says about a repository, or about one of its issues or pull requests. Beside those it stands as a panel
//! that a browser fetches from here when it has shown the rest, so that no page waits for a question to the brain.

use std::sync::Arc;

use askama::Template;
use axum::extract::Query;
use axum::extract::State;
use serde::Deserialize;

use crate::engine::Engine;
use crate::kit::Error;
use crate::kit::text::visible_line;
use crate::memory::related::About;
use crate::web::brained::Brained;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::show;
use crate::web::parts::recalled::Recalled;

/// `/{owner}/{repo}/memory`
#[derive(Template)]
#[template(path = "pages/related.html")]
pub struct RelatedPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// What it is about, for people: `#3 Title`; empty for the repository.
    pub about: String,
    /// The address of that.
    pub about_href: String,
    /// Records and notes.
    pub found: Vec<Recalled>,
    /// Where to look for more.
    pub search_href: String,
}

/// Which issue or pull request.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    number: Option<i64>,
}

/// `GET /{owner}/{repo}/memory?number=…`
pub async fn page(State(engine): State<Arc<Engine>>, entered: Entered, Query(asked): Query<Asked>) -> Answer {
    let issue = match asked.number {
        Some(number) => Some(engine.forge.issue(&entered.place, number).await?),
        None => None,
    };
    let cx = &entered.visitor.cx;
    let repository = &entered.place.repository;
    let none = || Error::not_found("such page: there is no company brain here that you may read");
    let (brain, scope) = engine.readable_brain(cx, &repository.owner_name).await?.ok_or_else(none)?;
    let tip = brain.tip.clone().ok_or_else(none)?;
    let (git, view) = engine.brain_view(&brain.place.repository.reference(), &tip).await?;
    let about = About {
        repo: repository.reference().to_string(),
        title: issue.as_ref().map(|issue| issue.title.clone()).unwrap_or_default(),
    };
    let brained = Brained {
        place: brain.place,
        visitor: entered.visitor.clone(),
        git,
        view: Some(view),
        scope,
        moment: String::new(),
    };
    let found = engine.memory.related(&brained.git, brained.view()?, about, &brained.scope).await?;
    let folder = |issue: &crate::forge::embedded::Issue| if issue.pull.is_some() { "pulls" } else { "issues" };
    show(&RelatedPage {
        frame: entered.frame(&engine, "Related memory").await?,
        repo: entered.head(Tab::Code),
        about: issue
            .as_ref()
            .map(|issue| format!("#{} {}", issue.number, visible_line(&issue.title, 120)))
            .unwrap_or_default(),
        about_href: issue
            .as_ref()
            .map_or_else(|| entered.root(), |issue| format!("{}/{}/{}", entered.root(), folder(issue), issue.number)),
        found: found.iter().map(|one| Recalled::of_kept(&brained, &one.kept, one.why.clone())).collect(),
        search_href: format!("{}/search", brained.root()),
    })
}
