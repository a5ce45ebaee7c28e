//! Git smart HTTP to the run's quarantine repository, the agent's `origin`. Nothing of it is protected: what is pushed
//! there is a proposal at most.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Query;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use futures_util::TryStreamExt;
use serde::Deserialize;
use tokio_util::io::ReaderStream;
use tokio_util::io::StreamReader;

use crate::gateway::answer;
use crate::gateway::door::Door;
use crate::git;
use crate::kit::Error;
use crate::kit::Result;

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    service: String,
}

/// `GET /quarantine.git/info/refs?service=…`.
pub(super) async fn advertise(
    State(door): State<Arc<Door>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let Some(service) = git::Service::of(&asked.service) else {
        return answer::refusal(&Error::denied("Only the smart HTTP protocol is spoken here"));
    };
    if service == git::Service::ReceivePack
        && let Err(refused) = may_push(&door)
    {
        return answer::refusal(&refused);
    }
    told(door.ports.quarantine.advertise(service, protocol(&headers).as_deref()).await)
}

/// `POST /quarantine.git/git-upload-pack`.
pub(super) async fn upload_pack(State(door): State<Arc<Door>>, headers: HeaderMap, body: Body) -> Response {
    told(door.ports.quarantine.upload_pack(request(&headers, body)).await)
}

/// `POST /quarantine.git/git-receive-pack`.
pub(super) async fn receive_pack(State(door): State<Arc<Door>>, headers: HeaderMap, body: Body) -> Response {
    if let Err(refused) = may_push(&door) {
        return answer::refusal(&refused);
    }
    told(door.ports.quarantine.receive_pack(request(&headers, body), git::Push::default()).await)
}

/// What a subagent has to say goes to its caller, and nowhere else.
fn may_push(door: &Door) -> Result<()> {
    match &door.brief.lane {
        None => Ok(()),
        Some(_) => {
            Err(Error::denied("A subagent pushes nothing")
                .hint("say what you found: `finish` takes it to who asked you"))
        }
    }
}

fn request(headers: &HeaderMap, body: Body) -> git::Request {
    let gzip = headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding.as_bytes().ends_with(b"gzip"));
    let body = StreamReader::new(body.into_data_stream().map_err(std::io::Error::other));
    git::Request { protocol: protocol(headers), gzip, body: Box::pin(body) }
}

fn told(reply: Result<git::Reply>) -> Response {
    match reply {
        Ok(git::Reply { content_type, body }) => {
            let headers = [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-cache")];
            (headers, Body::from_stream(ReaderStream::new(body))).into_response()
        }
        Err(error) => answer::refusal(&error),
    }
}

fn protocol(headers: &HeaderMap) -> Option<String> {
    headers.get("git-protocol").and_then(|value| value.to_str().ok()).map(str::to_owned)
}
