//! Opening an issue.

use crate::access::Action;
use crate::engine::Engine;
use crate::forge::embedded;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::again;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::parts::field::Wrong;
use crate::web::posted::Posted;
use crate::web::stacks;
use askama::Template;
use axum::extract::State;
use std::sync::Arc;

/// `/{owner}/{repo}/issues/new`
#[derive(Template)]
#[template(path = "pages/issue_new.html")]
pub struct IssueNew {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// The title that was typed.
    pub title: String,
    /// The text that was typed.
    pub body: String,
    /// Handles that rules listen to.
    pub handles: Vec<String>,
    /// What was wrong.
    pub wrong: Wrong,
}

/// `GET /{owner}/{repo}/issues/new`
pub async fn form(State(engine): State<Arc<Engine>>, entered: Entered) -> Answer {
    entered.authorize(Action::OpenIssue)?;
    show(&blank(&engine, &entered).await?)
}

/// `POST /{owner}/{repo}/issues/new`
pub async fn open(State(engine): State<Arc<Engine>>, entered: Entered, posted: Posted) -> Answer {
    let new = embedded::NewIssue {
        title: posted.text("title").trim().to_owned(),
        body: posted.text("body"),
        ..embedded::NewIssue::default()
    };
    let (title, body) = (new.title.clone(), new.body.clone());
    match engine.forge.open_issue(&entered.visitor.cx, &entered.place, new).await {
        Ok(issue) => {
            let said = Said::done(format!("Opened #{}", issue.number));
            go(&format!("{}/issues/{}", entered.root(), issue.number), Some(&said))
        }
        Err(error) if error.field_name().is_some() => {
            let page = blank(&engine, &entered).await?;
            again(&IssueNew { title, body, wrong: Wrong::from(&error), ..page })
        }
        Err(error) => Err(error.into()),
    }
}

async fn blank(engine: &Engine, entered: &Entered) -> crate::kit::Result<IssueNew> {
    Ok(IssueNew {
        frame: entered.frame(engine, "New issue").await?,
        repo: entered.head(Tab::Issues),
        title: String::new(),
        body: String::new(),
        handles: stacks::handles(engine, entered).await?,
        wrong: Wrong::default(),
    })
}
