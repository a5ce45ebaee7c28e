//! Issues.

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde::Serialize;

use crate::api::v1::body::Body;
use crate::api::v1::entered::Entered;
use crate::api::v1::labels;
use crate::api::v1::listed::Asked;
use crate::api::v1::refusal::Answer;
use crate::catalog::IssueTemplate;
use crate::forge::embedded;
use crate::forge::embedded::IssueChange;
use crate::forge::embedded::NewIssue;
use crate::forge::embedded::Order;
use crate::forge::embedded::Search;
use crate::forge::embedded::State;
use crate::forge::embedded::wire::issue::Issue;
use crate::kit::Result;

/// `GET …/issues`: open ones, unless `state` says otherwise.
pub async fn list(entered: Entered, asked: Asked) -> Answer<Response> {
    let Entered { place, engine, .. } = &entered;
    let mut search = search(&asked, asked.one("created_by"))?;
    search.pulls = match asked.one("type").as_deref() {
        Some("issues") => Some(false),
        Some("pulls") => Some(true),
        _ => None,
    };
    search.assignee = asked.one("assigned_by");
    let page = engine.forge.issues(place, &search, asked.paging).await?;
    let base = &engine.settings.base_url;
    Ok(asked.answer(base, page.map(|issue| Issue::new(base, &place.repository, &issue))))
}

/// What lists of issues and of pull requests have in common.
pub fn search(asked: &Asked, author: Option<String>) -> Result<Search> {
    let mut search = Search::parse(&asked.one("q").unwrap_or_default());
    // Gitea knows no qualifiers: what is none here is a word like any other.
    search.text.extend(search.unknown.drain(..).map(|(word, _)| word));
    search.text.truncate(8);
    search.state = match asked.one("state").as_deref() {
        None => search.state.or(Some(State::Open)),
        Some("all") => None,
        Some(word) => Some(word.parse()?),
    };
    for names in asked.all("labels") {
        search.labels.extend(names.split(',').filter(|name| !name.is_empty()).map(str::to_owned));
    }
    search.labels.truncate(20);
    search.milestone = asked.one("milestones").or(asked.one("milestone")).and_then(|id| id.parse().ok());
    search.author = author.or(search.author);
    search.order = match asked.one("sort").as_deref() {
        Some("oldest" | "leastupdate") => Order::Oldest,
        Some("recentupdate" | "latest") => Order::Updated,
        _ => search.order,
    };
    Ok(search)
}

#[derive(Deserialize)]
pub struct Create {
    title: String,
    body: Option<String>,
    labels: Option<Vec<i64>>,
    assignees: Option<Vec<String>>,
    assignee: Option<String>,
    milestone: Option<i64>,
    closed: Option<bool>,
}

/// `POST …/issues`.
pub async fn create(entered: Entered, Body(new): Body<Create>) -> Answer<(StatusCode, Json<Issue>)> {
    let Create { title, body, labels, assignees, assignee, milestone, closed } = new;
    let Entered { cx, place, engine, .. } = &entered;
    let mut people = assignees.unwrap_or_default();
    people.extend(assignee.filter(|login| !login.is_empty()));
    let new = NewIssue {
        title,
        body: body.unwrap_or_default(),
        labels: labels::names(&entered, &labels.unwrap_or_default()).await?,
        assignees: people,
        milestone: milestone.filter(|id| *id != 0),
    };
    let mut issue = engine.forge.open_issue(cx, place, new).await?;
    if closed == Some(true) {
        let change = IssueChange { state: Some(State::Closed), ..IssueChange::default() };
        issue = engine.forge.edit_issue(cx, place, issue.number, change).await?;
    }
    Ok((StatusCode::CREATED, Json(shown(&entered, &issue))))
}

/// `GET …/issues/{index}`.
pub async fn get(entered: Entered) -> Answer<Json<Issue>> {
    let issue = entered.engine.forge.issue(&entered.place, entered.number("index")?).await?;
    Ok(Json(shown(&entered, &issue)))
}

#[derive(Deserialize)]
pub struct Change {
    title: Option<String>,
    body: Option<String>,
    state: Option<String>,
    milestone: Option<i64>,
    assignees: Option<Vec<String>>,
    assignee: Option<String>,
}

impl Change {
    /// The same for the forge; an empty title is left alone, as Gitea does.
    pub fn for_forge(self) -> Result<IssueChange> {
        let Self { title, body, state, milestone, assignees, assignee } = self;
        Ok(IssueChange {
            title: title.filter(|title| !title.is_empty()),
            body,
            state: state.filter(|state| !state.is_empty()).map(|state| state.parse()).transpose()?,
            milestone,
            assignees: assignees.or(assignee.filter(|login| !login.is_empty()).map(|login| vec![login])),
            base: None,
            seen: None,
        })
    }
}

/// `PATCH …/issues/{index}`. Gitea answers 201.
pub async fn change(entered: Entered, Body(change): Body<Change>) -> Answer<(StatusCode, Json<Issue>)> {
    let number = entered.number("index")?;
    let Entered { cx, place, engine, .. } = &entered;
    let issue = engine.forge.edit_issue(cx, place, number, change.for_forge()?).await?;
    Ok((StatusCode::CREATED, Json(shown(&entered, &issue))))
}

fn shown(entered: &Entered, issue: &embedded::Issue) -> Issue {
    Issue::new(&entered.engine.settings.base_url, &entered.place.repository, issue)
}

#[derive(Serialize)]
pub struct Template {
    name: String,
    title: String,
    about: String,
    labels: Vec<String>,
    r#ref: &'static str,
    content: String,
    file_name: String,
    body: [Never; 0],
}

/// There are no forms: templates are Markdown.
#[derive(Serialize)]
pub enum Never {}

/// `GET …/issue_templates`.
pub async fn templates(entered: Entered) -> Answer<Json<Vec<Template>>> {
    let found = entered.engine.issue_templates(&entered.place).await?;
    let shown = |IssueTemplate { file, name, about, title, labels, body, fault: _ }| Template {
        name,
        title,
        about,
        labels,
        r#ref: "",
        content: body,
        file_name: file,
        body: [],
    };
    Ok(Json(found.into_iter().map(shown).collect()))
}
