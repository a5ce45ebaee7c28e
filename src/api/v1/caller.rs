//! Who calls this API, with errors in its shape.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::access::Cx;
use crate::api::SignedIn;
use crate::api::signed_in::request_id;
use crate::api::v1::refusal::Refusal;
use crate::engine::Engine;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::model::AccountId;

/// Whoever calls. Anonymous when there is no header.
pub struct Caller(pub Cx);

impl Caller {
    /// The account of whoever calls; 401 for nobody.
    pub fn account(&self) -> Result<AccountId> {
        let nobody = || Error::new(ErrorKind::Unauthenticated, "Nobody is signed in").hint("send a token");
        self.0.person().ok_or_else(nobody)
    }
}

impl FromRequestParts<Arc<Engine>> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, engine: &Arc<Engine>) -> Result<Self, Refusal> {
        let cx = SignedIn::of(engine, &parts.headers, request_id(parts)).await?;
        Ok(Self(cx))
    }
}
