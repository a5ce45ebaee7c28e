//! Whose hooks an address names: those of a repository, of an organisation, or of the whole server.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::extract::RawPathParams;
use axum::http::request::Parts;

use crate::engine::Engine;
use crate::forge::embedded::hooks::HooksOf;
use crate::identity::Account;
use crate::identity::AccountKind;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::OwnerName;
use crate::web::entered::Entered;
use crate::web::errors::Failed;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::visitor::Visitor;

/// Whose hooks an address names, and somebody who may change them.
pub struct Hooked {
    /// Who looks.
    pub visitor: Visitor,
    whose: Whose,
}

enum Whose {
    Repository(Box<Entered>),
    Organisation(Box<Account>),
    Server,
}

/// The head of a page about hooks.
#[derive(Clone, Debug)]
pub struct HooksHead {
    /// The repository, when they are one's.
    pub repo: Option<RepoHead>,
    /// The organisation; empty for the server and for a repository.
    pub organisation: String,
    /// The address of the list of hooks.
    pub root: String,
}

impl Hooked {
    /// Whose hooks they are.
    pub fn of(&self) -> HooksOf<'_> {
        match &self.whose {
            Whose::Repository(entered) => HooksOf::Repository(&entered.place),
            Whose::Organisation(account) => HooksOf::Organisation(account),
            Whose::Server => HooksOf::Server,
        }
    }

    /// The repository, for what only hooks of one can do.
    pub fn entered(&self) -> Result<&Entered> {
        match &self.whose {
            Whose::Repository(entered) => Ok(entered),
            Whose::Organisation(_) | Whose::Server => Err(Error::not_found("such page")),
        }
    }

    /// The address of the list of hooks.
    pub fn root(&self) -> String {
        match &self.whose {
            Whose::Repository(entered) => format!("{}/settings/hooks", entered.root()),
            Whose::Organisation(account) => format!("/{}/-/hooks", account.login),
            Whose::Server => "/admin/hooks".into(),
        }
    }

    /// The head of the page.
    pub fn head(&self) -> HooksHead {
        let (repo, organisation) = match &self.whose {
            Whose::Repository(entered) => (Some(entered.head(Tab::Settings)), String::new()),
            Whose::Organisation(account) => (None, account.login.to_string()),
            Whose::Server => (None, String::new()),
        };
        HooksHead { repo, organisation, root: self.root() }
    }

    /// What surrounds the page.
    pub async fn frame(&self, engine: &Engine, title: &str) -> Result<Frame> {
        self.visitor.frame(engine, format!("{title} · {}", self.of().words())).await
    }
}

impl HooksHead {
    /// Whether what happens in more than one repository is told.
    pub fn is_wide(&self) -> bool {
        self.repo.is_none()
    }
}

impl FromRequestParts<Arc<Engine>> for Hooked {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, engine: &Arc<Engine>) -> Result<Self, Failed> {
        let visitor = Visitor::from_request_parts(parts, engine).await?;
        let unknown = || Error::not_found("such organisation");
        let params = RawPathParams::from_request_parts(parts, engine).await.map_err(|_| unknown())?;
        let find = |key: &str| params.iter().find(|(name, _)| *name == key).map(|(_, value)| value);
        let whose = match (find("repo"), find("owner")) {
            (Some(_), _) => Whose::Repository(Box::new(Entered::from_request_parts(parts, engine).await?)),
            (None, Some(owner)) => {
                let owner: OwnerName = owner.parse().map_err(|_| unknown())?;
                let account = engine.identity.account_by_name(&owner).await?;
                let account = account.filter(|account| account.kind == AccountKind::Organisation);
                Whose::Organisation(Box::new(account.ok_or_else(unknown)?))
            }
            (None, None) => Whose::Server,
        };
        let hooked = Self { visitor, whose };
        engine.forge.may_edit_hooks(&hooked.visitor.cx, hooked.of()).await?;
        Ok(hooked)
    }
}
