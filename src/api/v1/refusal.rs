//! Errors as Gitea's clients read them: `{"message", "url"}` with a status.

use axum::Json;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::Serialize;

use crate::kit::Error;
use crate::kit::ErrorKind;

/// Why a request is not answered as it was meant.
#[derive(Debug)]
pub struct Refusal {
    error: Error,
    status: Option<StatusCode>,
}

/// What a handler answers with.
pub type Answer<T> = Result<T, Refusal>;

#[derive(Serialize)]
struct Told {
    message: String,
    url: &'static str,
}

impl Refusal {
    /// The error under another status than its kind's, where Gitea has one of its own.
    pub fn with(error: Error, status: StatusCode) -> Self {
        Self { error, status: Some(status) }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { error, status: None }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { error, status } = self;
        let kind = error.kind();
        let own = StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut message = error.message().to_owned();
        for hint in error.hints() {
            message.push_str(&format!(" ({hint})"));
        }
        if kind == ErrorKind::Internal {
            tracing::error!(error = error.chain(), "Cannot answer a request");
            message = "The server failed; `x-request-id` of this answer names it in the log".into();
        }
        let url = "/api/v1";
        let mut response = (status.unwrap_or(own), Json(Told { message, url })).into_response();
        if kind == ErrorKind::Unauthenticated {
            let challenge = HeaderValue::from_static("token realm=\"forgehand\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// What an address answers that is not part of this API.
pub async fn unknown() -> Refusal {
    Error::not_found("such address in this API").into()
}
