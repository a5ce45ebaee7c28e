//! One issue: what was said, what happened, and what agents did or did not do.

use crate::access::Action;
use crate::engine::Engine;
use crate::forge::embedded;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::page::Paging;
use crate::kit::text;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::pages::issues::Label;
use crate::web::parts::agents::Agents;
use crate::web::parts::badge::Mark;
use crate::web::parts::memory_link;
use crate::web::parts::person::Who;
use crate::web::parts::references::References;
use crate::web::parts::sidebar::Sidebar;
use crate::web::parts::time::When;
use crate::web::parts::timeline;
use crate::web::parts::timeline::Eyes;
use crate::web::parts::timeline::Moment;
use askama::Template;
use axum::extract::Path;
use axum::extract::State;
use serde::Deserialize;
use std::sync::Arc;

/// `/{owner}/{repo}/issues/{n}`
#[derive(Template)]
#[template(path = "pages/issue.html")]
pub struct IssuePage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// Its number.
    pub number: i64,
    /// Its title.
    pub title: String,
    /// Its state.
    pub mark: Mark,
    /// Whether it is open.
    pub open: bool,
    /// Who opened it.
    pub author: Who,
    /// When.
    pub when: When,
    /// What was said and what happened.
    pub moments: Vec<Moment>,
    /// Its labels.
    pub labels: Vec<Label>,
    /// Labels that it could get.
    pub other_labels: Vec<String>,
    /// What agents did or did not do here.
    pub agents: Agents,
    /// Where related memory is fetched from; empty for nowhere.
    pub memory: String,
    /// Who looks after it, and its milestone.
    pub side: Sidebar,
    /// Whether the person may comment.
    pub may_comment: bool,
    /// Whether the person may close it and change its labels.
    pub may_triage: bool,
}

/// The issue or pull request that an address names.
#[derive(Debug, Deserialize)]
pub struct Numbered {
    /// Its number.
    pub number: i64,
}

/// `GET /{owner}/{repo}/issues/{number}`
pub async fn page(State(engine): State<Arc<Engine>>, entered: Entered, Path(named): Path<Numbered>) -> Answer {
    let issue = engine.forge.issue(&entered.place, named.number).await?;
    if issue.pull.is_some() {
        return go(&format!("{}/pulls/{}", entered.root(), issue.number), None);
    }
    let now = entered.visitor.cx.now();
    show(&IssuePage {
        frame: entered.frame(&engine, &format!("#{} {}", issue.number, text::visible_line(&issue.title, 80))).await?,
        repo: entered.head(Tab::Issues),
        number: issue.number,
        title: text::visible(&issue.title),
        mark: Mark::issue(issue.state_name()),
        open: issue.state == embedded::State::Open,
        author: Who::person(issue.author.login.as_str()),
        when: When::new(issue.created, now),
        moments: moments(&engine, &entered, &issue).await?,
        labels: issue.labels.iter().map(|label| Label::new(&label.name)).collect(),
        other_labels: other_labels(&engine, &entered, &issue).await?,
        agents: Agents::about(&engine, &entered, &issue).await?,
        memory: memory_link::address(&engine, &entered, Some(issue.number)).await?,
        side: Sidebar::of(&engine, &entered, &issue).await?,
        may_comment: entered.may(Action::Comment),
        may_triage: may_edit(&entered, &issue),
    })
}

/// The opening text and the newest of what followed.
pub(super) async fn moments(engine: &Engine, entered: &Entered, issue: &embedded::Issue) -> Result<Vec<Moment>> {
    let paging = Paging { page: 1, limit: 500 };
    let entries = engine.forge.entries(&entered.place, issue.number, embedded::Which::All, paging).await?;
    let cx = &entered.visitor.cx;
    let mentions = engine.forge.mentions(cx, &entered.place, issue.number).await?;
    let edited = !engine.forge.edits(&entered.place, issue.id).await?.is_empty();
    let texts: Vec<&str> = entries.items.iter().map(|entry| &*entry.body).chain([&*issue.body]).collect();
    let eyes = Eyes {
        own: engine.forge.own().login.as_str(),
        root: &entered.root(),
        number: issue.number,
        now: cx.now(),
        references: &References::of_markdown(engine, entered, &texts).await?,
        person: cx.person().filter(|_| entered.may(Action::Comment)),
        edits_all: entered.may(Action::EditIssue),
        csrf: entered.visitor.session.as_ref().map_or("", |session| session.csrf.as_str()),
    };
    let opening = Moment::Said(timeline::opening(issue, edited, &eyes));
    let mut rest: Vec<(Timestamp, Moment)> =
        entries.items.iter().map(|entry| (entry.created, timeline::moment(entry, &eyes))).collect();
    rest.extend(mentions.iter().map(|mention| (mention.at, timeline::mention(mention, &eyes))));
    rest.sort_by_key(|(at, _)| *at);
    Ok(std::iter::once(opening).chain(rest.into_iter().map(|(_, moment)| moment)).collect())
}

/// Labels of the repository that it does not wear.
pub(super) async fn other_labels(engine: &Engine, entered: &Entered, issue: &embedded::Issue) -> Result<Vec<String>> {
    let worn = issue.label_names();
    let labels = engine.forge.labels(&entered.place).await?;
    Ok(labels.into_iter().map(|label| label.name).filter(|name| !worn.contains(name)).collect())
}

/// Whether whoever looks may close it: its author, and whoever may edit any.
pub(super) fn may_edit(entered: &Entered, issue: &embedded::Issue) -> bool {
    entered.may(Action::EditIssue) || entered.visitor.cx.person() == Some(issue.author.account)
}
