//! Repositories that come from elsewhere: imported once, or kept as a mirror.
//!
//! An import makes a repository that nobody can enter, fetches outside of any transaction, and then moves refs and marks
//! it as finished: whoever dies in between begins again. Old history is nobody's news: no event tells of it. What a
//! mirror brings later is a push like any other, by nobody in particular.
//!
//! A mirror takes nothing but what its origin has: pushes, edits and merges are refused with a sentence.
//!
//! Does not fetch, and knows no network: `engine` does, and hands in what came.

mod credentials;

mod interval;

mod outcome;

mod start;

mod steer;

pub(super) use credentials::seal_old;
pub use interval::LEAST_PERIOD;
pub use interval::period_of;
pub use interval::period_words;
pub use start::NewOrigin;
pub use start::enqueue;

use std::time::Duration;

use url::Url;

use crate::forge::embedded::Embedded;
use crate::forge::embedded::repository;
use crate::forge::embedded::repository::Repository;
use crate::forge::embedded::store;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::secret::Secret;
use crate::model::OwnerName;
use crate::model::RepoId;
use crate::model::RepoName;

/// Where a repository comes from, and how that is going.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The repository here.
    pub repo: RepoId,
    /// The other one, without a name or a password.
    pub url: Url,
    /// Who we are there; the password lies in the vault.
    pub username: Option<String>,
    /// How long between two looks; zero for only when somebody asks.
    pub period: Duration,
    /// How it stands.
    pub state: OriginState,
    /// When it is tried next.
    pub due: Option<Timestamp>,
    /// When it was last tried.
    pub tried: Option<Timestamp>,
    /// When that last went well.
    pub fresh: Option<Timestamp>,
    /// What went wrong the last time.
    pub error: Option<String>,
    /// How often in a row.
    pub failures: u32,
}

/// A name and a password for another server.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The name; a token needs none.
    pub username: String,
    /// The password or the token.
    pub password: Secret<String>,
}

/// How an import or a mirror stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OriginState {
    /// It is due soon.
    Waiting,
    /// It is being fetched.
    Running,
    /// What came is here.
    Done,
    /// It could not be fetched.
    Failed,
    /// Somebody stopped it.
    Cancelled,
}

impl OriginState {
    const ALL: [Self; 5] = [Self::Waiting, Self::Running, Self::Done, Self::Failed, Self::Cancelled];

    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl std::str::FromStr for OriginState {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| Error::invalid("This is no state of an origin"))
    }
}

impl Embedded {
    /// Where a repository comes from; none for one that began here.
    pub async fn origin(&self, repo: RepoId) -> Result<Option<Origin>> {
        store::origins::by_repo(&mut *self.db().read().await?, repo).await
    }

    /// Whether a repository takes only what is pushed elsewhere.
    pub async fn is_mirror(&self, repo: RepoId) -> Result<bool> {
        let found = store::repositories::by_id(&mut *self.db().read().await?, repo).await?;
        Ok(found.is_some_and(|repository| repository.mirror))
    }

    /// The same of a repository by its address.
    pub async fn is_mirror_at(&self, owner: &OwnerName, name: &RepoName) -> Result<bool> {
        let address = repository::address(owner, name);
        let found = store::repositories::by_address(&mut *self.db().read().await?, &address).await?;
        Ok(found.is_some_and(|repository| repository.mirror))
    }

    /// Origins that are due, the longest due first.
    pub async fn due_origins(&self, now: Timestamp) -> Result<Vec<RepoId>> {
        store::origins::due(&mut *self.db().read().await?, now).await
    }

    /// Takes an origin for this process to fetch; none when somebody else does.
    pub async fn claim_origin(&self, repo: RepoId, now: Timestamp) -> Result<Option<Origin>> {
        let mut tx = self.db().begin().await?;
        let claimed = store::origins::claim(&mut tx, repo, now).await?;
        tx.commit().await?;
        if claimed { self.origin(repo).await } else { Ok(None) }
    }

    /// After a start: what a killed process was fetching is due again.
    pub async fn recover_origins(&self, now: Timestamp) -> Result<u64> {
        let mut tx = self.db().begin().await?;
        let found = store::origins::recover(&mut tx, now).await?;
        tx.commit().await?;
        Ok(found)
    }

    /// The Git directory of a repository that comes from elsewhere; made when it is missing.
    pub async fn ground(&self, repository: &Repository) -> Result<crate::git::Repository> {
        let git = self.git(repository);
        if !git.exists().await {
            let named = (&repository.owner_name, &repository.name);
            return self.rooms().git.create(named.0, named.1, &repository.default_branch).await;
        }
        Ok(git)
    }
}

impl Repository {
    /// Says why nobody moves a branch of a mirror.
    pub(super) fn refuse_if_mirror(&self) -> Result<()> {
        if !self.mirror {
            return Ok(());
        }
        Err(Error::denied(self.mirrored())
            .code("MIRROR")
            .hint("push there, or turn the mirror into a repository of its own in its settings"))
    }

    /// The sentence about a mirror.
    pub(super) fn mirrored(&self) -> String {
        let from = self.original_url.as_deref().unwrap_or("another repository");
        format!("`{}` is a mirror of {from}: it takes only what is pushed there", self.reference())
    }
}
