//! Smart HTTP, without HTTP: a door hands in the parts of a request and sends out the parts of an answer.

use std::fmt;
use std::pin::Pin;

use tokio::io::AsyncRead;

use crate::git::Push;
use crate::git::Repository;
use crate::git::repository::unbuilt;
use crate::kit::Result;

/// A stream of bytes.
pub type Body = Pin<Box<dyn AsyncRead + Send>>;

/// Which of the two services of smart HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Clone and fetch.
    UploadPack,
    /// Push.
    ReceivePack,
}

/// A request to either service.
pub struct Request {
    /// The `Git-Protocol` header; anything but `version=N` and the like is not passed on.
    pub protocol: Option<String>,
    /// Whether `Content-Encoding` is `gzip` or `x-gzip`.
    pub gzip: bool,
    /// The body.
    pub body: Body,
}

/// An answer. A door adds `Cache-Control: no-cache`.
pub struct Reply {
    /// The `Content-Type`.
    pub content_type: &'static str,
    /// The body; it streams.
    pub body: Body,
}

impl Service {
    /// The name in addresses and in `?service=`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UploadPack => "git-upload-pack",
            Self::ReceivePack => "git-receive-pack",
        }
    }

    /// The service of this name.
    pub fn of(name: &str) -> Option<Self> {
        [Self::UploadPack, Self::ReceivePack].into_iter().find(|service| service.as_str() == name)
    }
}

impl Repository {
    /// `GET …/info/refs?service=…`: which refs there are.
    pub async fn advertise(&self, service: Service, protocol: Option<&str>) -> Result<Reply> {
        let _ = (service, protocol);
        Err(unbuilt())
    }

    /// `POST …/git-upload-pack`: a clone or fetch.
    pub async fn upload_pack(&self, request: Request) -> Result<Reply> {
        let _ = request;
        Err(unbuilt())
    }

    /// `POST …/git-receive-pack`: a push. A refusal is an answer that the client's `git` prints; only a body that is no
    /// push, or is over the limit, is an error.
    pub async fn receive_pack(&self, request: Request, push: Push) -> Result<Reply> {
        let _ = (request, push);
        Err(unbuilt())
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("content_type", &self.content_type).finish_non_exhaustive()
    }
}
