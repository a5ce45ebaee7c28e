//! What is in force in a repository: stacks, rules and policy at the tip of its default branch, under the ceiling of its
//! organisation. Never from a pull request's head, never from a checked-out tree, and never from a mirror: whoever pushes to
//! its origin was trusted by nobody here.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::catalog;
use crate::catalog::Catalog;
use crate::catalog::Folder;
use crate::catalog::Scope;
use crate::engine::Engine;
use crate::git;
use crate::kit::Result;
use crate::kit::digest::Digest;
use crate::model::CommitId;
use crate::model::RepoName;
use crate::model::RepoRef;
use crate::policy;

/// What is in force, and the commits that say so.
#[derive(Clone, Debug)]
pub struct Trusted {
    /// Stacks, rules, policies, and what is wrong with them.
    pub catalog: Arc<Catalog>,
    /// The commit of the repository.
    pub commit: CommitId,
    /// The commit of the organisation's config repository, when there is one.
    pub ceiling: Option<CommitId>,
    /// Names the policy.
    pub policy_digest: Digest,
}

/// A mirror is another repository than what it becomes when it is one of its own.
type Key = (String, Option<CommitId>, CommitId, bool);

/// What was read before. Commits never change, so nothing here is ever wrong; it is emptied when it grows large.
#[derive(Clone, Debug, Default)]
pub struct Catalogs {
    shelf: catalog::Shelf,
    resolved: Arc<Mutex<HashMap<Key, Arc<Catalog>>>>,
}

/// How many catalogs are kept.
const MOST: usize = 200;

impl Engine {
    /// What is in force in a repository now; none when its default branch has no commit yet.
    pub async fn trusted(&self, repo: &RepoRef) -> Result<Option<Trusted>> {
        let branch = self.reader.default_branch(repo).await?;
        let Some(commit) = self.reader.branch_head(repo, &branch).await? else { return Ok(None) };
        let ceiling = self.ceiling_of(repo).await?;
        self.trusted_at(repo, commit, ceiling).await.map(Some)
    }

    /// What was in force at these commits: for a run that was dispatched then.
    pub async fn trusted_at(&self, repo: &RepoRef, commit: CommitId, ceiling: Option<CommitId>) -> Result<Trusted> {
        let mirror = self.forge.is_mirror(repo.id).await?;
        let key = (repo.to_string(), ceiling.clone(), commit.clone(), mirror);
        let catalog = match self.catalogs.find(&key) {
            Some(found) => found,
            None => {
                let own = if mirror { Arc::default() } else { self.own_folder(repo, &commit).await? };
                let above = self.above(repo, ceiling.as_ref()).await?;
                let read = Arc::new(catalog::resolve(above.as_deref(), &own));
                self.catalogs.keep(key, &read);
                read
            }
        };
        let policy_digest = policy::digest(&catalog.policy, &catalog.ceiling);
        Ok(Trusted { catalog, commit, ceiling, policy_digest })
    }

    /// What the repository's own folder says. That of a mirror is never asked: strangers write it.
    async fn own_folder(&self, repo: &RepoRef, commit: &CommitId) -> Result<Arc<Folder>> {
        let own = self.git.repository(&repo.owner, &repo.name);
        self.catalogs.shelf.folder(&own, commit, Scope::Repository).await
    }

    /// The repository and the commit that a file in force comes from.
    pub(in crate::engine) fn home_of(
        &self,
        repo: &RepoRef,
        trusted: &Trusted,
        scope: Scope,
    ) -> (git::Repository, CommitId) {
        match (scope, &trusted.ceiling) {
            (Scope::Organisation, Some(commit)) => (self.git.repository(&repo.owner, &config_name()), commit.clone()),
            _ => (self.git.repository(&repo.owner, &repo.name), trusted.commit.clone()),
        }
    }

    /// The organisation's folder that a repository stands under.
    pub(in crate::engine) async fn folder_above(
        &self,
        repo: &RepoRef,
        trusted: &Trusted,
    ) -> Result<Option<Arc<Folder>>> {
        self.above(repo, trusted.ceiling.as_ref()).await
    }

    async fn above(&self, repo: &RepoRef, ceiling: Option<&CommitId>) -> Result<Option<Arc<Folder>>> {
        let Some(commit) = ceiling else { return Ok(None) };
        let config = self.git.repository(&repo.owner, &config_name());
        self.catalogs.shelf.folder(&config, commit, Scope::Organisation).await.map(Some)
    }

    /// The tip of `<owner>/agents`. That repository is under no ceiling but its own policy.
    async fn ceiling_of(&self, repo: &RepoRef) -> Result<Option<CommitId>> {
        if repo.name == config_name() {
            return Ok(None);
        }
        let config = self.git.repository(&repo.owner, &config_name());
        if !config.exists().await {
            return Ok(None);
        }
        if self.forge.is_mirror_at(&repo.owner, &config_name()).await? {
            return Ok(None);
        }
        let branch = config.head_branch().await?;
        config.branch(&branch).await
    }
}

/// The organisation's own config repository.
pub(in crate::engine) fn config_name() -> RepoName {
    "agents".parse().expect("`agents` is a name")
}

impl Catalogs {
    fn find(&self, key: &Key) -> Option<Arc<Catalog>> {
        self.resolved.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn keep(&self, key: Key, catalog: &Arc<Catalog>) {
        let mut kept = self.resolved.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(key, Arc::clone(catalog));
    }
}
