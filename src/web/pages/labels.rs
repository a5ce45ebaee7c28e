//! The labels of a repository: list, make, change, delete.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::State;
use serde::Deserialize;

use crate::access::Action;
use crate::engine::Engine;
use crate::forge::embedded;
use crate::forge::embedded::LabelChange;
use crate::kit::Result;
use crate::kit::text;
use crate::web::address;
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

/// `/{owner}/{repo}/labels`
#[derive(Template)]
#[template(path = "pages/labels.html")]
pub struct Labels {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// The labels, by name.
    pub labels: Vec<LabelRow>,
    /// Whether whoever looks may change them.
    pub may: bool,
    /// The label that the form changes; none makes a new one.
    pub changes: Option<i64>,
    /// What was typed.
    pub name: String,
    /// What was typed.
    pub color: String,
    /// What was typed.
    pub description: String,
    /// What was wrong.
    pub wrong: Wrong,
}

/// A label in the list.
#[derive(Clone, Debug)]
pub struct LabelRow {
    /// Its id.
    pub id: i64,
    /// As it is worn.
    pub label: Label,
    /// One line about it.
    pub description: String,
    /// The address of the open issues that wear it.
    pub href: String,
}

/// `/{owner}/{repo}/labels/{id}/delete` and the same of milestones
#[derive(Template)]
#[template(path = "pages/delete.html")]
pub struct Deleting {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// What is to be deleted: "the label `bug`".
    pub what: String,
    /// What becomes of what it was on.
    pub then: String,
    /// Where the form goes.
    pub action: String,
    /// Where to go instead.
    pub back: String,
}

/// The row that an address names.
#[derive(Debug, Deserialize)]
pub struct Named {
    /// Its id.
    pub id: i64,
}

/// `GET /{owner}/{repo}/labels`
pub async fn list(State(engine): State<Arc<Engine>>, entered: Entered) -> Answer {
    show(&page(&engine, &entered).await?)
}

/// `GET /{owner}/{repo}/labels/{id}/edit`
pub async fn form(State(engine): State<Arc<Engine>>, entered: Entered, Path(named): Path<Named>) -> Answer {
    entered.authorize(Action::LabelIssue)?;
    let label = engine.forge.label(&entered.place, named.id).await?;
    let (name, description) = (label.name, label.description);
    let page = page(&engine, &entered).await?;
    show(&Labels { changes: Some(label.id), name, color: format!("#{}", label.color), description, ..page })
}

/// `POST /{owner}/{repo}/labels`
pub async fn create(State(engine): State<Arc<Engine>>, entered: Entered, posted: Posted) -> Answer {
    let made = engine.forge.create_label(&entered.visitor.cx, &entered.place, change(&posted)).await;
    answer(&engine, &entered, &posted, None, made).await
}

/// `POST /{owner}/{repo}/labels/{id}/edit`
pub async fn save(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Named>,
    posted: Posted,
) -> Answer {
    let done = engine.forge.change_label(&entered.visitor.cx, &entered.place, named.id, change(&posted)).await;
    answer(&engine, &entered, &posted, Some(named.id), done).await
}

/// `GET /{owner}/{repo}/labels/{id}/delete`
pub async fn ask(State(engine): State<Arc<Engine>>, entered: Entered, Path(named): Path<Named>) -> Answer {
    entered.authorize(Action::LabelIssue)?;
    let label = engine.forge.label(&entered.place, named.id).await?;
    let root = entered.root();
    show(&Deleting {
        frame: entered.frame(&engine, "Delete a label").await?,
        repo: entered.head(Tab::Issues),
        what: format!("the label `{}`", text::visible_line(&label.name, 80)),
        then: "It comes off every issue and pull request that wears it. Rules that wait for it are not changed.".into(),
        action: format!("{root}/labels/{}/delete", label.id),
        back: format!("{root}/labels"),
    })
}

/// `POST /{owner}/{repo}/labels/{id}/delete`
pub async fn delete(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Named>,
    _posted: Posted,
) -> Answer {
    engine.forge.delete_label(&entered.visitor.cx, &entered.place, named.id).await?;
    go(&format!("{}/labels", entered.root()), Some(&Said::done("The label is deleted")))
}

fn change(posted: &Posted) -> LabelChange {
    LabelChange {
        name: Some(posted.text("name").trim().to_owned()),
        color: posted.some("color"),
        description: Some(posted.text("description").trim().to_owned()),
    }
}

async fn answer(
    engine: &Engine,
    entered: &Entered,
    posted: &Posted,
    changes: Option<i64>,
    done: Result<embedded::Label>,
) -> Answer {
    match done {
        Ok(label) => {
            let said = Said::done(format!("Saved `{}`", text::visible_line(&label.name, 80)));
            go(&format!("{}/labels", entered.root()), Some(&said))
        }
        Err(error) if error.field_name().is_some() => again(&Labels {
            changes,
            name: posted.text("name"),
            color: posted.text("color"),
            description: posted.text("description"),
            wrong: Wrong::from(&error),
            ..page(engine, entered).await?
        }),
        Err(error) => Err(error.into()),
    }
}

async fn page(engine: &Engine, entered: &Entered) -> Result<Labels> {
    let root = entered.root();
    let row = |label: embedded::Label| LabelRow {
        id: label.id,
        label: Label::new(&label.name),
        description: text::visible(&label.description),
        href: format!("{root}/issues?q={}", address::escape(&format!("is:open label:\"{}\"", label.name))),
    };
    Ok(Labels {
        frame: entered.frame(engine, "Labels").await?,
        repo: entered.head(Tab::Issues),
        labels: engine.forge.labels(&entered.place).await?.into_iter().map(row).collect(),
        may: entered.may(Action::LabelIssue),
        changes: None,
        name: String::new(),
        color: String::new(),
        description: String::new(),
        wrong: Wrong::default(),
    })
}
