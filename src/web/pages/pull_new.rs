//! Opening a pull request: two branches are compared first. The one with the changes may lie in a fork, as `owner:branch`.

use crate::access::Action;
use crate::engine::Engine;
use crate::forge::embedded;
use crate::git;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::BranchName;
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
use crate::web::pages::code::CommitLine;
use crate::web::pages::code::MOST_NAMES;
use crate::web::pages::fork;
use crate::web::parts::diff::Diff;
use crate::web::parts::diff::Look;
use crate::web::parts::field::Wrong;
use crate::web::posted::Posted;
use askama::Template;
use axum::extract::Query;
use axum::extract::State;
use serde::Deserialize;
use std::sync::Arc;

/// `/{owner}/{repo}/pulls/new`
#[derive(Template)]
#[template(path = "pages/pull_new.html")]
pub struct PullNew {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// Branches to choose from.
    pub branches: Vec<String>,
    /// Whether there are too many to list all of them.
    pub more: bool,
    /// The branch that is to change.
    pub base: String,
    /// Branches of the person's own fork, as `owner:branch`.
    pub fork_branches: Vec<String>,
    /// Where the repository was forked from, and the address of the same page there.
    pub source: Option<(String, String)>,
    /// The branch with the changes; empty until one is chosen.
    pub head: String,
    /// The title that was typed.
    pub title: String,
    /// The text that was typed.
    pub body: String,
    /// The commits that it would bring.
    pub commits: Vec<CommitLine>,
    /// What it would change.
    pub diff: Diff,
    /// Why it cannot be opened; empty when it can.
    pub note: String,
    /// What was wrong.
    pub wrong: Wrong,
}

/// The two branches that an address compares.
#[derive(Debug, Default, Deserialize)]
pub struct Branches {
    base: Option<String>,
    head: Option<String>,
}

/// `GET /{owner}/{repo}/pulls/new?base=…&head=…`
pub async fn form(State(engine): State<Arc<Engine>>, entered: Entered, Query(asked): Query<Branches>) -> Answer {
    entered.authorize(Action::OpenPull)?;
    show(&compared(&engine, &entered, asked).await?)
}

/// `POST /{owner}/{repo}/pulls/new`
pub async fn open(State(engine): State<Arc<Engine>>, entered: Entered, posted: Posted) -> Answer {
    let (base, head) = (posted.text("base"), posted.text("head"));
    let (home, branch) = engine.forge.head_named(&entered.visitor.cx, &entered.place, &head).await?;
    let new = embedded::PullRequest {
        title: posted.text("title").trim().to_owned(),
        body: posted.text("body"),
        base: base.parse()?,
        head_repo: home.repository.id,
        head: branch.parse()?,
        draft: posted.ticked("draft"),
        labels: Vec::new(),
    };
    let (title, body) = (new.title.clone(), new.body.clone());
    match engine.forge.open_pull(&entered.visitor.cx, &entered.place, new).await {
        Ok(issue) => {
            let said = Said::done(format!("Opened #{}", issue.number));
            go(&format!("{}/pulls/{}", entered.root(), issue.number), Some(&said))
        }
        Err(error) => {
            let asked = Branches { base: Some(base), head: Some(head) };
            let page = compared(&engine, &entered, asked).await?;
            again(&PullNew { title, body, wrong: Wrong::from(&error), ..page })
        }
    }
}

async fn compared(engine: &Engine, entered: &Entered, asked: Branches) -> Result<PullNew> {
    let (branches, all) = entered.git(engine).branch_names(MOST_NAMES).await?;
    let base = asked.base.filter(|base| !base.is_empty());
    let base = base.unwrap_or_else(|| entered.place.repository.default_branch.to_string());
    let head = asked.head.unwrap_or_default();
    let mut page = PullNew {
        frame: entered.frame(engine, "New pull request").await?,
        repo: entered.head(Tab::Pulls),
        more: all > branches.len(),
        branches: branches.iter().map(ToString::to_string).collect(),
        fork_branches: fork::heads(engine, entered).await?,
        source: source(engine, entered, &head).await?,
        base,
        head,
        title: String::new(),
        body: String::new(),
        commits: Vec::new(),
        diff: Diff::default(),
        note: String::new(),
        wrong: Wrong::default(),
    };
    if !page.head.is_empty() {
        page.compare(engine, entered).await?;
    }
    Ok(page)
}

/// Where the repository was forked from, and the address there of a pull request of the same branch.
async fn source(engine: &Engine, entered: &Entered, head: &str) -> Result<Option<(String, String)>> {
    let source = engine.forge.forked_from(&entered.visitor.cx, &entered.place).await?;
    Ok(source.map(|source| {
        let branch = if head.is_empty() { entered.place.repository.default_branch.as_str() } else { head };
        let named = format!("{}:{branch}", entered.place.repository.owner_name);
        let name = source.repository.reference().to_string();
        let address = format!("/{name}/pulls/new?head={}", address::escape(&named));
        (name, address)
    }))
}

impl PullNew {
    /// Whether the branch with the changes lies in a fork of somebody else.
    pub fn elsewhere(&self) -> bool {
        self.head.contains(':') && !self.fork_branches.contains(&self.head)
    }

    async fn compare(&mut self, engine: &Engine, entered: &Entered) -> Result<()> {
        let (home, named) = engine.forge.head_named(&entered.visitor.cx, &entered.place, &self.head).await?;
        let (base, head): (BranchName, BranchName) = (self.base.parse()?, named.parse()?);
        let unknown = || Error::not_found("such branch");
        let base = entered.git(engine).branch(&base).await?.ok_or_else(unknown)?;
        let head = engine.forge.git(&home.repository).branch(&head).await?.ok_or_else(unknown)?;
        let git = engine.forge.git_beside(&entered.place, &home).await?;
        let Some(from) = git.merge_base(&base, &head).await? else {
            self.note = "These branches share no history".to_owned();
            return Ok(());
        };
        let commits = git.commits_between(&from, &head, 100).await?;
        let Some(newest) = commits.first() else {
            self.note = format!("`{}` holds everything that `{}` has", self.base, self.head);
            return Ok(());
        };
        if let ([only], true) = (commits.as_slice(), self.title.is_empty()) {
            self.title = only.title();
            self.body = only.body();
        } else if self.title.is_empty() {
            self.title = newest.title();
        }
        if let Some(template) = engine.pull_template(&entered.place).await? {
            let said = std::mem::take(&mut self.body);
            self.body = if said.trim().is_empty() { template } else { format!("{}\n\n{template}", said.trim_end()) };
        }
        let (root, now) = (format!("/{}", home.repository.reference()), entered.visitor.cx.now());
        self.commits = commits.iter().map(|commit| CommitLine::of(commit, &root, now)).collect();
        let sides = (git::Side::Commit(&from), git::Side::Commit(&head));
        self.diff = Diff::read(&git, sides, &Look::default()).await?;
        Ok(())
    }
}
