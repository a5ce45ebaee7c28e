//! The issues of a repository.

use std::sync::Arc;

use askama::Template;
use axum::extract::Query;
use axum::extract::State;

use crate::engine::Engine;
use crate::forge::embedded;
use crate::kit::clock::Timestamp;
use crate::kit::text;
use crate::web::address;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::paged::Paged;
use crate::web::pages::ticked::Ticks;
use crate::web::parts::badge::Mark;
use crate::web::parts::pager::Pager;
use crate::web::parts::searched;
use crate::web::parts::searched::Searched;
use crate::web::parts::time::When;
use crate::web::posted::Posted;

/// `/{owner}/{repo}/issues`
#[derive(Template)]
#[template(path = "pages/issues.html")]
pub struct Issues {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// The search and its tabs.
    pub searched: Searched,
    /// The rows.
    pub issues: Vec<IssueRow>,
    /// What can be done to rows that are ticked.
    pub ticks: Ticks,
    /// Links to other pages.
    pub pager: Pager,
}

/// An issue or a pull request in a list.
#[derive(Clone, Debug)]
pub struct IssueRow {
    /// Its address.
    pub href: String,
    /// Its number.
    pub number: i64,
    /// Its title.
    pub title: String,
    /// Its state.
    pub mark: Mark,
    /// Its labels.
    pub labels: Vec<Label>,
    /// Who opened it.
    pub author: String,
    /// When it was opened.
    pub when: When,
    /// How many comments it has.
    pub comments: u64,
    /// What its checks say; pull requests only.
    pub checks: Option<Mark>,
    /// Its branches: `fix/greeting → main`; pull requests only.
    pub branches: String,
}

/// A label.
#[derive(Clone, Debug)]
pub struct Label {
    /// Its name.
    pub name: String,
    /// Which of the stylesheet's colours, as a class.
    pub tone: &'static str,
}

impl Label {
    /// A label; its colour comes from its name, so that it is the same everywhere.
    pub fn new(name: &str) -> Self {
        const TONES: [&str; 8] = ["h1", "h2", "h3", "h4", "h5", "h6", "h7", "h8"];
        let digest = crate::kit::digest::Digest::plain(name.as_bytes());
        Self { name: name.to_owned(), tone: TONES[usize::from(digest.bytes()[0]) % TONES.len()] }
    }
}

/// `GET /{owner}/{repo}/issues`
pub async fn list(State(engine): State<Arc<Engine>>, entered: Entered, Query(paged): Query<Paged>) -> Answer {
    let query = searched::query(&paged);
    let search = searched::search(&entered, &query, false);
    let found = engine.forge.search(&entered.place, &search, paged.paging()).await?;
    let (root, now) = (entered.root(), entered.visitor.cx.now());
    let searched = Searched::of(&engine, &entered, &query, false, &found).await?;
    show(&Issues {
        frame: entered.frame(&engine, "Issues").await?,
        repo: entered.head(Tab::Issues),
        ticks: Ticks::of(&engine, &entered, "issues", &query).await?,
        pager: Pager::new(&found.page, &searched.here()),
        issues: found.page.items.iter().map(|issue| IssueRow::of(issue, &root, now)).collect(),
        searched,
    })
}

/// `POST /{owner}/{repo}/views`: keeps a view under a name, or forgets it.
pub async fn keep_view(State(engine): State<Arc<Engine>>, entered: Entered, posted: Posted) -> Answer {
    let (cx, place) = (&entered.visitor.cx, &entered.place);
    let kind = if posted.text("kind") == "pulls" { "pulls" } else { "issues" };
    let address = format!("{}/{kind}", entered.root());
    if let Some(name) = posted.some("forget") {
        engine.forge.forget_view(cx, place, kind == "pulls", &name).await?;
        return go(&address, None);
    }
    let (name, query) = (posted.text("name").trim().to_owned(), posted.text("q").trim().to_owned());
    let view = embedded::View { name, pulls: kind == "pulls", query };
    engine.forge.keep_view(cx, place, &view).await?;
    go(&format!("{address}?q={}", address::escape(&view.query)), None)
}

impl IssueRow {
    /// An issue or a pull request as seen from now.
    pub fn of(issue: &embedded::Issue, root: &str, now: Timestamp) -> Self {
        let (folder, mark, branches) = match &issue.pull {
            Some(pull) => {
                let branches = format!("{} → {}", pull.head_branch, pull.base_branch);
                ("pulls", Mark::pull(issue.state_name()), text::visible(&branches))
            }
            None => ("issues", Mark::issue(issue.state_name()), String::new()),
        };
        Self {
            href: format!("{root}/{folder}/{}", issue.number),
            number: issue.number,
            title: text::visible(&issue.title),
            mark,
            labels: issue.labels.iter().map(|label| Label::new(&label.name)).collect(),
            author: issue.author.login.to_string(),
            when: When::new(issue.created, now),
            comments: issue.comments.unsigned_abs(),
            checks: None,
            branches,
        }
    }
}
