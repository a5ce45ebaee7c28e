//! Editing what was written: a title, an opening text, a comment; and ticking a box in one of them. Each edit names the text
//! that it began with, so that nobody undoes unseen what somebody else wrote meanwhile.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::State;
use serde::Deserialize;

use crate::access::Action;
use crate::engine::Engine;
use crate::forge::embedded;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::digest::Digest;
use crate::kit::markdown;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::again;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::pages::issue;
use crate::web::pages::issue::Numbered;
use crate::web::parts::field::Wrong;
use crate::web::parts::html::Html;
use crate::web::parts::references::References;
use crate::web::posted::Posted;

/// `/{owner}/{repo}/issues/{n}/edit` and `…/comments/{id}/edit`
#[derive(Template)]
#[template(path = "pages/edit.html")]
pub struct EditPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// Where the form goes.
    pub action: String,
    /// Where the text stands.
    pub back: String,
    /// What is edited: `#12`, `a comment on #12`.
    pub what: String,
    /// The title as it was typed; none for a comment.
    pub title: Option<String>,
    /// The text as it was typed.
    pub body: String,
    /// The digest of the text that was edited.
    pub seen: String,
    /// How the text would look, when that was asked for.
    pub preview: Option<Html>,
    /// What was wrong.
    pub wrong: Wrong,
}

/// The comment that an address names.
#[derive(Debug, Deserialize)]
pub struct Comment {
    /// The number of its issue or pull request.
    pub number: i64,
    /// Its id.
    pub id: i64,
}

/// A text that somebody may edit.
struct Written {
    issue: embedded::Issue,
    /// None for the opening text.
    entry: Option<embedded::Entry>,
}

/// `GET /{owner}/{repo}/issues/{number}/edit`
pub async fn opening(State(engine): State<Arc<Engine>>, entered: Entered, Path(named): Path<Numbered>) -> Answer {
    show(&Written::opening(&engine, &entered, named.number).await?.page(&engine, &entered).await?)
}

/// `GET …/comments/{id}/edit`
pub async fn comment(State(engine): State<Arc<Engine>>, entered: Entered, Path(named): Path<Comment>) -> Answer {
    show(&Written::comment(&engine, &entered, &named).await?.page(&engine, &entered).await?)
}

/// `POST /{owner}/{repo}/issues/{number}/edit`
pub async fn save_opening(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Numbered>,
    posted: Posted,
) -> Answer {
    Written::opening(&engine, &entered, named.number).await?.edit(&engine, &entered, &posted).await
}

/// `POST …/comments/{id}/edit`
pub async fn save_comment(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Comment>,
    posted: Posted,
) -> Answer {
    Written::comment(&engine, &entered, &named).await?.edit(&engine, &entered, &posted).await
}

/// `POST /{owner}/{repo}/issues/{number}/tick`
pub async fn tick_opening(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Numbered>,
    posted: Posted,
) -> Answer {
    Written::opening(&engine, &entered, named.number).await?.tick(&engine, &entered, &posted).await
}

/// `POST …/comments/{id}/tick`
pub async fn tick_comment(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Comment>,
    posted: Posted,
) -> Answer {
    Written::comment(&engine, &entered, &named).await?.tick(&engine, &entered, &posted).await
}

impl Written {
    async fn opening(engine: &Engine, entered: &Entered, number: i64) -> Result<Self> {
        let issue = engine.forge.issue(&entered.place, number).await?;
        if !issue::may_edit(entered, &issue) {
            entered.authorize(Action::EditIssue)?;
        }
        Ok(Self { issue, entry: None })
    }

    async fn comment(engine: &Engine, entered: &Entered, named: &Comment) -> Result<Self> {
        let issue = engine.forge.issue(&entered.place, named.number).await?;
        let entry = said_there(engine, entered, named).await?;
        if entered.visitor.cx.person() != Some(entry.author.account) {
            entered.authorize(Action::EditIssue)?;
        }
        Ok(Self { issue, entry: Some(entry) })
    }

    fn body(&self) -> &str {
        self.entry.as_ref().map_or(&self.issue.body, |entry| &entry.body)
    }

    fn seen(&self) -> Digest {
        self.entry.as_ref().map_or_else(|| self.issue.body_digest(), embedded::Entry::body_digest)
    }

