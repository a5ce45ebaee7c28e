//! Git smart HTTP to the run's quarantine repository, the agent's `origin`.

use std::io::Read;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Query;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::Deserialize;

use crate::gateway::answer;
use crate::gateway::door::Door;
use crate::gateway::ports::GitRequest;
use crate::gateway::ports::GitService;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;

/// Most bytes of a zipped request, before and after: Git zips only the list of what it has and wants.
const ZIPPED: usize = 4 << 20;
const UNZIPPED: usize = 32 << 20;

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
    let service = match asked.service.as_str() {
        "git-upload-pack" => GitService::UploadPack,
        "git-receive-pack" => GitService::ReceivePack,
        _ => return answer::refusal(&Error::denied("Only the smart HTTP protocol is spoken here")),
    };
    pass(&door, GitRequest { service, advertise: true, protocol: protocol(&headers), body: Body::empty() }).await
}

/// `POST /quarantine.git/git-upload-pack`.
pub(super) async fn upload_pack(State(door): State<Arc<Door>>, headers: HeaderMap, body: Body) -> Response {
    request(&door, GitService::UploadPack, &headers, body).await
}

/// `POST /quarantine.git/git-receive-pack`.
pub(super) async fn receive_pack(State(door): State<Arc<Door>>, headers: HeaderMap, body: Body) -> Response {
    request(&door, GitService::ReceivePack, &headers, body).await
}

async fn request(door: &Door, service: GitService, headers: &HeaderMap, body: Body) -> Response {
    let zipped = headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding.as_bytes().ends_with(b"gzip"));
    let body = if zipped { unzip(body).await } else { Ok(body) };
    match body {
        Ok(body) => pass(door, GitRequest { service, advertise: false, protocol: protocol(headers), body }).await,
        Err(error) => answer::refusal(&error),
    }
}

async fn pass(door: &Door, request: GitRequest) -> Response {
    match door.ports.quarantine.serve(request).await {
        Ok(git) => {
            let headers = [(header::CONTENT_TYPE, git.content_type), (header::CACHE_CONTROL, "no-cache".to_owned())];
            (headers, git.body).into_response()
        }
        Err(error) => answer::refusal(&error),
    }
}

/// The `Git-Protocol` header, if it is of the usual form: it becomes part of an environment.
fn protocol(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("git-protocol")?.to_str().ok()?;
    let usual = value.len() <= 64 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"=:-".contains(&b));
    usual.then(|| value.to_owned())
}

async fn unzip(body: Body) -> Result<Body> {
    let zipped = answer::whole(body, ZIPPED).await?;
    let mut plain = Vec::new();
    let mut reader = flate2::read::GzDecoder::new(zipped.as_ref()).take(UNZIPPED as u64 + 1);
    reader.read_to_end(&mut plain).map_err(|_| Error::new(ErrorKind::Malformed, "The body is not gzip"))?;
    if plain.len() > UNZIPPED {
        return Err(Error::new(ErrorKind::TooLarge, format!("The body unzips to more than {UNZIPPED} bytes")));
    }
    Ok(Body::from(plain))
}
