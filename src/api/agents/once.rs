//! `Idempotency-Key`: a write that is sent twice under one key happens once, and is answered with the same bytes.

use std::sync::Arc;

use axum::body::Body;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::extract::State;
use axum::http::Method;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::response::Response;

use crate::access::Before;
use crate::access::Cx;
use crate::api::SignedIn;
use crate::api::agents::Refusal;
use crate::engine::Engine;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::digest::Digest;
use crate::model::AccountId;

/// The largest body of a write.
const MOST: usize = 1024 * 1024;

/// Stands before every write that carries a key.
pub(super) async fn once(State(engine): State<Arc<Engine>>, request: Request, next: Next) -> Response {
    let key = request.headers().get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
    let Some(key) = key.filter(|_| request.method() == Method::POST) else { return next.run(request).await };
    let id = uuid::Uuid::now_v7().as_simple().to_string();
    match keyed(&engine, &id, &key, request, next).await {
        Ok(response) => response,
        Err(error) => Refusal::new(error, id).into_response(),
    }
}

async fn keyed(engine: &Arc<Engine>, id: &str, key: &str, request: Request, next: Next) -> Result<Response> {
    let cx: Cx = SignedIn::of(engine, request.headers(), id.to_owned()).await?;
    // Whoever is not signed in is refused by the handler, and has nothing to do twice.
    let Some(account) = cx.person() else { return Ok(next.run(request).await) };
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MOST).await.map_err(|_| {
        Error::new(ErrorKind::TooLarge, format!("Cannot take this body: it has more than {MOST} bytes"))
    })?;
    let digest =
        Digest::of("forgehand/request/v1", &[parts.method.as_str().as_bytes(), parts.uri.path().as_bytes(), &body]);
    match engine.access.take_key(account, key, &digest).await? {
        Before::Answered { status, answer } => Ok(again(status, answer)),
        Before::New => {
            let response = next.run(Request::from_parts(parts, Body::from(body))).await;
            kept(engine, (account, key), response).await
        }
    }
}

/// Keeps the answer, unless the server failed: then the caller may try again.
async fn kept(engine: &Engine, (account, key): (AccountId, &str), response: Response) -> Result<Response> {
    let status = response.status();
    let whole = to_bytes(response.into_body(), usize::MAX).await;
    let bytes = whole.map_err(|error| Error::internal("Cannot read our own answer").source(error))?;
    let answer = String::from_utf8_lossy(&bytes).into_owned();
    if status.is_server_error() {
        engine.access.give_key_back(account, key).await?;
    } else {
        engine.access.keep_answer(account, key, status.as_u16(), &answer).await?;
    }
    Ok(again(status.as_u16(), answer))
}

fn again(status: u16, answer: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    (status, [(CONTENT_TYPE, "application/json")], answer).into_response()
}
