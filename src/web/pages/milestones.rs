//! The milestones of a repository: list, make, change, close, delete.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::State;

use crate::access::Action;
use crate::engine::Engine;
use crate::forge::embedded;
use crate::forge::embedded::MilestoneChange;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
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
use crate::web::pages::labels::Deleting;
use crate::web::pages::labels::Named;
use crate::web::parts::field::Wrong;
use crate::web::parts::html::Html;
use crate::web::posted::Posted;

/// `/{owner}/{repo}/milestones`
#[derive(Template)]
#[template(path = "pages/milestones.html")]
pub struct Milestones {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// Open ones first, then those that are done.
    pub milestones: Vec<MilestoneRow>,
    /// Whether whoever looks may change them.
    pub may: bool,
    /// The milestone that the form changes; none makes a new one.
    pub changes: Option<i64>,
    /// What was typed.
    pub title: String,
    /// What was typed.
    pub description: String,
    /// What was typed: a day.
    pub due: String,
    /// What was wrong.
    pub wrong: Wrong,
}

/// A milestone in the list.
#[derive(Clone, Debug)]
pub struct MilestoneRow {
    /// Its id.
    pub id: i64,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub description: Html,
    /// Whether it is still ahead.
    pub open: bool,
    /// The day by which; empty for none.
    pub due: String,
    /// Whether that day is over.
    pub late: bool,
    /// How many of its issues are open.
    pub left: i64,
    /// How many of its issues are closed.
    pub done: i64,
    /// How many that is together.
    pub all: i64,
    /// The address of the list of what is in it.
    pub href: String,
}

/// `GET /{owner}/{repo}/milestones`
pub async fn list(State(engine): State<Arc<Engine>>, entered: Entered) -> Answer {
    show(&page(&engine, &entered).await?)
}

/// `GET /{owner}/{repo}/milestones/{id}/edit`
pub async fn form(State(engine): State<Arc<Engine>>, entered: Entered, Path(named): Path<Named>) -> Answer {
    entered.authorize(Action::LabelIssue)?;
    let milestone = engine.forge.milestone(&entered.place, named.id).await?;
    let due = milestone.due.map(day).unwrap_or_default();
    let (title, description) = (milestone.title, milestone.description);
    show(&Milestones { changes: Some(milestone.id), title, description, due, ..page(&engine, &entered).await? })
}

/// `POST /{owner}/{repo}/milestones`
pub async fn create(State(engine): State<Arc<Engine>>, entered: Entered, posted: Posted) -> Answer {
    let done = match change(&posted) {
        Ok(new) => engine.forge.create_milestone(&entered.visitor.cx, &entered.place, new).await,
        Err(error) => Err(error),
    };
    answer(&engine, &entered, &posted, None, done).await
}

/// `POST /{owner}/{repo}/milestones/{id}/edit`
pub async fn save(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Named>,
    posted: Posted,
) -> Answer {
    let done = match change(&posted) {
        Ok(change) => engine.forge.change_milestone(&entered.visitor.cx, &entered.place, named.id, change).await,
        Err(error) => Err(error),
    };
    answer(&engine, &entered, &posted, Some(named.id), done).await
}

/// `POST /{owner}/{repo}/milestones/{id}/state`: says that it is reached, or not after all.
pub async fn state(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Named>,
    posted: Posted,
) -> Answer {
    let state = Some(posted.text("state").parse()?);
    let change = MilestoneChange { state, ..MilestoneChange::default() };
    engine.forge.change_milestone(&entered.visitor.cx, &entered.place, named.id, change).await?;
    go(&format!("{}/milestones", entered.root()), None)
}

/// `GET /{owner}/{repo}/milestones/{id}/delete`
pub async fn ask(State(engine): State<Arc<Engine>>, entered: Entered, Path(named): Path<Named>) -> Answer {
    entered.authorize(Action::LabelIssue)?;
    let milestone = engine.forge.milestone(&entered.place, named.id).await?;
    let root = entered.root();
    show(&Deleting {
        frame: entered.frame(&engine, "Delete a milestone").await?,
        repo: entered.head(Tab::Issues),
        what: format!("the milestone `{}`", text::visible_line(&milestone.title, 80)),
        then: "Its issues and pull requests stay; they are in no milestone then.".into(),
        action: format!("{root}/milestones/{}/delete", milestone.id),
        back: format!("{root}/milestones"),
    })
}

/// `POST /{owner}/{repo}/milestones/{id}/delete`
pub async fn delete(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Named>,
    _posted: Posted,
) -> Answer {
    engine.forge.delete_milestone(&entered.visitor.cx, &entered.place, named.id).await?;
    go(&format!("{}/milestones", entered.root()), Some(&Said::done("The milestone is deleted")))
}

fn change(posted: &Posted) -> Result<MilestoneChange> {
    let due = posted.some("due").map(|day| {
        let end = Timestamp::parse(&format!("{}T23:59:59Z", day.trim()));
        end.ok_or_else(|| Error::invalid("A day is written like `2026-12-31`").field("due"))
    });
    Ok(MilestoneChange {
        title: Some(posted.text("title").trim().to_owned()),
        description: Some(posted.text("description")),
        state: None,
        due: due.transpose()?,
    })
}

async fn answer(
    engine: &Engine,
    entered: &Entered,
    posted: &Posted,
    changes: Option<i64>,
    done: Result<embedded::Milestone>,
) -> Answer {
    match done {
        Ok(milestone) => {
            let said = Said::done(format!("Saved `{}`", text::visible_line(&milestone.title, 80)));
            go(&format!("{}/milestones", entered.root()), Some(&said))
        }
        Err(error) if error.field_name().is_some() => again(&Milestones {
            changes,
            title: posted.text("title"),
            description: posted.text("description"),
            due: posted.text("due"),
            wrong: Wrong::from(&error),
            ..page(engine, entered).await?
        }),
        Err(error) => Err(error.into()),
    }
}

async fn page(engine: &Engine, entered: &Entered) -> Result<Milestones> {
    let (root, now) = (entered.root(), entered.visitor.cx.now());
    let mut known = engine.forge.milestones(&entered.place).await?;
    known.sort_by_key(|milestone| milestone.state == embedded::State::Closed);
    Ok(Milestones {
        frame: entered.frame(engine, "Milestones").await?,
        repo: entered.head(Tab::Issues),
        milestones: known.iter().map(|milestone| MilestoneRow::of(milestone, &root, now)).collect(),
        may: entered.may(Action::LabelIssue),
        changes: None,
        title: String::new(),
        description: String::new(),
        due: String::new(),
        wrong: Wrong::default(),
    })
}

impl MilestoneRow {
    fn of(milestone: &embedded::Milestone, root: &str, now: Timestamp) -> Self {
        let open = milestone.state == embedded::State::Open;
        let query = format!("is:open milestone:\"{}\"", milestone.title);
        Self {
            id: milestone.id,
            title: text::visible(&milestone.title),
            description: Html::markdown(&milestone.description),
            open,
            due: milestone.due.map(day).unwrap_or_default(),
            late: open && milestone.due.is_some_and(|due| due < now),
            left: milestone.open_issues,
            done: milestone.closed_issues,
            all: milestone.open_issues + milestone.closed_issues,
            href: format!("{root}/issues?q={}", address::escape(&query)),
        }
    }
}

/// The day of a moment: `2026-12-31`.
fn day(at: Timestamp) -> String {
    at.rfc3339().chars().take(10).collect()
}
