//! The inbox: what waits for a decision, what an agent asks, and what happened that concerns the person, with the reason.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use serde::Deserialize;

use crate::approvals;
use crate::engine::Engine;
use crate::forge::embedded::Notice;
use crate::forge::embedded::Shelf;
use crate::forge::embedded::Why;
use crate::kit::Error;
use crate::kit::clock::Timestamp;
use crate::kit::page::Paging;
use crate::kit::text;
use crate::model::RepoId;
use crate::runs;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::frame::Frame;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::paged::Paged;
use crate::web::parts::approval::ApprovalRow;
use crate::web::parts::badge::Mark;
use crate::web::parts::pager::Pager;
use crate::web::parts::run::RunRow;
use crate::web::parts::time::When;
use crate::web::posted::Posted;
use crate::web::visitor::Visitor;

/// `/inbox`
#[derive(Template)]
#[template(path = "pages/inbox.html")]
pub struct Inbox {
    /// What surrounds the page.
    pub frame: Frame,
    /// Approvals that wait; the oldest first.
    pub waiting: Vec<ApprovalRow>,
    /// How many wait.
    pub open: u64,
    /// Runs whose agents ask something.
    pub asking: Vec<RunRow>,
    /// `unread`, `all` or `muted`.
    pub shelf: &'static str,
    /// How many notices are news.
    pub unread: u64,
    /// What happened.
    pub notices: Vec<NoticeRow>,
    /// Links to other pages.
    pub pager: Pager,
}

/// Something that happened, in the inbox.
#[derive(Clone, Debug)]
pub struct NoticeRow {
    /// The address that opens it, and makes it no news.
    pub href: String,
    /// The repository's id, for forms.
    pub repo_id: String,
    /// `owner/name#12`.
    pub place: String,
    /// Its number.
    pub number: i64,
    /// Its title.
    pub title: String,
    /// Its state.
    pub mark: Mark,
    /// What happened and why the person is told: `bob commented: you opened this`.
    pub happened: String,
    /// Why, alone.
    pub why: &'static str,
    /// Whether it is news.
    pub unread: bool,
    /// Whether the conversation is muted.
    pub muted: bool,
    /// When.
    pub when: When,
}

/// The conversation that an address names.
#[derive(Debug, Deserialize)]
pub struct Named {
    repo: String,
    number: i64,
}

/// Rows of each list above the notices.
const ROWS: i64 = 10;

/// `GET /inbox`
pub async fn page(State(engine): State<Arc<Engine>>, visitor: Visitor, Query(paged): Query<Paged>) -> Answer {
    let person = visitor.account()?.id;
    let repos = visitor.repositories(&engine).await?;
    let now = visitor.cx.now();
    let asked = approvals::Filter {
        open: Some(true),
        repos: Some(repos.clone()),
        elsewhere: true,
        limit: ROWS,
        ..approvals::Filter::default()
    };
    let mut waiting = engine.approvals.list(&asked).await?;
    waiting.reverse();
    let states = vec![runs::State::NeedsInput];
    let asking = runs::Filter { repos: Some(repos.clone()), states, limit: ROWS, ..runs::Filter::default() };
    let asking = engine.runs.list(&asking).await?;
    let (shelf, word) = match paged.state() {
        "all" => (Shelf::All, "all"),
        "muted" => (Shelf::Muted, "muted"),
        _ => (Shelf::Unread, "unread"),
    };
    let found = engine.forge.notices(&visitor.cx, shelf, Paging { limit: 30, ..paged.paging() }).await?;
    show(&Inbox {
        frame: visitor.frame(&engine, "Inbox").await?,
        open: engine.approvals.count_open(&repos).await?,
        waiting: waiting.iter().map(|approval| ApprovalRow::of(approval, now)).collect(),
        asking: asking.iter().map(|run| RunRow::of(run, now)).collect(),
        shelf: word,
        unread: engine.forge.count_unread(person).await?,
        pager: Pager::new(&found, &format!("/inbox?state={word}")),
        notices: found.items.iter().map(|notice| NoticeRow::of(notice, now)).collect(),
    })
}

/// `GET /inbox/{repo}/{number}`: goes to the conversation, which thereby is no news any more.
pub async fn open(State(engine): State<Arc<Engine>>, visitor: Visitor, Path(named): Path<Named>) -> Answer {
    visitor.account()?;
    let repo = repo_of(&named.repo)?;
    let place = engine.forge.enter_by_id(&visitor.cx, repo).await?;
    let issue = engine.forge.issue(&place, named.number).await?;
    let entry = engine.forge.mark_read(&visitor.cx, repo, named.number).await?;
    let folder = if issue.pull.is_some() { "pulls" } else { "issues" };
    let anchor = entry.map(|entry| format!("#comment-{entry}")).unwrap_or_default();
    go(&format!("/{}/{folder}/{}{anchor}", place.repository.reference(), issue.number), None)
}

/// `POST /inbox`: says that something is no news, or mutes a conversation.
pub async fn act(State(engine): State<Arc<Engine>>, visitor: Visitor, posted: Posted) -> Answer {
    visitor.account()?;
    let back = match posted.text("state").as_str() {
        "all" => "/inbox?state=all",
        "muted" => "/inbox?state=muted",
        _ => "/inbox",
    };
    let then = posted.text("then");
    if then == "all-read" {
        engine.forge.mark_all_read(&visitor.cx).await?;
        return go(back, Some(&Said::done("Nothing is news any more")));
    }
    let repo = repo_of(&posted.text("repo"))?;
    let number = posted.text("number").parse().map_err(|_| Error::not_found("such issue"))?;
    match then.as_str() {
        "mute" | "unmute" => {
            let place = engine.forge.enter_by_id(&visitor.cx, repo).await?;
            engine.forge.mute(&visitor.cx, &place, number, then == "mute").await?;
        }
        _ => drop(engine.forge.mark_read(&visitor.cx, repo, number).await?),
    }
    go(back, None)
}

fn repo_of(text: &str) -> crate::kit::Result<RepoId> {
    text.parse().map_err(|_| Error::not_found("such repository"))
}

impl NoticeRow {
    fn of(notice: &Notice, now: Timestamp) -> Self {
        Self {
            href: format!("/inbox/{}/{}", notice.repo.id, notice.number),
            repo_id: notice.repo.id.to_string(),
            place: format!("{}#{}", notice.repo, notice.number),
            number: notice.number,
            title: text::visible_line(&notice.title, 200),
            mark: if notice.pull { Mark::pull(&notice.state) } else { Mark::issue(&notice.state) },
            happened: format!("{} {}", notice.actor, notice.what),
            why: match notice.why {
                Why::Mentioned => "you are mentioned",
                Why::Assigned => "you look after this",
                Why::Author => "you opened this",
                Why::Reviewer => "your review is asked for",
                Why::Watching => "you watch this repository",
            },
            unread: notice.unread,
            muted: notice.muted,
            when: When::new(notice.at, now),
        }
    }
}
