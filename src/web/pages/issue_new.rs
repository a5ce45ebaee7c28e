//! Opening an issue.

use crate::access::Action;
use crate::catalog::IssueTemplate;
use crate::engine::Engine;
use crate::forge::embedded;
use crate::kit::text;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::again;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::pages::issues::Label;
use crate::web::parts::field::Wrong;
use crate::web::posted::Posted;
use crate::web::stacks;
use askama::Template;
use axum::extract::Query;
use axum::extract::State;
use serde::Deserialize;
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
    /// Templates to choose from, while none is chosen.
    pub templates: Vec<IssueTemplate>,
    /// The template that was chosen; its labels.
    pub template: Option<(String, Vec<Label>)>,
    /// What is wrong in templates: the file and the fault.
    pub faults: Vec<(String, String)>,
    /// Handles that rules listen to.
    pub handles: Vec<String>,
    /// What was wrong.
    pub wrong: Wrong,
}

/// The template that an address names: a file, or none of them.
#[derive(Debug, Default, Deserialize)]
pub struct Chosen {
    template: Option<String>,
}

/// `GET /{owner}/{repo}/issues/new`: a choice of templates when there are several, and the form.
pub async fn form(State(engine): State<Arc<Engine>>, entered: Entered, Query(chosen): Query<Chosen>) -> Answer {
    entered.authorize(Action::OpenIssue)?;
    let page = blank(&engine, &entered).await?;
    let mut templates = engine.issue_templates(&entered.place).await?;
    let faults = templates.iter().filter(|one| !one.fault.is_empty());
    let faults = faults.map(|one| (text::visible_line(&one.file, 120), text::visible_line(&one.fault, 300))).collect();
    let picked = match &chosen.template {
        Some(file) => templates.iter().position(|one| one.file == *file).map(|at| templates.swap_remove(at)),
        None if templates.len() == 1 => templates.pop(),
        None => None,
    };
    if chosen.template.is_some() {
        templates.clear();
    }
    show(&match picked {
        None => IssueNew { templates, faults, ..page },
        Some(IssueTemplate { file, title, labels, body, .. }) => {
            let labels = labels.iter().map(|name| Label::new(name)).collect();
            IssueNew { title, body, template: Some((file, labels)), faults, ..page }
        }
    })
}

/// `POST /{owner}/{repo}/issues/new`
pub async fn open(State(engine): State<Arc<Engine>>, entered: Entered, posted: Posted) -> Answer {
    let new = embedded::NewIssue {
        title: posted.text("title").trim().to_owned(),
        body: posted.text("body"),
        ..embedded::NewIssue::default()
    };
    let (title, body, file) = (new.title.clone(), new.body.clone(), posted.text("template"));
    let templates = if file.is_empty() { Vec::new() } else { engine.issue_templates(&entered.place).await? };
    let labels = templates.into_iter().find(|one| one.file == file).map(|one| one.labels).unwrap_or_default();
    match engine.forge.open_issue_of(&entered.visitor.cx, &entered.place, new, &labels).await {
        Ok(issue) => {
            let said = Said::done(format!("Opened #{}", issue.number));
            go(&format!("{}/issues/{}", entered.root(), issue.number), Some(&said))
        }
        Err(error) if error.field_name().is_some() => {
            let page = blank(&engine, &entered).await?;
            let labels = labels.iter().map(|name| Label::new(name)).collect();
            let template = Some((file, labels)).filter(|(file, _)| !file.is_empty());
            again(&IssueNew { title, body, template, wrong: Wrong::from(&error), ..page })
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
        templates: Vec::new(),
        template: None,
        faults: Vec::new(),
        handles: stacks::handles(engine, entered).await?,
        wrong: Wrong::default(),
    })
}
