//! How the gateway says no: one shape for tools; for models, that of the API which the agent speaks.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use futures_util::StreamExt;
use serde_json::Value;
use serde_json::json;

use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;

/// How long a body may take to arrive.
const BODY: Duration = Duration::from_secs(30);

/// Bytes of a body that is too long that are read and dropped.
const DROPPED: usize = 32 << 20;

/// An error as the agent reads it: what is wrong and how to mend it. Our own faults stay in our log.
pub(super) fn refusal(error: &Error) -> Response {
    let status = StatusCode::from_u16(error.kind().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(json!({"error": told(error)}))).into_response()
}

/// The words of an error.
pub(super) fn told(error: &Error) -> Value {
    if error.kind() == ErrorKind::Internal {
        tracing::error!("The gateway could not answer: {}", error.chain());
        return json!({"code": "INTERNAL", "message": "The server could not do this; try again later", "hints": []});
    }
    json!({
        "code": error.code_name(),
        "message": error.message(),
        "hints": error.hints(),
        "field": error.field_name(),
    })
}

/// An error of a model, in the shape of the API that the agent speaks.
pub(super) fn model_refusal(status: u16, error: Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    (status, Json(error)).into_response()
}

/// A good answer as a list of one.
pub(super) async fn listed(answer: Response) -> Response {
    if answer.status() != StatusCode::OK {
        return answer;
    }
    let (head, body) = answer.into_parts();
    let list =
        [Bytes::from_static(b"["), whole(body, usize::MAX / 2).await.unwrap_or_default(), Bytes::from_static(b"]")];
    ([(header::CONTENT_TYPE, "application/json")], (head.status, list.concat())).into_response()
}

/// The whole body, if it is not too long and arrives in time. Some more than what is taken is read and dropped, so that
/// the client gets to read the answer.
pub(super) async fn whole(body: Body, most: usize) -> Result<Bytes> {
    match tokio::time::timeout(BODY, read(body, most)).await {
        Ok(read) => read,
        Err(_) => Err(Error::new(ErrorKind::Malformed, "The body did not arrive in 30 seconds")),
    }
}

async fn read(body: Body, most: usize) -> Result<Bytes> {
    let mut pieces = body.into_data_stream();
    let (mut bytes, mut total) = (Vec::new(), 0_usize);
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Error::new(ErrorKind::Malformed, "The body broke off"))?;
        total += piece.len();
        if total <= most {
            bytes.extend_from_slice(&piece);
        } else if total > most + DROPPED {
            break;
        }
    }
    if total > most {
        return Err(Error::new(ErrorKind::TooLarge, format!("The body is longer than {most} bytes")));
    }
    Ok(bytes.into())
}
