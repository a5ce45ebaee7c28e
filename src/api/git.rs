//! Smart HTTP: `/{owner}/{repo}.git/…`, as `git clone` and `git push` speak it.
//!
//! A client learns that it must sign in only by 401, and Git asks for a password only then. So whoever is nobody hears 401
//! where a repository is foreign or unknown, both alike; whoever is somebody hears 404.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Response;
use axum::routing::get;
use axum::routing::post;
use futures_util::TryStreamExt as _;
use serde::Deserialize;
use tokio_util::io::ReaderStream;
use tokio_util::io::StreamReader;

use crate::access::Action;
use crate::access::Actor;
use crate::access::Cx;
use crate::api::SignedIn;
use crate::api::signed_in::request_id;
use crate::engine::Engine;
use crate::forge::embedded::Place;
use crate::git;
use crate::git::Service;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;

/// The three addresses that `git` asks. The repository's name ends in `.git`, or not.
pub fn router() -> Router<Arc<Engine>> {
    Router::new()
        .route("/{owner}/{repo}/info/refs", get(advertise))
        .route("/{owner}/{repo}/git-upload-pack", post(upload_pack))
        .route("/{owner}/{repo}/git-receive-pack", post(receive_pack))
}

/// How much of an answer is handed on at once: what a pipe holds. Smaller pieces cost a large clone a good part of its time.
const PIECE: usize = 64 * 1024;

#[derive(Deserialize)]
struct Asked {
    service: Option<String>,
}

type Address = Path<(String, String)>;

async fn advertise(
    State(engine): State<Arc<Engine>>,
    Path((owner, repo)): Address,
    Query(asked): Query<Asked>,
    request: Request,
) -> Response {
    let answer = async {
        let hint = "this server speaks smart HTTP only: use a newer `git`";
        let service = asked.service.as_deref().and_then(Service::of);
        let service = service.ok_or_else(|| Error::new(ErrorKind::Denied, "No such service").hint(hint))?;
        let (parts, _) = request.into_parts();
        let cx = SignedIn::of(&engine, &parts.headers, request_id(&parts)).await?;
        let place = enter(&engine, &cx, &owner, &repo).await?;
        if service == Service::ReceivePack {
            cx.authorize(Action::PushBranch, &place.standing)?;
        }
        engine.forge.git(&place.repository).advertise(service, protocol(&parts.headers)).await
    };
    respond(answer.await)
}

async fn upload_pack(State(engine): State<Arc<Engine>>, Path((owner, repo)): Address, request: Request) -> Response {
    let answer = async {
        let (parts, body) = request.into_parts();
        let cx = SignedIn::of(&engine, &parts.headers, request_id(&parts)).await?;
        let place = enter(&engine, &cx, &owner, &repo).await?;
        engine.forge.git(&place.repository).upload_pack(as_git(&parts.headers, body)).await
    };
    respond(answer.await)
}

async fn receive_pack(State(engine): State<Arc<Engine>>, Path((owner, repo)): Address, request: Request) -> Response {
    let answer = async {
        let (parts, body) = request.into_parts();
        let cx = SignedIn::of(&engine, &parts.headers, request_id(&parts)).await?;
        let place = enter(&engine, &cx, &owner, &repo).await?;
        engine.forge.receive_pack(&cx, &place, as_git(&parts.headers, body)).await
    };
    respond(answer.await)
}

async fn enter(engine: &Engine, cx: &Cx, owner: &str, repo: &str) -> Result<Place> {
    let nobody = cx.actor == Actor::Anonymous;
    let unknown = || match nobody {
        true => Error::new(ErrorKind::Unauthenticated, "Sign in to see whether this repository exists")
            .hint("use a token as the password"),
        false => Error::not_found("such repository"),
    };
    let owner = owner.parse().map_err(|_| unknown())?;
    let name = repo.strip_suffix(".git").unwrap_or(repo).parse().map_err(|_| unknown())?;
    engine.forge.enter(cx, &owner, &name).await.map_err(|error| match error.kind() {
        ErrorKind::NotFound => unknown(),
        _ => error,
    })
}

fn as_git(headers: &HeaderMap, body: Body) -> git::Request {
    let encoding = headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes);
    let stream = body.into_data_stream().map_err(std::io::Error::other);
    git::Request {
        protocol: protocol(headers).map(str::to_owned),
        gzip: matches!(encoding, Some(b"gzip" | b"x-gzip")),
        body: Box::pin(StreamReader::new(stream)),
    }
}

fn protocol(headers: &HeaderMap) -> Option<&str> {
    headers.get("git-protocol").and_then(|value| value.to_str().ok())
}

/// Errors are plain text: `git` shows the body of an answer that it cannot use, and asks for a password on 401.
fn respond(answer: Result<git::Reply>) -> Response {
    let cache = (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let error = match answer {
        Ok(reply) => {
            let kind = (header::CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
            return ([cache, kind], Body::from_stream(ReaderStream::with_capacity(reply.body, PIECE))).into_response();
        }
        Err(error) => error,
    };
    let status = StatusCode::from_u16(error.kind().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut text = format!("{error}\n");
    for hint in error.hints() {
        text.push_str(&format!("hint: {hint}\n"));
    }
    if error.kind() == ErrorKind::Internal {
        tracing::error!(error = error.chain(), "Cannot serve Git");
        text = "The server failed; its log knows why\n".into();
    }
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    let mut response = (status, [cache, kind], text).into_response();
    if error.kind() == ErrorKind::Unauthenticated {
        let challenge = HeaderValue::from_static("Basic realm=\"forgehand\", charset=\"UTF-8\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}
