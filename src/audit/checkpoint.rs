//! Checkpoints: heads written down outside the database, so that a cut log cannot pass by putting an old head back.

use std::fs;
use std::fs::OpenOptions;
use std::io::ErrorKind as IoErrorKind;
use std::io::Write as _;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::PoisonError;

use serde::Deserialize;
use serde::Serialize;

use crate::audit::Audit;
use crate::audit::Head;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::digest::Digest;
use crate::kit::error::Context as _;

/// A head as it is written down: one line of JSON. Whoever keeps one can later show what the log held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The sequence of the last entry at that time.
    pub sequence: i64,
    /// When that entry was written.
    pub at: Timestamp,
    /// Its hash.
    pub hash: Digest,
    /// Which key signed.
    pub key: String,
    /// The signature over sequence, time and hash, in hex digits.
    pub signature: String,
}

/// The file of checkpoints in the data directory: only ever appended to.
pub(super) struct File {
    path: PathBuf,
    last: Mutex<i64>,
}

impl Audit {
    /// The head as a checkpoint; it is also appended to the file when the log grew. None while the log is empty.
    ///
    /// Called on a period, at the start and by every export: what is cut between two calls and covered by putting an
    /// even older head back is not seen.
    pub async fn checkpoint(&self) -> Result<Option<Checkpoint>> {
        let Some(head) = self.head().await? else { return Ok(None) };
        let checkpoint = Checkpoint::from(head);
        self.checkpoints.append(&checkpoint)?;
        Ok(Some(checkpoint))
    }
}

impl File {
    pub fn at(path: PathBuf) -> Self {
        Self { path, last: Mutex::new(0) }
    }

    pub fn read(&self) -> Result<Vec<Checkpoint>> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == IoErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Error::internal("Cannot read the checkpoints of the audit log").source(error)),
        };
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().map(str::parse).collect()
    }

    fn append(&self, checkpoint: &Checkpoint) -> Result<()> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if checkpoint.sequence <= *last {
            return Ok(());
        }
        if *last == 0 && self.read()?.iter().any(|known| known == checkpoint) {
            *last = checkpoint.sequence;
            return Ok(());
        }
        let doing = "Cannot write a checkpoint of the audit log";
        if let Some(directory) = self.path.parent() {
            fs::create_dir_all(directory).context(doing)?;
        }
        let mut file = OpenOptions::new().append(true).create(true).open(&self.path).context(doing)?;
        let line = serde_json::to_string(checkpoint).context(doing)? + "\n";
        file.write_all(line.as_bytes()).and_then(|()| file.sync_data()).context(doing)?;
        *last = checkpoint.sequence;
        Ok(())
    }
}

impl From<Head> for Checkpoint {
    fn from(Head { sequence, at, hash, key, signature }: Head) -> Self {
        Self { sequence, at, hash, key, signature }
    }
}

impl FromStr for Checkpoint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        serde_json::from_str(text.trim()).map_err(|error| {
            Error::invalid("Cannot read this checkpoint: it is not one line of JSON as `audit` writes it").source(error)
        })
    }
}
