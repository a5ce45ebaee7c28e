//! One commit: its message, its people, its diff.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use serde::Deserialize;

use crate::engine::Engine;
use crate::git;
use crate::kit::Error;
use crate::kit::text;
use crate::model::RunId;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::show;
use crate::web::parts::checks::CheckRow;
use crate::web::parts::diff::Diff;
use crate::web::parts::diff::Look;
use crate::web::parts::digest::Mono;
use crate::web::parts::html::Html;
use crate::web::parts::person::Who;
use crate::web::parts::references::References;
use crate::web::parts::size;
use crate::web::parts::time::When;

/// `/{owner}/{repo}/commit/{sha}`
#[derive(Template)]
#[template(path = "pages/commit.html")]
pub struct CommitPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// Its id.
    pub id: Mono,
    /// The first line of the message.
    pub title: Html,
    /// The rest of the message.
    pub message: Html,
    /// Who wrote it.
    pub author: Who,
    /// When it was written.
    pub when: When,
    /// Who committed it, when that is somebody else.
    pub committer: Option<Who>,
    /// Its parents: address and id.
    pub parents: Vec<(String, Mono)>,
    /// How many more parents there are.
    pub more_parents: usize,
    /// Trailers that we wrote: the name, the value, and an address.
    pub trailers: Vec<(String, String, Option<String>)>,
    /// The address of the tree at this commit.
    pub tree_href: String,
    /// What checks said of it.
    pub checks: Vec<CheckRow>,
    /// What it changes.
    pub diff: Diff,
}

/// A longer message is cut; Git has all of it.
const LONGEST_MESSAGE: usize = 64 * 1024;
/// More parents than these are counted: a commit may have ten thousand.
const MOST_PARENTS: usize = 20;

/// Trailers that we write, and that lead somewhere.
const TRAILERS: [&str; 3] = ["Forgehand-Run", "Forgehand-Effect", "Approved-by"];

/// `GET /{owner}/{repo}/commit/{sha}`
pub async fn page(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Named>,
    Query(look): Query<Look>,
) -> Answer {
    let git = entered.git(&engine);
    let id = git.resolve(&named.sha).await?.ok_or_else(|| Error::not_found("such commit"))?;
    let commit = git.commit(&id).await?.ok_or_else(|| Error::not_found("such commit"))?;
    let from = commit.parents.first().map_or(git::Side::Empty, git::Side::Commit);
    let look = look.at(format!("{}/commit/{id}", entered.root()));
    let diff = Diff::read(&git, (from, git::Side::Commit(&id)), &look).await?;
    let statuses = engine.forge.newest_statuses(&entered.place, &[&id]).await?;
    let jobs = engine.checks.at(entered.place.repository.id, &id).await?;
    let (root, now) = (entered.root(), entered.visitor.cx.now());
    let trailers = TRAILERS.iter().filter_map(|key| Some((*key, commit.trailer(key)?)));
    let same = commit.author.name == commit.committer.name;
    let (title, body) = (commit.title(), commit.body());
    let body = match text::bounded(&body, LONGEST_MESSAGE) {
        whole if whole.len() == body.len() => body,
        part => format!("{part}\n\n… and {} more", size::bytes((body.len() - part.len()) as u64)),
    };
    let references = References::of_plain(&engine, &entered, &[&title, &body]).await?;
    show(&CommitPage {
        frame: entered.frame(&engine, &commit.title()).await?,
        repo: entered.head(Tab::Code),
        id: Mono::from(&id),
        title: Html::shown_around(&title, &references),
        message: Html::shown_around(&body, &references),
        author: Who::person(&commit.author.name),
        when: When::new(commit.author.at, now),
        committer: (!same).then(|| Who::agent(&commit.committer.name)),
        more_parents: commit.parents.len().saturating_sub(MOST_PARENTS),
        parents: commit
            .parents
            .iter()
            .take(MOST_PARENTS)
            .map(|parent| (format!("{root}/commit/{parent}"), Mono::from(parent)))
            .collect(),
        trailers: trailers.map(|(key, value)| trailer(key, value)).collect(),
        tree_href: format!("{root}/src/{id}"),
        checks: statuses.iter().map(|status| CheckRow::of(status, &jobs, &[], now)).collect(),
        diff,
    })
}

/// The commit that an address names.
#[derive(Debug, Deserialize)]
pub struct Named {
    sha: String,
}

fn trailer(key: &str, value: &str) -> (String, String, Option<String>) {
    // A run's id is the end of its address, with or without the address before it.
    let run = value.rsplit('/').next().and_then(|id| id.parse::<RunId>().ok()).filter(|_| key == "Forgehand-Run");
    (key.to_owned(), text::visible_line(value, 200), run.map(|run| format!("/runs/{run}")))
}
