//! Workspaces of attempts that have ended: kept for a while, then thrown away; what was saved stays.

use std::str::FromStr;

use serde_json::json;

use crate::db::Tx;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::AttemptId;
use crate::model::RunId;
use crate::runs::Attempt;
use crate::runs::AttemptState;
use crate::runs::NewEvent;
use crate::runs::Runs;
use crate::runs::store;

/// The workspace of an attempt that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folder {
    /// What became of it.
    pub state: FolderState,
    /// The bytes that it held.
    pub bytes: i64,
    /// How long it is kept.
    pub until: Timestamp,
}

/// What became of a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FolderState {
    /// It waits for an attempt that goes on.
    Kept,
    /// An attempt went on in it.
    Taken,
    /// A person had it put away: what was saved is left.
    Archived,
    /// It was kept long enough, or there was no more room.
    Swept,
}

/// How a workspace looks to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// An agent works in it, or will.
    InUse,
    /// Nothing was written to it, so none is kept.
    Clean,
    /// It is there, and holds more than the checkout.
    Dirty,
    /// It should be there and is not.
    Missing,
    /// An attempt went on in it.
    Taken,
    /// A person had it put away.
    Archived,
    /// It was thrown away.
    Swept,
}

impl Attempt {
    /// How its workspace looks, when it is on the disk or not.
    pub fn look(&self, on_disk: bool) -> Look {
        match (self.state, self.folder.map(|folder| folder.state)) {
            (AttemptState::Queued | AttemptState::Leased, _) => Look::InUse,
            (AttemptState::Ended, None) => Look::Clean,
            (AttemptState::Ended, Some(FolderState::Kept)) if on_disk => Look::Dirty,
            (AttemptState::Ended, Some(FolderState::Kept)) => Look::Missing,
            (AttemptState::Ended, Some(FolderState::Taken)) => Look::Taken,
            (AttemptState::Ended, Some(FolderState::Archived)) => Look::Archived,
            (AttemptState::Ended, Some(FolderState::Swept)) => Look::Swept,
        }
    }
}

impl Look {
    /// The word in pages and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InUse => "in_use",
            Self::Clean => "clean",
            Self::Dirty => "dirty",
            Self::Missing => "missing",
            Self::Taken => "taken",
            Self::Archived => "archived",
            Self::Swept => "swept",
        }
    }

    /// Whether it can be made again from what was saved.
    pub fn may_be_recovered(self) -> bool {
        matches!(self, Self::Missing | Self::Archived | Self::Swept)
    }

    /// Whether it can be put away.
    pub fn may_be_archived(self) -> bool {
        matches!(self, Self::Dirty | Self::Missing)
    }
}

impl Runs {
    /// Notes that the workspace of an attempt is kept.
    pub async fn keep_folder(&self, tx: &mut Tx, attempt: AttemptId, bytes: i64, until: Timestamp) -> Result<()> {
        store::set_folder(tx, attempt, &Folder { state: FolderState::Kept, bytes, until }).await
    }

    /// Notes what became of the workspace of an attempt.
    pub async fn move_folder(
        &self,
        tx: &mut Tx,
        (run, attempt): (RunId, AttemptId),
        state: FolderState,
        now: Timestamp,
    ) -> Result<()> {
        store::move_folder(tx, attempt, state).await?;
        let body = json!({ "state": state.as_str() });
        self.note(tx, run, Some(attempt), now, &[NewEvent::ours("workspace", body)]).await
    }

    /// Attempts whose workspaces were kept long enough.
    pub async fn folders_due(&self, now: Timestamp, most: i64) -> Result<Vec<Attempt>> {
        store::folders_due(&mut *self.db.read().await?, now, most).await
    }

    /// The bytes of all workspaces that are kept.
    pub async fn folder_bytes(&self) -> Result<i64> {
        store::folder_bytes(&mut *self.db.read().await?).await
    }
}

impl FolderState {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Taken => "taken",
            Self::Archived => "archived",
            Self::Swept => "swept",
        }
    }
}

impl FromStr for FolderState {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let all = [Self::Kept, Self::Taken, Self::Archived, Self::Swept];
        all.into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| Error::internal("An unknown state of a workspace"))
    }
}
