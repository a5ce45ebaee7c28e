//! A repository itself: what it is called, who may do what in it, and which branches take pull requests only.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use crate::access::Action;
use crate::engine::Engine;
use crate::forge::embedded::Protection;
use crate::forge::embedded::RepositoryChange;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::model::AccountId;
use crate::model::Role;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::pages::code::MOST_NAMES;
use crate::web::parts::person::Who;
use crate::web::posted::Posted;

/// `/{owner}/{repo}/settings/repository`
#[derive(Template)]
#[template(path = "pages/settings_repository.html")]
pub struct SettingsRepository {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// One line about it.
    pub description: String,
    /// The branch that is shown first.
    pub default_branch: String,
    /// Branches to choose from.
    pub branches: Vec<String>,
    /// People with a role of their own, and the role.
    pub people: Vec<(Who, &'static str)>,
    /// Branches that take pull requests only.
    pub protections: Vec<ProtectionRow>,
    /// Names of checks that were seen on the default branch.
    pub checks: Vec<String>,
}

/// A branch that takes pull requests only.
#[derive(Clone, Debug)]
pub struct ProtectionRow {
    /// The branch.
    pub branch: String,
    /// What it asks for before a merge, in words.
    pub asks: String,
}

/// `GET /{owner}/{repo}/settings/repository`
pub async fn page(State(engine): State<Arc<Engine>>, entered: Entered) -> Answer {
    entered.authorize(Action::AdministerRepository)?;
    let repository = &entered.place.repository;
    let git = entered.git(&engine);
    let given = engine.access.collaborators(repository.id).await?;
    let ids: Vec<AccountId> = given.iter().map(|one| one.account).collect();
    let mut people: Vec<(Who, &'static str)> = Vec::new();
    for account in engine.identity.accounts(&ids).await? {
        if let Some(one) = given.iter().find(|one| one.account == account.id) {
            people.push((Who::person(account.login.as_str()), one.role.as_str()));
        }
    }
    people.sort_by(|one, other| one.0.name.cmp(&other.0.name));
    let tip = git.branch(&repository.default_branch).await?;
    let statuses = match &tip {
        Some(tip) => engine.forge.newest_statuses(&entered.place, &[tip]).await?,
        None => Vec::new(),
    };
    show(&SettingsRepository {
        frame: entered.frame(&engine, "Repository").await?,
        repo: entered.head(Tab::Settings),
        description: repository.description.clone(),
        default_branch: repository.default_branch.to_string(),
        branches: git.branch_names(MOST_NAMES).await?.0.iter().map(ToString::to_string).collect(),
        people,
        protections: engine.forge.protections(&entered.place).await?.iter().map(ProtectionRow::of).collect(),
        checks: statuses.into_iter().map(|status| status.context).collect(),
    })
}

/// `POST /{owner}/{repo}/settings/repository`: description, default branch, who sees it, name.
pub async fn change(State(engine): State<Arc<Engine>>, entered: Entered, posted: Posted) -> Answer {
    let name = posted.some("name").map(|name| name.trim().parse()).transpose();
    let change = async {
        let change = RepositoryChange {
            description: Some(posted.text("description").trim().to_owned()),
            private: Some(posted.ticked("private")),
            default_branch: posted.some("default_branch").map(|branch| branch.parse()).transpose()?,
            name: name?,
        };
        engine.change_repository(&entered.visitor.cx, &entered.place, change).await
    };
    match change.await {
        Ok(changed) => {
            let address = format!("/{}/settings/repository", changed.reference());
            go(&address, Some(&Said::done("The repository is changed")))
        }
        Err(error) => back(&entered, Err(error), ""),
    }
}

/// `POST /{owner}/{repo}/settings/people`: gives somebody a role, or takes it away.
pub async fn people(State(engine): State<Arc<Engine>>, entered: Entered, posted: Posted) -> Answer {
    let done = async {
        let who = engine.named(&posted.text("name")).await?;
        let role = match posted.text("role").as_str() {
            "" => None,
            role => Some(role.parse::<Role>()?),
        };
        engine.set_collaborator(&entered.visitor.cx, &entered.place, &who, role).await
    };
    back(&entered, done.await, "What they may do is changed")
}

/// `POST /{owner}/{repo}/settings/branches`: protects a branch, or takes its protection away.
pub async fn branches(State(engine): State<Arc<Engine>>, entered: Entered, posted: Posted) -> Answer {
    let (cx, place) = (&entered.visitor.cx, &entered.place);
    let done = async {
        let branch = posted.text("branch").trim().parse()?;
        if posted.text("then") == "unprotect" {
            return engine.unprotect(cx, place, &branch).await;
        }
        let approvals = posted.some("approvals").unwrap_or_else(|| "0".to_owned());
        let approvals =
            approvals.trim().parse().map_err(|_| Error::invalid("Approvals are counted").field("approvals"))?;
        let checks = posted.text("checks");
        let checks = checks.lines().map(str::trim).filter(|check| !check.is_empty()).map(str::to_owned).collect();
        engine.protect(cx, place, Protection { branch, approvals, checks, owners: posted.ticked("owners") }).await
    };
    back(&entered, done.await, "What the branch asks for is changed")
}

fn back(entered: &Entered, done: Result<()>, sentence: &str) -> Answer {
    let said = match done {
        Ok(()) => Said::done(sentence),
        Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Conflict) => {
            Said::not_done(error.message())
        }
        Err(error) => return Err(error.into()),
    };
    go(&format!("{}/settings/repository", entered.root()), Some(&said))
}

impl ProtectionRow {
    fn of(protection: &Protection) -> Self {
        let approvals = match protection.approvals {
            0 => "no approval".to_owned(),
            1 => "1 approval".to_owned(),
            count => format!("{count} approvals"),
        };
        let checks = match protection.checks.as_slice() {
            [] => "no check".to_owned(),
            checks => format!("green {}", checks.join(", ")),
        };
        let owners = if protection.owners { ", the approval of code owners" } else { "" };
        Self { branch: protection.branch.to_string(), asks: format!("{approvals}, {checks}{owners}") }
    }
}
