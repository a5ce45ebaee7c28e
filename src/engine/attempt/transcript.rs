//! Where the gateway's second port leads: the transcript of the run.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;

use crate::engine::Engine;
use crate::gateway::TranscriptSink;
use crate::gateway::ports::Entry;
use crate::gateway::ports::Origin;
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
    /// The lane of a subagent.
    pub(super) lane: Option<String>,
}

#[async_trait]
impl TranscriptSink for Transcript {
    async fn record(&self, entry: Entry) -> Result<()> {
        let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let mut body = json!({ "text": entry.text, "detail": entry.detail });
        if let Some(lane) = &self.lane {
            body["lane"] = json!(lane);
        }
        let event = NewEvent {
            origin: match entry.origin {
                Origin::Gateway => runs::Origin::Gateway,
                Origin::Agent => runs::Origin::Agent,
            },
            kind: word(json!(entry.kind)),
            body: self.engine.vault.watch().redact_json(body),
        };
        self.engine.runs.append(self.run, Some(self.attempt), self.engine.clock.now(), &[event]).await
    }
}
