//! A company brain that somebody looks at: every page below `/{owner}/brain` takes one. Whoever may not read its repository
//! hears 404, as for one that is not there.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::extract::Query;
use axum::extract::RawPathParams;
use axum::http::request::Parts;
use serde::Deserialize;

use crate::engine::Engine;
use crate::engine::brain::brain_name;
use crate::engine::brain::shown_to;
use crate::forge::embedded::Place;
use crate::git;
use crate::kit::Error;
use crate::kit::Result;
use crate::memory::When;
use crate::memory::index::View;
use crate::memory::query::Scope;
use crate::model::CommitId;
use crate::model::OwnerName;
use crate::web::address;
use crate::web::errors::Failed;
use crate::web::frame::Frame;
use crate::web::visitor::Visitor;

/// A brain at a commit, and who looks at it.
pub struct Brained {
    /// The proof that they may read its repository.
    pub place: Place,
    /// Who looks.
    pub visitor: Visitor,
    /// The repository.
    pub git: git::Repository,
    /// The brain at the commit; none while nothing was pushed.
    pub view: Option<Arc<View>>,
    /// What they may be shown.
    pub scope: Scope,
    /// The part of the address that asks for this commit; empty for now.
    pub moment: String,
}

/// The head of every page of a brain.
#[derive(Clone, Debug)]
pub struct BrainHead {
    /// Whose brain.
    pub owner: String,
    /// Whether only members see it.
    pub private: bool,
    /// Which tab the page belongs to: `brain`, `search`, `updates`, `health`, `ontology`.
    pub tab: &'static str,
    /// The commit, when it is not the newest.
    pub past: Option<String>,
    /// The part of the address that asks for this commit; empty for now.
    pub moment: String,
    /// Open pull requests.
    pub updates: u64,
}

/// Which commit an address asks for.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    at: Option<String>,
    #[serde(rename = "ref")]
    reference: Option<String>,
}

impl Brained {
    /// The head of the brain's pages.
    pub fn head(&self, tab: &'static str) -> BrainHead {
        let repository = &self.place.repository;
        let past = self.view.as_ref().filter(|_| !self.moment.is_empty()).map(|view| view.commit.short().to_owned());
        BrainHead {
            owner: repository.owner_name.to_string(),
            private: repository.private,
            tab,
            past,
            moment: self.moment.clone(),
            updates: repository.open_pulls.unsigned_abs(),
        }
    }

    /// What surrounds a page of the brain.
    pub async fn frame(&self, engine: &Engine, title: &str) -> Result<Frame> {
        self.visitor.frame(engine, format!("{title} · brain of {}", self.place.repository.owner_name)).await
    }

    /// The address of the brain.
    pub fn root(&self) -> String {
        format!("/{}/brain", self.place.repository.owner_name)
    }

    /// The address of a file of the brain at this commit, among the repository's pages.
    pub fn file(&self, commit: &CommitId, path: &str) -> String {
        let repository = &self.place.repository;
        format!("/{}/{}/src/{commit}/{}", repository.owner_name, repository.name, address::path(path))
    }

    /// The brain, or that there is nothing in it.
    pub fn view(&self) -> Result<&Arc<View>> {
        self.view.as_ref().ok_or_else(|| Error::not_found("such page: nothing was pushed to this brain yet"))
    }
}

impl FromRequestParts<Arc<Engine>> for Brained {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, engine: &Arc<Engine>) -> Result<Self, Failed> {
        let visitor = Visitor::from_request_parts(parts, engine).await?;
        let unknown = || Error::not_found("such brain");
        let params = RawPathParams::from_request_parts(parts, engine).await.map_err(|_| unknown())?;
        let owner = params.iter().find(|(key, _)| *key == "owner").map_or("", |(_, value)| value);
        let owner: OwnerName = owner.parse().map_err(|_| unknown())?;
        let place = engine.forge.enter(&visitor.cx, &owner, &brain_name()).await.map_err(|_| unknown())?;
        let asked = Query::<Asked>::try_from_uri(&parts.uri).map(|Query(asked)| asked).unwrap_or_default();
        let given = |value: Option<String>| value.filter(|value| !value.is_empty());
        let (at, reference) = (given(asked.at), given(asked.reference));
        let moment = match (&at, &reference) {
            (Some(at), _) => format!("at={}", address::escape(at)),
            (_, Some(name)) => format!("ref={}", address::escape(name)),
            (None, None) => String::new(),
        };
        let git = engine.forge.git(&place.repository);
        let now = moment.is_empty();
        let view = match now && git.branch(&place.repository.default_branch).await?.is_none() {
            true => None,
            false => {
                let when = When::asked(at.as_deref(), reference.as_deref())?;
                Some(engine.memory.view(&place.repository.owner_name, &when).await?)
            }
        };
        let scope = shown_to(&place.standing);
        Ok(Self { place, visitor, git, view, scope, moment })
    }
}
