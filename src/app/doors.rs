//! All doors on one router.

use std::sync::Arc;

use axum::Router;
use tower_http::catch_panic::CatchPanicLayer;

use crate::api;
use crate::app::metrics;
use crate::config::Settings;
use crate::engine::Engine;
use crate::hooks;
use crate::hooks::HookState;
use crate::hooks::Sources;
use crate::kit::Result;
use crate::telemetry;
use crate::telemetry::Telemetry;
use crate::web;

/// Mounts every door.
pub(super) fn doors(engine: &Arc<Engine>, settings: &Settings, telemetry: Telemetry) -> Result<Router> {
    let hook_state = HookState::new(engine.events.clone(), Sources::new(&settings.hooks)?);
    Ok(Router::new()
        .merge(metrics::router(engine, telemetry))
        .merge(hooks::router(hook_state))
        .merge(api::router(engine))
        .merge(web::router(engine))
        .layer(CatchPanicLayer::new())
        .layer(axum::middleware::from_fn(telemetry::requests::log)))
}
