//! The transcript: what happened in a run, numbered without a gap.

use std::str::FromStr;

use serde::Serialize;
use serde_json::Value;
use tokio::sync::broadcast;

use crate::db::Tx;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::AttemptId;
use crate::model::RunId;
use crate::runs::Runs;
use crate::runs::store;

/// One line of the transcript.
#[derive(Clone, Debug, Serialize)]
pub struct TranscriptEvent {
    /// Counted from 1 in its run, without a gap.
    pub sequence: i64,
    /// The attempt that it happened in.
    pub attempt: Option<AttemptId>,
    /// When.
    pub at: Timestamp,
    /// Whose word it is.
    pub origin: Origin,
    /// What sort of line: `state`, `model_call`, `tool_call`, `tool_result`, `message`, `proposal`, `decision`, …
    pub kind: String,
    /// What it says.
    pub body: Value,
}

/// A line to be added.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// Whose word it is.
    pub origin: Origin,
    /// What sort of line.
    pub kind: String,
    /// What it says.
    pub body: Value,
}

/// Whose word a line is. An agent's own words prove nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The server saw or did it.
    Forgehand,
    /// The gateway metered it.
    Gateway,
    /// The agent says so.
    Agent,
}

impl Origin {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forgehand => "forgehand",
            Self::Gateway => "gateway",
            Self::Agent => "agent",
        }
    }
}

impl FromStr for Origin {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "forgehand" => Ok(Self::Forgehand),
            "gateway" => Ok(Self::Gateway),
            "agent" => Ok(Self::Agent),
            _ => Err(Error::internal("An unknown origin of a transcript line")),
        }
    }
}

impl NewEvent {
    /// A line in the server's own words.
    pub fn ours(kind: &str, body: Value) -> Self {
        Self { origin: Origin::Forgehand, kind: kind.into(), body }
    }
}

impl Runs {
    /// Adds lines within a story step. Call [`Runs::announce`] once the step is committed.
    pub async fn note(
        &self,
        tx: &mut Tx,
        run: RunId,
        attempt: Option<AttemptId>,
        at: Timestamp,
        events: &[NewEvent],
    ) -> Result<()> {
        store::lock_run(tx, run).await?;
        let mut sequence = store::last_sequence(tx, run).await?;
        for event in events {
            sequence += 1;
            let line = TranscriptEvent {
                sequence,
                attempt,
                at,
                origin: event.origin,
                kind: event.kind.clone(),
                body: event.body.clone(),
            };
            store::insert_event(tx, run, &line).await?;
        }
        Ok(())
    }

    /// Adds lines in a step of their own, and wakes live readers.
    pub async fn append(
        &self,
        run: RunId,
        attempt: Option<AttemptId>,
        at: Timestamp,
        events: &[NewEvent],
    ) -> Result<()> {
        let mut tx = self.db.begin().await?;
        self.note(&mut tx, run, attempt, at, events).await?;
        tx.commit().await?;
        self.announce(run);
        Ok(())
    }

    /// Wakes live readers of a run.
    pub fn announce(&self, run: RunId) {
        // No reader is no error.
        let _ = self.news.send(run);
    }

    /// Says which runs have news. A reader that lags re-reads from the store.
    pub fn news(&self) -> broadcast::Receiver<RunId> {
        self.news.subscribe()
    }

    /// The number of the last line; 0 when there is none.
    pub async fn last_line(&self, run: RunId) -> Result<i64> {
        store::last_sequence(&mut *self.db.read().await?, run).await
    }

    /// The newest lines that hold these words, oldest first, at most `most`. Capital letters do not count.
    pub async fn search_transcript(&self, run: RunId, words: &str, most: i64) -> Result<Vec<TranscriptEvent>> {
        store::events_with(&mut *self.db.read().await?, run, words, most).await
    }

    /// How many lines of this kind there are.
    pub async fn count_lines(&self, run: RunId, kind: &str) -> Result<i64> {
        store::count_events(&mut *self.db.read().await?, run, kind).await
    }

    /// The newest lines of this kind, oldest first, at most `most`.
    pub async fn lines_of(&self, run: RunId, kind: &str, most: i64) -> Result<Vec<TranscriptEvent>> {
        store::events_of(&mut *self.db.read().await?, run, kind, most).await
    }

    /// The newest line of this kind.
    pub async fn newest_line(&self, run: RunId, kind: &str) -> Result<Option<TranscriptEvent>> {
        store::newest_event(&mut *self.db.read().await?, run, kind).await
    }

    /// The last lines, oldest first, at most `most`.
    pub async fn transcript_end(&self, run: RunId, most: i64) -> Result<Vec<TranscriptEvent>> {
        self.transcript_before(run, i64::MAX, most).await
    }

    /// The last lines before a sequence number, oldest first, at most `most`.
    pub async fn transcript_before(&self, run: RunId, before: i64, most: i64) -> Result<Vec<TranscriptEvent>> {
        store::events_before(&mut *self.db.read().await?, run, before, most).await
    }

    /// Lines after a sequence number, at most `most`.
    pub async fn transcript(&self, run: RunId, after: i64, most: i64) -> Result<Vec<TranscriptEvent>> {
        store::events_after(&mut *self.db.read().await?, run, after, most).await
    }
}
