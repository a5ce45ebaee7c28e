//! What a text said before each of its edits.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::State;

use crate::engine::Engine;
use crate::forge::embedded;
use crate::kit::text;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::show;
use crate::web::pages::edit;
use crate::web::pages::edit::Comment;
use crate::web::pages::edit::Text;
use crate::web::pages::issue::Numbered;
use crate::web::parts::html::Html;
use crate::web::parts::person::Who;
use crate::web::parts::time::When;

/// `/{owner}/{repo}/issues/{n}/history` and `…/comments/{id}/history`
#[derive(Template)]
#[template(path = "pages/history.html")]
pub struct HistoryPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// What was edited: `#12 A title`.
    pub what: String,
    /// Where the text stands.
    pub back: String,
    /// The texts, newest first.
    pub versions: Vec<Version>,
}

/// A text as it was for a while.
#[derive(Clone, Debug)]
pub struct Version {
    /// Who wrote it so.
    pub who: Who,
    /// `wrote this`, `made it this`.
    pub verb: &'static str,
    /// When.
    pub when: When,
    /// The text, as its source.
    pub body: Html,
}

/// `GET /{owner}/{repo}/issues/{number}/history`
pub async fn of_opening(State(engine): State<Arc<Engine>>, entered: Entered, Path(named): Path<Numbered>) -> Answer {
    let issue = engine.forge.issue(&entered.place, named.number).await?;
    page(&engine, &entered, &issue, &Text::Opening).await
}

/// `GET …/comments/{id}/history`
pub async fn of_comment(State(engine): State<Arc<Engine>>, entered: Entered, Path(named): Path<Comment>) -> Answer {
    let issue = engine.forge.issue(&entered.place, named.number).await?;
    let entry = edit::said_there(&engine, &entered, &named).await?;
    page(&engine, &entered, &issue, &Text::Entry(entry)).await
}

/// `GET …/pulls/{number}/lines/{id}/history`
pub async fn of_line(State(engine): State<Arc<Engine>>, entered: Entered, Path(named): Path<Comment>) -> Answer {
    let issue = engine.forge.pull(&entered.place, named.number).await?;
    let said = engine.forge.line(&entered.visitor.cx, &entered.place, named.number, named.id).await?;
    page(&engine, &entered, &issue, &Text::Line(said)).await
}

async fn page(engine: &Engine, entered: &Entered, issue: &embedded::Issue, of: &Text) -> Answer {
    let now = entered.visitor.cx.now();
    let (id, author, created, body) = match of {
        Text::Opening => (issue.id, &issue.author, issue.created, &issue.body),
        Text::Entry(entry) => (entry.id, &entry.author, entry.created, &entry.body),
        Text::Line(said) => (said.id, &said.author, said.created, &said.body),
    };
    let edits = engine.forge.edits(&entered.place, id).await?;
    // An edit says what stood before it; so each text is that of the next edit, and the newest is the one of today.
    let texts = edits.iter().map(|edit| edit.body.as_str()).chain([body.as_str()]);
    let first = (Who::person(author.login.as_str()), "wrote", When::new(created, now));
    let later = edits.iter().map(|edit| (Who::person(&edit.editor), "changed it to", When::new(edit.at, now)));
    let version = |((who, verb, when), text): ((Who, &'static str, When), &str)| Version {
        who,
        verb,
        when,
        body: Html::visible(text),
    };
    let mut versions: Vec<Version> = std::iter::once(first).chain(later).zip(texts).map(version).collect();
    versions.reverse();
    let folder = if issue.pull.is_some() { "pulls" } else { "issues" };
    show(&HistoryPage {
        frame: entered.frame(engine, &format!("History of #{}", issue.number)).await?,
        repo: entered.head(if issue.pull.is_some() { Tab::Pulls } else { Tab::Issues }),
        what: format!("#{} {}", issue.number, text::visible_line(&issue.title, 120)),
        back: format!("{}/{folder}/{}{}", entered.root(), issue.number, of.anchor()),
        versions,
    })
}
