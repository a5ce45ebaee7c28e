//! One id and one log line for every request.

use std::time::Instant;

use axum::extract::MatchedPath;
use axum::extract::Request;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;

use crate::kit::text;

/// The id of a request, as an extension of it: on error pages, in log lines and in audit entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Requests that come so often, and tell so little, that they are logged only at `debug`.
const QUIET: [&str; 5] = ["/hooks/", "/static/", "/healthz", "/readyz", "/metrics"];

/// Methods that are counted by name.
const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Paths that carry a secret: their routes' patterns are logged instead.
const SECRET: [&str; 1] = ["/setup"];

/// A layer for the whole router, by `axum::middleware::from_fn`. Gives the request an id, tells it to the client in
/// `x-request-id`, counts it, and logs one line when its answer begins. An id that a client sends is not used.
pub async fn log(mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = uuid::Uuid::now_v7().as_simple().to_string();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().map(|route| route.as_str().to_owned());
    let route = route.unwrap_or_else(|| "unmatched".into());
    request.extensions_mut().insert(RequestId(id.clone()));

    let mut response = next.run(request).await;

    let status = response.status().as_u16();
    let took = began.elapsed();
    let is = |starts: &[&str]| starts.iter().any(|start| path.starts_with(start));
    let shown = if is(&SECRET) { route.clone() } else { text::visible_line(&path, 200) };
    let milliseconds = took.as_secs_f64() * 1000.0;
    if is(&QUIET) && status < 500 {
        tracing::debug!(request.id = id, http.status = status, took.ms = milliseconds, "{method} {shown} → {status}");
    } else {
        tracing::info!(request.id = id, http.status = status, took.ms = milliseconds, "{method} {shown} → {status}");
    }
    // A client may make up methods: each would be a number of its own for ever.
    let method = if KNOWN.contains(&method.as_str()) { method.as_str().to_owned() } else { "other".to_owned() };
    let labels = [("method", method), ("route", route), ("status", status.to_string())];
    metrics::counter!("forgehand_http_requests_total", &labels).increment(1);
    metrics::histogram!("forgehand_http_request_seconds").record(took.as_secs_f64());
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::Extension;
    use axum::Router;
    use axum::body::Body;
    use axum::http;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn the_handler_and_the_client_see_one_id_that_no_client_chose() {
        let app: Router = Router::new()
            .route("/", get(|Extension(RequestId(id)): Extension<RequestId>| async move { id }))
            .layer(axum::middleware::from_fn(log));
        let request = http::Request::get("/").header("x-request-id", "chosen").body(Body::empty()).unwrap();
        let response = app.oneshot(request).await.unwrap();
        let told = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        let seen = axum::body::to_bytes(response.into_body(), 100).await.unwrap();
        assert_eq!(seen, told.as_bytes());
        assert_ne!(told, "chosen");
    }
}
