//! Answers to what is turned away.

use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use serde_json::json;

use crate::kit::Error;

/// An error as this door answers it: JSON, for the log of whoever sends.
pub(super) struct Refusal(pub Error);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self(error) = self;
        let status = StatusCode::from_u16(error.kind().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status.is_server_error() {
            tracing::error!(error = error.chain(), "cannot take a webhook");
        }
        let body = json!({"error": {"code": error.code_name(), "message": error.message(), "hints": error.hints()}});
        (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
    }
}
