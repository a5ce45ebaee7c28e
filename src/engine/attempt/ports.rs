//! Where the gateway's other two ports lead: the transcript, and the run's quarantine repository.

use std::sync::Arc;

use async_trait::async_trait;
use axum::body::Body;
use futures_util::TryStreamExt as _;
use serde_json::json;
use tokio_util::io::ReaderStream;
use tokio_util::io::StreamReader;

use crate::engine::Engine;
use crate::gateway::QuarantineRemote;
use crate::gateway::TranscriptSink;
use crate::gateway::ports::Entry;
use crate::gateway::ports::GitAnswer;
use crate::gateway::ports::GitRequest;
use crate::gateway::ports::GitService;
use crate::gateway::ports::Origin;
use crate::git;
use crate::kit::Result;
use crate::model::AttemptId;
use crate::model::RunId;
use crate::runs;
use crate::runs::NewEvent;

/// Writes what the gateway and the agent say into the transcript.
pub(super) struct Transcript {
    pub(super) engine: Arc<Engine>,
    pub(super) run: RunId,
    pub(super) attempt: AttemptId,
}

#[async_trait]
impl TranscriptSink for Transcript {
    async fn record(&self, entry: Entry) -> Result<()> {
        let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let event = NewEvent {
            origin: match entry.origin {
                Origin::Gateway => runs::Origin::Gateway,
                Origin::Agent => runs::Origin::Agent,
            },
            kind: word(json!(entry.kind)),
            body: json!({ "text": entry.text, "detail": entry.detail }),
        };
        self.engine.runs.append(self.run, Some(self.attempt), self.engine.clock.now(), &[event]).await
    }
}

/// The run's quarantine repository: the agent's `origin`.
pub(super) struct Quarantine {
    pub(super) repository: git::Repository,
}

#[async_trait]
impl QuarantineRemote for Quarantine {
    async fn serve(&self, request: GitRequest) -> Result<GitAnswer> {
        let service = match request.service {
            GitService::UploadPack => git::Service::UploadPack,
            GitService::ReceivePack => git::Service::ReceivePack,
        };
        let reply = if request.advertise {
            self.repository.advertise(service, request.protocol.as_deref()).await?
        } else {
            let stream = request.body.into_data_stream().map_err(std::io::Error::other);
            let body = Box::pin(StreamReader::new(stream));
            let passed = git::Request { protocol: request.protocol, gzip: false, body };
            match service {
                git::Service::UploadPack => self.repository.upload_pack(passed).await?,
                git::Service::ReceivePack => self.repository.receive_pack(passed, git::Push::default()).await?,
            }
        };
        let body = Body::from_stream(ReaderStream::new(reply.body));
        Ok(GitAnswer { content_type: reply.content_type.to_owned(), body })
    }
}