    fn address(&self, entered: &Entered) -> String {
        let folder = if self.issue.pull.is_some() { "pulls" } else { "issues" };
        let anchor = self.entry.as_ref().map(|entry| format!("#comment-{}", entry.id)).unwrap_or_default();
        format!("{}/{folder}/{}{anchor}", entered.root(), self.issue.number)
    }

    async fn page(&self, engine: &Engine, entered: &Entered) -> Result<EditPage> {
        let number = self.issue.number;
        let address = format!("{}/issues/{number}", entered.root());
        let (action, what) = match &self.entry {
            Some(entry) => (format!("{address}/comments/{}/edit", entry.id), format!("a comment on #{number}")),
            None => (format!("{address}/edit"), format!("#{number}")),
        };
        Ok(EditPage {
            frame: entered.frame(engine, &format!("Edit {what}")).await?,
            repo: entered.head(if self.issue.pull.is_some() { Tab::Pulls } else { Tab::Issues }),
            action,
            back: self.address(entered),
            what,
            title: self.entry.is_none().then(|| self.issue.title.clone()),
            body: self.body().to_owned(),
            seen: self.seen().to_string(),
            preview: None,
            wrong: Wrong::default(),
        })
    }

    /// Shows how it would look, or saves it. What was typed is never lost: a text that changed meanwhile is told beside it.
    async fn edit(&self, engine: &Engine, entered: &Entered, posted: &Posted) -> Answer {
        let title = posted.text("title").trim().to_owned();
        let typed = EditPage {
            title: self.entry.is_none().then(|| title.clone()),
            body: posted.text("body"),
            seen: posted.text("seen"),
            ..self.page(engine, entered).await?
        };
        if posted.text("then") == "preview" {
            let references = References::of_markdown(engine, entered, &[&typed.body]).await?;
            let preview = Some(Html::markdown_around(&typed.body, &references, None));
            return show(&EditPage { preview, ..typed });
        }
        let title = typed.title.clone().filter(|title| *title != self.issue.title);
        match self.save(engine, entered, title, &typed.body, &typed.seen).await {
            Ok(()) => go(&typed.back, None),
            Err(error) if error.field_name().is_some() => again(&EditPage { wrong: Wrong::from(&error), ..typed }),
            Err(error) if error.kind() == ErrorKind::Conflict => {
                let hint = "what you typed is still below: save it again to put it in the place of the new text";
                let error = Error::conflict(error.message()).hint(hint);
                let mut answer =
                    again(&EditPage { wrong: Wrong::from(&error), seen: self.seen().to_string(), ..typed })?;
                *answer.status_mut() = axum::http::StatusCode::CONFLICT;
                Ok(answer)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn tick(&self, engine: &Engine, entered: &Entered, posted: &Posted) -> Answer {
        let changed = || {
            Error::conflict("The text changed since this page was loaded, so the box may be another one")
                .hint("go back, reload the page and tick it again")
        };
        let item = posted.text("item").parse().map_err(|_| changed())?;
        if posted.text("seen") != self.seen().to_string() {
            return Err(changed().into());
        }
        let body = markdown::tick(self.body(), item).ok_or_else(changed)?;
        self.save(engine, entered, None, &body, &posted.text("seen")).await?;
        go(&self.address(entered), None)
    }

    async fn save(
        &self,
        engine: &Engine,
        entered: &Entered,
        title: Option<String>,
        body: &str,
        seen: &str,
    ) -> Result<()> {
        let (cx, place) = (&entered.visitor.cx, &entered.place);
        let seen: Digest = seen.parse()?;
        let Some(entry) = &self.entry else {
            let body = (body != self.issue.body).then(|| body.to_owned());
            let change = embedded::IssueChange { title, body, seen: Some(seen), ..embedded::IssueChange::default() };
            return engine.forge.edit_issue(cx, place, self.issue.number, change).await.map(drop);
        };
        engine.forge.edit_comment(cx, place, entry.id, body, Some(&seen)).await.map(drop)
    }
}

/// The comment or review that an address names, if it was said where the address says.
pub(super) async fn said_there(engine: &Engine, entered: &Entered, named: &Comment) -> Result<embedded::Entry> {
    let entry = engine.forge.entry(&entered.place, named.id).await?;
    let said = matches!(entry.kind, embedded::EntryKind::Comment | embedded::EntryKind::Review);
    if entry.number == named.number && said { Ok(entry) } else { Err(Error::not_found("such comment")) }
}
