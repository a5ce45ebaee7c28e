//! A repository that somebody has entered: every page below `/{owner}/{repo}` takes one, so that none forgets to look.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::extract::RawPathParams;
use axum::http::request::Parts;

use crate::access::Action;
use crate::engine::Engine;
use crate::forge::embedded::Place;
use crate::git;
use crate::kit::Error;
use crate::kit::Result;
use crate::web::errors::Failed;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::visitor::Visitor;

/// A repository and who looks at it.
pub struct Entered {
    /// The proof that they may read it.
    pub place: Place,
    /// Who looks.
    pub visitor: Visitor,
}

impl Entered {
    /// The head of the repository's pages.
    pub fn head(&self, tab: Tab) -> RepoHead {
        RepoHead::of(&self.place, &self.visitor, tab)
    }

    /// What surrounds a page of the repository.
    pub async fn frame(&self, engine: &Engine, title: &str) -> Result<Frame> {
        let repository = &self.place.repository;
        self.visitor.frame(engine, format!("{title} · {}/{}", repository.owner_name, repository.name)).await
    }

    /// Whether whoever looks may do this here.
    pub fn may(&self, action: Action) -> bool {
        self.visitor.cx.may(action, &self.place.standing)
    }

    /// Says why not, when they may not.
    pub fn authorize(&self, action: Action) -> Result<()> {
        self.visitor.cx.authorize(action, &self.place.standing)
    }

    /// The Git directory.
    pub fn git(&self, engine: &Engine) -> git::Repository {
        engine.forge.git(&self.place.repository)
    }

    /// The address of the repository.
    pub fn root(&self) -> String {
        format!("/{}/{}", self.place.repository.owner_name, self.place.repository.name)
    }
}

impl RepoHead {
    /// The head for somebody who has entered.
    pub fn of(place: &Place, visitor: &Visitor, tab: Tab) -> Self {
        let repository = &place.repository;
        let may = |action| visitor.cx.may(action, &place.standing);
        Self {
            owner: repository.owner_name.to_string(),
            name: repository.name.to_string(),
            private: repository.private,
            imported: repository.original_url.is_some(),
            mirror: repository.mirror,
            tab,
            issues: repository.open_issues.unsigned_abs(),
            pulls: repository.open_pulls.unsigned_abs(),
            write: may(Action::PushBranch),
            maintain: may(Action::EditAgents),
            admin: may(Action::EditHooks),
        }
    }
}

impl FromRequestParts<Arc<Engine>> for Entered {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, engine: &Arc<Engine>) -> Result<Self, Failed> {
        let visitor = Visitor::from_request_parts(parts, engine).await?;
        let unknown = || Error::not_found("such repository");
        let params = RawPathParams::from_request_parts(parts, engine).await.map_err(|_| unknown())?;
        let param = |name: &str| params.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value);
        let owner = param("owner").parse().map_err(|_| unknown())?;
        let name = param("repo").parse().map_err(|_| unknown())?;
        let place = engine.forge.enter(&visitor.cx, &owner, &name).await?;
        Ok(Self { place, visitor })
    }
}
