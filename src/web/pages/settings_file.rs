//! Editing one file of `.agents/`: the edit becomes a commit by the person, or a pull request.

use crate::access::Action;
use crate::engine::Engine;
use crate::engine::verbs::EditFile;
use crate::engine::verbs::Edited;
use crate::engine::verbs::Onto;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::model::TreePath;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::again;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::pages::settings;
use crate::web::pages::settings::DiagnosticRow;
use crate::web::parts::field::Wrong;
use crate::web::posted::Posted;
use askama::Template;
use axum::extract::Query;
use axum::extract::State;
use serde::Deserialize;
use std::sync::Arc;

/// `/{owner}/{repo}/settings/agents/edit`
#[derive(Template)]
#[template(path = "pages/settings_file.html")]
pub struct SettingsFile {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// The path; empty for a new file.
    pub path: String,
    /// Whether the default branch takes commits; otherwise an edit is a pull request.
    pub direct: bool,
    /// Whether the file is new.
    pub fresh: bool,
    /// Its text.
    pub text: String,
    /// The commit that the text was read at: saving fails when the file moved on.
    pub base: String,
    /// The commit message that was typed.
    pub message: String,
    /// What is wrong in the text.
    pub diagnostics: Vec<DiagnosticRow>,
    /// Whether it was checked and nothing was wrong.
    pub checked: bool,
    /// What was wrong with saving.
    pub wrong: Wrong,
}

/// Which file an address asks to edit.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    path: Option<String>,
    new: Option<String>,
}

/// `GET /{owner}/{repo}/settings/agents/edit?path=…`, or `?new=stack`, `?new=rule`
pub async fn form(State(engine): State<Arc<Engine>>, entered: Entered, Query(asked): Query<Asked>) -> Answer {
    entered.authorize(Action::EditAgents)?;
    let mut page = blank(&engine, &entered).await?;
    match asked.path {
        Some(path) => page.read(&engine, &entered, path.parse()?).await?,
        None => {
            let (path, text) = sample(asked.new.as_deref().unwrap_or("stack"));
            (page.path, page.text) = (path.to_owned(), text.to_owned());
        }
    }
    show(&page)
}

/// `POST /{owner}/{repo}/settings/agents/edit`: checks the text, commits it, or proposes it.
pub async fn save(State(engine): State<Arc<Engine>>, entered: Entered, posted: Posted) -> Answer {
    let mut page = blank(&engine, &entered).await?;
    page.path = posted.text("path").trim().to_owned();
    page.text = posted.text("text");
    page.message = posted.text("message");
    page.base = posted.text("base");
    page.fresh = posted.ticked("fresh");
    let path = match page.path.parse::<TreePath>() {
        Ok(path) => path,
        Err(error) => {
            page.wrong = Wrong::from(&error.field("path"));
            return again(&page);
        }
    };
    if posted.text("only") == "check" {
        let found = engine.check_agents(&entered.visitor.cx, &entered.place, &path, &page.text).await?;
        page.diagnostics = settings::diagnostics(&found, &entered.root());
        page.checked = page.diagnostics.is_empty();
        return show(&page);
    }
    let onto = if posted.text("onto") == "pull" { Onto::PullRequest } else { Onto::DefaultBranch };
    match edit(&engine, &entered, path, &page, onto).await {
        Ok(Edited::Committed(made)) => {
            let said = Said::done(format!("Committed as `{}`", made.short()));
            go(&format!("{}/settings/agents", entered.root()), Some(&said))
        }
        Ok(Edited::Proposed(number)) => {
            let said = Said::done("The edit counts once this pull request is merged");
            go(&format!("{}/pulls/{number}", entered.root()), Some(&said))
        }
        Err(error) if matches!(error.kind(), ErrorKind::Internal | ErrorKind::NotFound) => Err(error.into()),
        Err(error) => {
            page.wrong = Wrong::from(&error);
            again(&page)
        }
    }
}

async fn edit(engine: &Engine, entered: &Entered, path: TreePath, page: &SettingsFile, onto: Onto) -> Result<Edited> {
    let seen = if page.base.is_empty() { None } else { Some(page.base.parse()?) };
    let edit = EditFile { path, text: Some(page.text.clone()), message: page.message.clone(), seen, onto };
    engine.edit_agents(&entered.visitor.cx, &entered.place, edit).await
}

async fn blank(engine: &Engine, entered: &Entered) -> Result<SettingsFile> {
    let branch = &entered.place.repository.default_branch;
    let tip = entered.git(engine).branch(branch).await?;
    let direct = engine.forge.protection(&entered.place, branch).await?.is_none();
    Ok(SettingsFile {
        frame: entered.frame(engine, "Agents").await?,
        repo: entered.head(Tab::Settings),
        path: String::new(),
        direct,
        fresh: true,
        text: String::new(),
        base: tip.map(|tip| tip.to_string()).unwrap_or_default(),
        message: String::new(),
        diagnostics: Vec::new(),
        checked: false,
        wrong: Wrong::default(),
    })
}

impl SettingsFile {
    async fn read(&mut self, engine: &Engine, entered: &Entered, path: TreePath) -> Result<()> {
        self.path = path.to_string();
        let git = entered.git(engine);
        let file = match self.base.parse() {
            Ok(tip) => git.file(&tip, &path).await?,
            Err(_) => None,
        };
        let Some(file) = file else { return Ok(()) };
        let text = file.text().ok_or_else(|| Error::invalid(format!("Cannot edit `{path}` here: it is not text")))?;
        self.text = text.to_owned();
        self.fresh = false;
        let trusted = engine.trusted(&entered.place.repository.reference()).await?;
        let found = trusted.map(|trusted| trusted.catalog.diagnostics.clone()).unwrap_or_default();
        let here: Vec<_> = found.into_iter().filter(|found| found.file == self.path).collect();
        self.diagnostics = settings::diagnostics(&here, &entered.root());
        Ok(())
    }
}

/// What a new file begins with.
fn sample(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "rule" => (".agents/rules/new.yaml", RULE),
        "policy" => (".agents/policy.yaml", POLICY),
        "checks" => (".agents/checks.yaml", CHECKS),
        _ => (".agents/stacks/new.yaml", STACK),
    }
}

const STACK: &str = "description: Says in one sentence what this agent is for\nagent: builtin\nmodel: default\nprompt: |\n  \
    You answer questions about this repository.\nautonomy: propose\nwriteback: {comment: ask}\n";

const RULE: &str = "description: Says in one sentence when this happens\nstate: draft\non:\n  mention: {handle: fixer}\n\
    who: {role: write}\nstack: fixer\ntask: answer\n";

const CHECKS: &str = "jobs:\n  test:\n    description: Says in one sentence what is checked\n    run: |\n      \
    make test\n    timeout: 10m\n";

const POLICY: &str = "writeback: {push: ask, pull_request: ask}\napproval: {expires: 7d, self: deny}\n";
