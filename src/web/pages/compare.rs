//! What one ref has and another has not: the commits and the diff from where they parted. The other may lie in a fork, as
//! `owner:branch`.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use serde::Deserialize;

use crate::access::Action;
use crate::engine::Engine;
use crate::git;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::CommitId;
use crate::web::address;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::show;
use crate::web::pages::code::CommitLine;
use crate::web::pages::code::MOST_NAMES;
use crate::web::pages::fork;
use crate::web::parts::diff::Diff;
use crate::web::parts::diff::Look;

/// `/{owner}/{repo}/compare/{base}...{head}`
#[derive(Template)]
#[template(path = "pages/compare.html")]
pub struct Compare {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// The ref that the other is compared with.
    pub base: String,
    /// The ref that is looked at.
    pub head: String,
    /// Branches and tags to choose from.
    pub names: Vec<String>,
    /// How many commits `head` has that `base` has not, and the other way round.
    pub ahead: u64,
    /// The other way round.
    pub behind: u64,
    /// The commits, newest first.
    pub commits: Vec<CommitLine>,
    /// Whether there are more.
    pub more: bool,
    /// What they change together.
    pub diff: Diff,
    /// Said instead, when there is nothing to compare.
    pub note: String,
    /// Where a pull request of the two is opened; none when they are not both branches or the person may not.
    pub propose: Option<String>,
}

/// More commits than these are counted and not listed.
const MOST_COMMITS: usize = 250;

/// The two refs that an address names.
#[derive(Debug, Deserialize)]
pub struct Spec {
    spec: String,
}

/// The two refs of a form.
#[derive(Debug, Default, Deserialize)]
pub struct Chosen {
    base: Option<String>,
    head: Option<String>,
}

/// `GET /{owner}/{repo}/compare?base=…&head=…`: a form came here.
pub async fn choose(State(engine): State<Arc<Engine>>, entered: Entered, Query(chosen): Query<Chosen>) -> Answer {
    let default = entered.place.repository.default_branch.to_string();
    let base = chosen.base.filter(|name| !name.is_empty()).unwrap_or_else(|| default.clone());
    let head = chosen.head.filter(|name| !name.is_empty()).unwrap_or(default);
    compared(&engine, &entered, (base, head), Look::default()).await
}

/// `GET /{owner}/{repo}/compare/{base}...{head}`
pub async fn page(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(Spec { spec }): Path<Spec>,
    Query(look): Query<Look>,
) -> Answer {
    let (base, head) = spec.split_once("...").or_else(|| spec.split_once("..")).ok_or_else(|| {
        Error::not_found("such comparison").hint("an address names both refs: `/compare/main...my-change`")
    })?;
    compared(&engine, &entered, (base.to_owned(), head.to_owned()), look).await
}

async fn compared(engine: &Engine, entered: &Entered, (base, head): (String, String), look: Look) -> Answer {
    let (cx, here) = (&entered.visitor.cx, &entered.place);
    let (home, head_there) = engine.forge.head_named(cx, here, &head).await?;
    let (git, there) = (entered.git(engine), engine.forge.git(&home.repository));
    let (from, to) = (named(&git, &base).await?, named(&there, &head_there).await?);
    let (branches, tags) = (git.branch_names(MOST_NAMES).await?.0, git.last_tags(MOST_NAMES).await?.0);
    let brings = base != head && is_branch(&git, &base).await? && is_branch(&there, &head_there).await?;
    let close = home.repository.id == here.repository.id || home.repository.fork_of == Some(here.repository.id);
    let address =
        format!("{}/pulls/new?base={}&head={}", entered.root(), address::escape(&base), address::escape(&head));
    let names = branches.iter().map(ToString::to_string).chain(tags.into_iter().map(|tag| tag.name));
    let mut page = Compare {
        frame: entered.frame(engine, "Compare").await?,
        repo: entered.head(Tab::Code),
        names: names.chain(fork::heads(engine, entered).await?).collect(),
        ahead: 0,
        behind: 0,
        commits: Vec::new(),
        more: false,
        diff: Diff::default(),
        note: String::new(),
        propose: (brings && close && entered.may(Action::OpenPull)).then_some(address),
        base,
        head,
    };
    let here = format!("{}/compare/{}...{}", entered.root(), address::path(&page.base), address::path(&page.head));
    let beside = engine.forge.git_beside(&entered.place, &home).await?;
    let root = format!("/{}", home.repository.reference());
    page.fill(&beside, (&root, entered.visitor.cx.now()), (&from, &to), &look.at(here)).await?;
    show(&page)
}

async fn is_branch(git: &git::Repository, name: &str) -> Result<bool> {
    let Ok(name) = name.parse() else { return Ok(false) };
    Ok(git.branch(&name).await?.is_some())
}

async fn named(git: &git::Repository, name: &str) -> Result<CommitId> {
    git.resolve(name).await?.ok_or_else(|| Error::not_found("such branch, tag or commit"))
}

impl Compare {
    async fn fill(
        &mut self,
        git: &git::Repository,
        (root, now): (&str, Timestamp),
        (from, to): (&CommitId, &CommitId),
        look: &Look,
    ) -> Result<()> {
        (self.ahead, self.behind) = git.ahead_behind(from, to).await?;
        let Some(parted) = git.merge_base(from, to).await? else {
            self.note = "These two share no history".to_owned();
            return Ok(());
        };
        if self.ahead == 0 {
            self.note = format!("`{}` holds everything that `{}` has", self.base, self.head);
            self.propose = None;
            return Ok(());
        }
        let commits = git.commits_between(from, to, MOST_COMMITS).await?;
        self.commits = commits.iter().map(|commit| CommitLine::of(commit, root, now)).collect();
        self.more = self.ahead > commits.len() as u64;
        let sides = (git::Side::Commit(&parted), git::Side::Commit(to));
        self.diff = Diff::read(git, sides, look).await?;
        Ok(())
    }
}
