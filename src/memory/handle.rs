//! The handle of the room: the brains of organisations, each a repository that this server keeps.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use crate::db::Db;
use crate::git;
use crate::git::Git;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::digest::Digest;
use crate::memory::When;
use crate::memory::health::Aged;
use crate::memory::index::Indexes;
use crate::memory::index::Kept;
use crate::memory::index::View;
use crate::memory::query;
use crate::memory::query::Answer;
use crate::memory::query::Query;
use crate::memory::query::Scope;
use crate::memory::query::around::is_hidden;
use crate::memory::related::Cited;
use crate::memory::stale::OwnRepositories;
use crate::model::CommitId;
use crate::model::OwnerName;

/// The name of the repository that is an organisation's brain.
pub const REPOSITORY: &str = "company-brain";

/// The brains of all organisations. Cloning is cheap.
#[derive(Clone)]
pub struct Memory {
    pub(super) db: Db,
    git: Git,
    indexes: Indexes,
    pub(super) aged: Aged,
    pub(super) cited: Cited,
}

/// A record or a note as a whole.
#[derive(Clone, Debug, Serialize)]
pub struct Whole {
    /// The commit that it was read at.
    pub commit: CommitId,
    /// What is known of it.
    pub kept: Kept,
    /// Its lines.
    pub text: String,
    /// Names the bytes of the text.
    pub digest: Digest,
    /// `commit:path#L1-L9`.
    pub citation: String,
}

impl Memory {
    /// Over these repositories. Indexes are kept in the data directory, and may be deleted at any time.
    pub fn new(db: Db, git: &Git, data: &Path) -> Self {
        Self {
            db,
            git: git.clone(),
            indexes: Indexes::in_folder(&data.join("memory")),
            aged: Aged::default(),
            cited: Cited::default(),
        }
    }

    /// The brain of an organisation. It need not exist: the first verb says so if it does not.
    pub fn repository(&self, organisation: &OwnerName) -> git::Repository {
        self.git.repository(organisation, &REPOSITORY.parse().expect("it is a name"))
    }

    /// The brain of an organisation at a moment. Says 404 when there is none, or no such commit.
    pub async fn view(&self, organisation: &OwnerName, when: &When) -> Result<Arc<View>> {
        let repository = self.repository(organisation);
        if !repository.exists().await {
            let message = format!("`{organisation}` has no company brain");
            let hint = format!("make a repository `{organisation}/{REPOSITORY}`: any folder of Markdown is a brain");
            return Err(Error::new(ErrorKind::NotFound, message).hint(hint));
        }
        let commit = when.commit(&repository).await?;
        self.indexes.view(&repository, &commit).await
    }

    /// Asks the brain of an organisation.
    pub async fn ask(&self, organisation: &OwnerName, when: &When, asked: &Query, scope: &Scope) -> Result<Answer> {
        let view = self.view(organisation, when).await?;
        query::ask(&self.repository(organisation), &view, asked, scope).await
    }

    /// What citations of a brain are held against: the repositories of its organisation.
    pub fn own_repositories(&self, organisation: &OwnerName) -> OwnRepositories {
        let brain = self.repository(organisation);
        OwnRepositories { git: self.git.clone(), organisation: organisation.clone(), brain }
    }

    /// The record with an id, or the file at a path, as a whole; none when there is none or it is hidden.
    pub async fn whole(
        &self,
        organisation: &OwnerName,
        view: &View,
        name: &str,
        scope: &Scope,
    ) -> Result<Option<Whole>> {
        let Some(kept) = view.named(name)? else { return Ok(None) };
        if is_hidden(&kept, scope) {
            return Ok(None);
        }
        let blob = self.repository(organisation).blob(&kept.blob.parse()?).await?.unwrap_or_default();
        let text = String::from_utf8_lossy(&blob);
        let (first, last) = kept.lines;
        let lines = text.split_inclusive('\n').skip(first as usize - 1).take((last - first + 1) as usize);
        let text: String = lines.collect();
        let digest = Digest::plain(text.as_bytes());
        let citation = format!("{}:{}", view.commit, kept.place());
        Ok(Some(Whole { commit: view.commit.clone(), kept, text, digest, citation }))
    }
}
