//! An error as this API says it: `{"error": {code, message, hints, field, request_id}}`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::Response;
use serde_json::json;

use crate::kit::Error;
use crate::kit::ErrorKind;

/// An error with the id of its request.
#[derive(Debug)]
pub struct Refusal {
    error: Error,
    request: String,
}

impl Refusal {
    /// An error in answer to this request.
    pub fn new(error: Error, request: String) -> Self {
        Self { error, request }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { error, request } = self;
        let status = StatusCode::from_u16(error.kind().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if error.kind() == ErrorKind::Internal {
            tracing::error!(request.id = %request, error = %error.chain(), "a request failed");
            let message = "The server failed; its log has more under the request id";
            let body =
                json!({ "code": "INTERNAL", "message": message, "hints": [], "field": null, "request_id": request });
            return (status, Json(json!({ "error": body }))).into_response();
        }
        let body = json!({
            "code": error.code_name(),
            "message": error.message(),
            "hints": error.hints(),
            "field": error.field_name(),
            "request_id": request,
        });
        (status, Json(json!({ "error": body }))).into_response()
    }
}
