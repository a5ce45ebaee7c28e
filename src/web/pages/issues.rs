//! The issues of a repository.

use std::sync::Arc;

use askama::Template;
use axum::extract::Query;
use axum::extract::State;

use crate::engine::Engine;
use crate::forge::embedded;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::page::Paging;
use crate::kit::text;
use crate::web::address;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::show;
use crate::web::paged::Paged;
use crate::web::parts::badge::Mark;
use crate::web::parts::pager::Pager;
use crate::web::parts::time::When;

/// `/{owner}/{repo}/issues`
#[derive(Template)]
#[template(path = "pages/issues.html")]
pub struct Issues {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// `open` or `closed`.
    pub state: &'static str,
    /// The words that were searched for.
    pub query: String,
    /// How many are open.
    pub open: u64,
    /// How many are closed.
    pub closed: u64,
    /// The rows.
    pub issues: Vec<IssueRow>,
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
    let mut search = embedded::Search::parse(paged.words());
    search.pulls = Some(false);
    let closed = paged.state() == "closed";
    search.state = Some(if closed { embedded::State::Closed } else { embedded::State::Open });
    let found = engine.forge.issues(&entered.place, &search, paged.paging()).await?;
    let other = other_count(&engine, &entered, &search).await?;
    let (open, shut) = if closed { (other, found.total) } else { (found.total, other) };
    let (root, now) = (entered.root(), entered.visitor.cx.now());
    let state = if closed { "closed" } else { "open" };
    let here = format!("{root}/issues?state={state}&q={}", address::escape(paged.words()));
    show(&Issues {
        frame: entered.frame(&engine, "Issues").await?,
        repo: entered.head(Tab::Issues),
        state,
        query: paged.words().to_owned(),
        open,
        closed: shut,
        pager: Pager::new(&found, &here),
        issues: found.items.iter().map(|issue| IssueRow::of(issue, &root, now)).collect(),
    })
}

/// How many are in the other state, for the switch above the list.
pub(super) async fn other_count(engine: &Engine, entered: &Entered, search: &embedded::Search) -> Result<u64> {
    let other = match search.state {
        Some(embedded::State::Closed) => embedded::State::Open,
        _ => embedded::State::Closed,
    };
    let search = embedded::Search { state: Some(other), ..search.clone() };
    Ok(engine.forge.issues(&entered.place, &search, Paging { page: 1, limit: 1 }).await?.total)
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
