//! Atom feeds: commits, tags and runs of a repository, for those who read news in a program of their own.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse as _;
use serde::Deserialize;

use crate::engine::Engine;
use crate::git;
use crate::kit::Error;
use crate::kit::clock::Timestamp;
use crate::kit::page::Paging;
use crate::kit::text;
use crate::runs;
use crate::web::address;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::parts::run;

/// A feed as RFC 4287 shapes it.
#[derive(Template)]
#[template(path = "pages/feed.xml", escape = "html")]
pub struct Feed {
    /// What it is about.
    pub title: String,
    /// The whole address of the feed: also its id.
    pub own: String,
    /// The whole address of the page that shows the same.
    pub page: String,
    /// When the newest entry changed.
    pub updated: String,
    /// The entries, newest first.
    pub entries: Vec<Entry>,
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The whole address of its page: also its id.
    pub href: String,
    /// What it says in a line.
    pub title: String,
    /// Who did it.
    pub author: String,
    /// When.
    pub updated: String,
    /// More of it; empty for none.
    pub text: String,
}

/// Entries of one feed.
const MOST: u32 = 30;
/// Tags whose commits are looked at to find the newest; by name, since a tag need not have a time of its own.
const LOOKED_AT: usize = 500;

/// The ref of a feed.
#[derive(Debug, Deserialize)]
pub struct Of {
    #[serde(rename = "ref")]
    reference: String,
}

/// `GET /{owner}/{repo}/atom/commits/{ref}`
pub async fn commits(State(engine): State<Arc<Engine>>, entered: Entered, Path(of): Path<Of>) -> Answer {
    let git = entered.git(&engine);
    let unknown = || Error::not_found("such branch, tag or commit");
    let from = git.resolve(&of.reference).await?.ok_or_else(unknown)?;
    let found = git.log(&from, None, Paging::new(None, Some(MOST))).await?.items;
    let base = base(&engine, &entered);
    let entries = found.iter().map(|commit| Entry::of_commit(commit, &base, commit.title())).collect();
    let reference = address::path(&of.reference);
    let title = format!("Commits of {} at {}", entered.place.repository.reference(), text::visible(&of.reference));
    Feed::new(title, format!("{base}/atom/commits/{reference}"), format!("{base}/commits/{reference}"), entries).show()
}

/// `GET /{owner}/{repo}/atom/tags`
pub async fn tags(State(engine): State<Arc<Engine>>, entered: Entered) -> Answer {
    let git = entered.git(&engine);
    let base = base(&engine, &entered);
    let mut dated = Vec::new();
    for tag in git.last_tags(LOOKED_AT).await?.0 {
        if let Some(commit) = git.commit(&tag.commit).await? {
            let href = format!("{base}/src/{}", address::escape(&tag.name));
            let entry =
                Entry { href, text: text::visible(&commit.message), ..Entry::of_commit(&commit, &base, tag.name) };
            dated.push((commit.committer.at, entry));
        }
    }
    dated.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let entries = dated.into_iter().take(MOST as usize).map(|(_, entry)| entry).collect();
    let title = format!("Tags of {}", entered.place.repository.reference());
    Feed::new(title, format!("{base}/atom/tags"), base.clone(), entries).show()
}

/// `GET /{owner}/{repo}/atom/runs`
pub async fn runs(State(engine): State<Arc<Engine>>, entered: Entered) -> Answer {
    let repos = Some(vec![entered.place.repository.id]);
    let found = engine.runs.list(&runs::Filter { repos, limit: i64::from(MOST), ..runs::Filter::default() }).await?;
    let base = base(&engine, &entered);
    let entries = found.iter().map(|found| Entry {
        href: format!("{}/runs/{}", engine.settings.base_url, found.id),
        title: format!("{}: {}", run::title(found), found.state),
        author: found.dispatch.requester_login.clone(),
        updated: found.ended.or(found.started).unwrap_or(found.created).rfc3339(),
        text: text::visible(&found.summary.clone().unwrap_or_default()),
    });
    let title = format!("Agent runs of {}", entered.place.repository.reference());
    Feed::new(title, format!("{base}/atom/runs"), format!("{base}/runs"), entries.collect()).show()
}

fn base(engine: &Engine, entered: &Entered) -> String {
    format!("{}{}", engine.settings.base_url, entered.root())
}

impl Feed {
    fn new(title: String, own: String, page: String, entries: Vec<Entry>) -> Self {
        let newest = entries.iter().map(|entry| entry.updated.clone()).max();
        let updated = newest.unwrap_or_else(|| Timestamp::from_seconds(0).rfc3339());
        Self { title, own, page, updated, entries }
    }

    fn show(self) -> Answer {
        let kind = [(header::CONTENT_TYPE, "application/atom+xml; charset=utf-8")];
        Ok((kind, self.render()?).into_response())
    }
}

impl Entry {
    fn of_commit(commit: &git::Commit, base: &str, title: String) -> Self {
        Self {
            href: format!("{base}/commit/{}", commit.id),
            title,
            author: text::visible(&commit.author.name),
            updated: commit.committer.at.rfc3339(),
            text: text::visible(&commit.body()),
        }
    }
}
