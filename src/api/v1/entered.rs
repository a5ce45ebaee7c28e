//! The repository that a path names, entered by whoever asks, and the other parts of the path.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::extract::RawPathParams;
use axum::http::request::Parts;

use crate::access::Cx;
use crate::api::v1::caller::Caller;
use crate::api::v1::refusal::Refusal;
use crate::engine::Engine;
use crate::forge::embedded::Place;
use crate::git;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::CommitId;

/// A repository that whoever asks may read.
pub struct Entered {
    /// Who asks.
    pub cx: Cx,
    /// The repository.
    pub place: Place,
    /// The rooms to ask.
    pub engine: Arc<Engine>,
    params: Vec<(String, String)>,
}

impl FromRequestParts<Arc<Engine>> for Entered {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, engine: &Arc<Engine>) -> Result<Self, Refusal> {
        let Caller(cx) = Caller::from_request_parts(parts, engine).await?;
        let unknown = || Error::not_found("such repository");
        let params = RawPathParams::from_request_parts(parts, engine).await.map_err(|_| unknown())?;
        let params: Vec<(String, String)> =
            params.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let find = |key: &str| params.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
        let owner = find("owner").and_then(|text| text.parse().ok()).ok_or_else(unknown)?;
        let name = find("repo").and_then(|text| text.parse().ok()).ok_or_else(unknown)?;
        let place = engine.forge.enter(&cx, &owner, &name).await?;
        Ok(Self { cx, place, engine: engine.clone(), params })
    }
}

impl Entered {
    /// A part of the path.
    pub fn text(&self, key: &str) -> &str {
        self.params.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value)
    }

    /// A part of the path that is a number; anything else names nothing.
    pub fn number(&self, key: &str) -> Result<i64> {
        self.text(key).parse().map_err(|_| Error::not_found("such number"))
    }

    /// The Git directory of the repository.
    pub fn git(&self) -> git::Repository {
        self.engine.forge.git(&self.place.repository)
    }

    /// The commit that a branch, a tag or an id names; the tip of the default branch for an empty name.
    pub async fn commit(&self, name: &str) -> Result<CommitId> {
        let name = if name.is_empty() { self.place.repository.default_branch.as_str() } else { name };
        self.git().resolve(name).await?.ok_or_else(|| Error::not_found("such branch or commit"))
    }
}
