//! `GET /metrics`: numbers of this process and of the queues, for Prometheus.
//!
//! They tell how much happens and where, so they are for administrators: by a token, or from this machine while the server
//! is reached by a loopback address alone. Behind a proxy everybody seems to come from this machine, but then the
//! server has a base URL that is not loopback.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::routing::get;
use url::Host;
use url::Url;

use crate::access::Action;
use crate::access::Standing;
use crate::api::SignedIn;
use crate::api::agents::Refusal;
use crate::engine::Engine;
use crate::kit::Result;
use crate::telemetry::Telemetry;

/// The route.
pub(super) fn router(engine: &Arc<Engine>, telemetry: Telemetry) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state((Arc::clone(engine), telemetry))
}

async fn metrics(State((engine, telemetry)): State<(Arc<Engine>, Telemetry)>, request: Request) -> Response {
    let local = is_local(&engine, &request);
    match numbers(&engine, &telemetry, local, request.into_parts().0.headers).await {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        Err(error) => Refusal::new(error, "metrics".into()).into_response(),
    }
}

async fn numbers(engine: &Engine, telemetry: &Telemetry, local: bool, headers: HeaderMap) -> Result<String> {
    if !local {
        let cx = SignedIn::of(engine, &headers, "metrics".into()).await?;
        cx.authorize(Action::AdministerSite, &Standing::of_site(&cx))?;
    }
    let mut text = telemetry.render();
    text.push_str("# HELP forgehand_waiting What waits in each queue.\n# TYPE forgehand_waiting gauge\n");
    for (queue, waiting) in engine.waiting().await? {
        // Writing to a string does not fail.
        let _ = writeln!(text, "forgehand_waiting{{queue=\"{queue}\"}} {waiting}");
    }
    Ok(text)
}

fn is_local(engine: &Engine, request: &Request) -> bool {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let base = Url::parse(&engine.settings.base_url).ok();
    let alone = match base.as_ref().and_then(Url::host) {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    alone && peer.is_some_and(|ConnectInfo(address)| address.ip().is_loopback())
}
