//! What one run saw of a brain: the commit and the pieces, which stay readable whatever happens to the branch.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;

use crate::git::Expected;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::digest::Digest;
use crate::memory::Memory;
use crate::memory::store;
use crate::model::CommitId;
use crate::model::OwnerName;
use crate::model::RunId;
use crate::model::SnapshotId;

/// A commit of a brain and what was selected from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Its id.
    pub id: SnapshotId,
    /// The organisation by its name then.
    pub organisation: OwnerName,
    /// The commit.
    pub commit: CommitId,
    /// The run that it was taken for.
    pub run: Option<RunId>,
    /// What was shown.
    pub pieces: Vec<Piece>,
    /// Entries that matched and were hidden.
    pub hidden: i64,
    /// When it was taken.
    pub taken: Timestamp,
}

/// What is to be remembered of a selection.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSnapshot {
    /// The organisation.
    pub organisation: OwnerName,
    /// The commit.
    pub commit: CommitId,
    /// The run that it is taken for.
    pub run: Option<RunId>,
    /// What is shown.
    pub pieces: Vec<Piece>,
    /// Entries that matched and are hidden.
    pub hidden: i64,
    /// Now.
    pub taken: Timestamp,
}

/// One piece of memory that was shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    /// `commit:path#L1-L9`.
    pub citation: String,
    /// The record; none for a note.
    pub id: Option<String>,
    /// For people.
    pub title: String,
    /// Names the bytes that were shown.
    pub digest: Digest,
    /// How many there were.
    pub bytes: u64,
    /// Why it was picked.
    pub why: Vec<String>,
}

/// How the commit of a snapshot stands to the brain of today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is the tip of the default branch.
    Current,
    /// The default branch went on from it.
    Behind,
    /// The default branch was rewritten and does not hold it any more.
    Rewritten,
    /// The brain was deleted.
    Gone,
}

impl Standing {
    /// What it means, for people; none where there is nothing to say.
    pub fn warning(self) -> Option<&'static str> {
        match self {
            Self::Current => None,
            Self::Behind => Some("memory changed since this snapshot was taken"),
            Self::Rewritten => Some("the brain was rewritten: its history does not hold this snapshot any more"),
            Self::Gone => Some("the brain was deleted: this snapshot cannot be read any more"),
        }
    }
}

impl Piece {
    /// Its id, or the path of its file when it has none.
    pub fn name(&self) -> &str {
        let path = || self.citation.split_once(':').map_or("", |(_, place)| place);
        self.id.as_deref().unwrap_or_else(|| path().rsplit_once("#L").map_or(path(), |(path, _)| path))
    }
}

impl Memory {
    /// Keeps a commit readable on a hidden ref, also when the branch is rewritten, and remembers what was selected.
    pub async fn take(&self, new: NewSnapshot) -> Result<Snapshot> {
        let repository = self.repository(&new.organisation);
        let name = format!("refs/forgehand/memory/{}", new.commit);
        repository.update_ref(&name, &Expected::Any, Some(&new.commit)).await?;
        let NewSnapshot { organisation, commit, run, pieces, hidden, taken } = new;
        let snapshot = Snapshot { id: SnapshotId::make(), organisation, commit, run, pieces, hidden, taken };
        let mut tx = self.db.begin().await?;
        store::insert(&mut tx, &snapshot).await?;
        let names: BTreeSet<&str> = snapshot.pieces.iter().map(Piece::name).collect();
        for name in names {
            store::count_use(&mut tx, &snapshot.organisation, name, (1, 0), taken).await?;
        }
        tx.commit().await?;
        Ok(snapshot)
    }

    /// A snapshot. Says 404 when there is none.
    pub async fn snapshot(&self, id: SnapshotId) -> Result<Snapshot> {
        store::by_id(&mut *self.db.read().await?, id).await?.ok_or_else(|| Error::not_found("such snapshot"))
    }

    /// The snapshots that were taken for a run, the first one first.
    pub async fn snapshots_of(&self, run: RunId) -> Result<Vec<Snapshot>> {
        store::of_run(&mut *self.db.read().await?, run).await
    }

    /// How a commit stands to the brain of today.
    pub async fn standing(&self, organisation: &OwnerName, commit: &CommitId) -> Result<Standing> {
        let repository = self.repository(organisation);
        if !repository.exists().await || repository.commit(commit).await?.is_none() {
            return Ok(Standing::Gone);
        }
        let branch = repository.head_branch().await?;
        match repository.branch(&branch).await? {
            Some(tip) if tip == *commit => Ok(Standing::Current),
            Some(tip) if repository.is_ancestor(commit, &tip).await? => Ok(Standing::Behind),
            _ => Ok(Standing::Rewritten),
        }
    }
}
