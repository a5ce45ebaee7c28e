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
use crate::kit::text;
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
    text: Text,
}

/// Which text of an issue or pull request it is.
pub(super) enum Text {
    /// The one that opened it.
    Opening,
    /// A comment, or what a review says as a whole.
    Entry(embedded::Entry),
    /// A word about lines.
    Line(embedded::LineComment),
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

/// `GET …/pulls/{number}/lines/{id}/edit`
pub async fn line(State(engine): State<Arc<Engine>>, entered: Entered, Path(named): Path<Comment>) -> Answer {
    show(&Written::line(&engine, &entered, &named).await?.page(&engine, &entered).await?)
}

/// `POST …/pulls/{number}/lines/{id}/edit`
pub async fn save_line(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Comment>,
    posted: Posted,
) -> Answer {
    Written::line(&engine, &entered, &named).await?.edit(&engine, &entered, &posted).await
}

/// `POST …/pulls/{number}/lines/{id}/tick`
pub async fn tick_line(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Comment>,
    posted: Posted,
) -> Answer {
    Written::line(&engine, &entered, &named).await?.tick(&engine, &entered, &posted).await
}

impl Text {
    /// Where it stands, below the address of its pull request or issue.
    pub(super) fn anchor(&self) -> String {
        match self {
            Self::Opening => String::new(),
            Self::Entry(entry) => format!("#comment-{}", entry.id),
            Self::Line(said) if said.pending => format!("/files#line-{}", said.id),
            Self::Line(said) => format!("#line-{}", said.id),
        }
    }
}

impl Written {
    async fn opening(engine: &Engine, entered: &Entered, number: i64) -> Result<Self> {
        let issue = engine.forge.issue(&entered.place, number).await?;
        if !issue::may_edit(entered, &issue) {
            entered.authorize(Action::EditIssue)?;
        }
        Ok(Self { issue, text: Text::Opening })
    }

    async fn comment(engine: &Engine, entered: &Entered, named: &Comment) -> Result<Self> {
        let issue = engine.forge.issue(&entered.place, named.number).await?;
        let entry = said_there(engine, entered, named).await?;
        if entered.visitor.cx.person() != Some(entry.author.account) {
            entered.authorize(Action::EditIssue)?;
        }
        Ok(Self { issue, text: Text::Entry(entry) })
    }

    async fn line(engine: &Engine, entered: &Entered, named: &Comment) -> Result<Self> {
        let issue = engine.forge.pull(&entered.place, named.number).await?;
        let said = engine.forge.line(&entered.visitor.cx, &entered.place, named.number, named.id).await?;
        if entered.visitor.cx.person() != Some(said.author.account) {
            entered.authorize(Action::EditIssue)?;
        }
        Ok(Self { issue, text: Text::Line(said) })
    }

    fn body(&self) -> &str {
        match &self.text {
            Text::Opening => &self.issue.body,
            Text::Entry(entry) => &entry.body,
            Text::Line(said) => &said.body,
        }
    }

    fn seen(&self) -> Digest {
        match &self.text {
            Text::Opening => self.issue.body_digest(),
            Text::Entry(entry) => entry.body_digest(),
            Text::Line(said) => said.body_digest(),
        }
    }

    fn is_opening(&self) -> bool {
        matches!(self.text, Text::Opening)
    }

    fn address(&self, entered: &Entered) -> String {
        let folder = if self.issue.pull.is_some() { "pulls" } else { "issues" };
        format!("{}/{folder}/{}{}", entered.root(), self.issue.number, self.text.anchor())
    }

    async fn page(&self, engine: &Engine, entered: &Entered) -> Result<EditPage> {
        let number = self.issue.number;
        let address = format!("{}/issues/{number}", entered.root());
        let (action, what) = match &self.text {
            Text::Opening => (format!("{address}/edit"), format!("#{number}")),
            Text::Entry(entry) => (format!("{address}/comments/{}/edit", entry.id), format!("a comment on #{number}")),
            Text::Line(said) => {
                let action = format!("{}/pulls/{number}/lines/{}/edit", entered.root(), said.id);
                (action, format!("a comment on {}", text::visible_line(&said.lines.to_string(), 120)))
            }
        };
        Ok(EditPage {
            frame: entered.frame(engine, &format!("Edit {what}")).await?,
            repo: entered.head(if self.issue.pull.is_some() { Tab::Pulls } else { Tab::Issues }),
            action,
            back: self.address(entered),
            what,
            title: self.is_opening().then(|| self.issue.title.clone()),
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
            title: self.is_opening().then(|| title.clone()),
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
        match &self.text {
            Text::Opening => {
                let body = (body != self.issue.body).then(|| body.to_owned());
                let change =
                    embedded::IssueChange { title, body, seen: Some(seen), ..embedded::IssueChange::default() };
                engine.forge.edit_issue(cx, place, self.issue.number, change).await.map(drop)
            }
            Text::Entry(entry) => engine.forge.edit_comment(cx, place, entry.id, body, Some(&seen)).await.map(drop),
            Text::Line(said) => engine.forge.edit_line(cx, place, (said.number, said.id), body, Some(&seen)).await,
        }
    }
}

/// The comment or review that an address names, if it was said where the address says.
pub(super) async fn said_there(engine: &Engine, entered: &Entered, named: &Comment) -> Result<embedded::Entry> {
    let entry = engine.forge.entry(&entered.place, named.id).await?;
    let said = matches!(entry.kind, embedded::EntryKind::Comment | embedded::EntryKind::Review);
    if entry.number == named.number && said { Ok(entry) } else { Err(Error::not_found("such comment")) }
}
