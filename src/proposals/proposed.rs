//! An effect as one run proposed it, and how it is kept.

use serde::Deserialize;
use serde::Serialize;

use crate::db::Connection;
use crate::db::Tx;
use crate::git::Git;
use crate::git::Repository;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::digest::Digest;
use crate::model::AttemptId;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::Effect;
use crate::model::EffectId;
use crate::model::EffectKind;
use crate::model::RepoId;
use crate::model::Role;
use crate::model::RunId;
use crate::model::Verdict;
use crate::proposals::Proposals;
use crate::proposals::store;

/// One effect of a proposal. Never changes.
#[derive(Clone, Debug)]
pub struct Proposed {
    /// Its id.
    pub id: EffectId,
    /// Its place in the proposal, counted from 1.
    pub sequence: i64,
    /// What people decide on.
    pub digest: Digest,
    /// When it was proposed.
    pub created: Timestamp,
    /// What was proposed.
    pub new: NewProposed,
}

/// An effect that passed its checks and was judged.
#[derive(Clone, Debug)]
pub struct NewProposed {
    /// The run.
    pub run: RunId,
    /// The attempt.
    pub attempt: AttemptId,
    /// The effect itself.
    pub effect: Effect,
    /// The policy that it was judged by.
    pub policy_digest: Digest,
    /// What policy says.
    pub verdict: Verdict,
    /// Which line of which file said so.
    pub because: String,
    /// Who may decide, and until when, if somebody must.
    pub terms: Terms,
    /// The commit in quarantine whose tree holds every payload.
    pub proposal_commit: CommitId,
}

/// Who may decide on an effect, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The least role on the target.
    pub role: Role,
    /// Teams; a decider is in every one of them.
    pub teams: Vec<String>,
    /// How many people must approve.
    pub count: u32,
    /// Whether the person who asked for the run may approve.
    pub self_allowed: bool,
    /// How long people have, in seconds.
    pub expires_after: u64,
}

/// What became of storing an effect.
#[derive(Clone, Debug)]
pub enum Stored {
    /// It is new.
    New(Proposed),
    /// The run had proposed the same bytes before; this is that one.
    Again(Proposed),
}

impl Proposed {
    /// The repository that holds the objects of its payload.
    pub fn quarantine(&self, git: &Git) -> Repository {
        match self.new.effect.kind() {
            EffectKind::Memory => git.closed_quarantine_of(self.new.run),
            _ => git.quarantine_of(self.new.run),
        }
    }
}

impl Proposals {
    /// Stores an effect. The same bytes proposed again by the same run are the same effect.
    pub async fn store(&self, tx: &mut Tx, new: NewProposed, now: Timestamp) -> Result<Stored> {
        let digest = new.effect.digest(&new.policy_digest);
        if let Some(before) = store::by_digest(tx, new.run, &digest).await? {
            return Ok(Stored::Again(before));
        }
        let sequence = store::last_sequence(tx, new.run).await? + 1;
        let proposed = Proposed { id: EffectId::make(), sequence, digest, created: now, new };
        store::insert(tx, &proposed).await?;
        Ok(Stored::New(proposed))
    }

    /// The effect with these bytes, when the run proposed it before.
    pub async fn before(&self, run: RunId, digest: &Digest) -> Result<Option<Proposed>> {
        store::by_digest(&mut *self.db.read().await?, run, digest).await
    }

    /// Everything that a run proposed, in order.
    pub async fn of_run(&self, run: RunId) -> Result<Vec<Proposed>> {
        store::of_run(&mut *self.db.read().await?, run).await
    }

    /// One effect.
    pub async fn effect(&self, id: EffectId) -> Result<Proposed> {
        store::effect(&mut *self.db.read().await?, id).await?.ok_or_else(|| Error::not_found("effect"))
    }

    /// One effect, within a story step.
    pub async fn effect_in(&self, connection: &mut Connection, id: EffectId) -> Result<Proposed> {
        store::effect(connection, id).await?.ok_or_else(|| Error::not_found("effect"))
    }

    /// Effects on one repository, or one issue or pull request of it, newest first, at most 200.
    pub async fn on_target(&self, repo: RepoId, number: Option<i64>) -> Result<Vec<Proposed>> {
        store::on_target(&mut *self.db.read().await?, repo, number).await
    }

    /// What was proposed, of a kind, from these branches, the newest first.
    pub async fn on_branches(&self, repo: RepoId, branches: &[&BranchName], kind: EffectKind) -> Result<Vec<Proposed>> {
        if branches.is_empty() {
            return Ok(Vec::new());
        }
        store::on_branches(&mut *self.db.read().await?, repo, branches, kind).await
    }

    /// The run that proposed a pull request from this branch.
    pub async fn opener(&self, repo: RepoId, branch: &BranchName) -> Result<Option<RunId>> {
        store::opener(&mut *self.db.read().await?, repo, branch).await
    }
}
