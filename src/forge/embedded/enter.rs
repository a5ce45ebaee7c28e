//! Finding repositories: by address, by id, in lists; each as far as somebody may see.

use crate::access::Action;
use crate::access::Cx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::repository;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::repository::Repository;
use crate::forge::embedded::store;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::model::AccountId;
use crate::model::OwnerName;
use crate::model::RepoId;
use crate::model::RepoName;

/// The code of the error that says that an import has not come to its end.
pub const UNFINISHED: &str = "UNFINISHED";

/// Which repositories a list is about.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Those that this account owns.
    pub owner: Option<AccountId>,
    /// Those that the reader has a part in; to be public is not enough.
    pub own_only: bool,
    /// Those that were forked from this one.
    pub fork_of: Option<RepoId>,
    /// Those whose address or description holds this text.
    pub text: String,
}

impl Embedded {
    /// The repository at an address, if whoever acts may read it. Foreign and unknown look the same.
    pub async fn enter(&self, cx: &Cx, owner: &OwnerName, name: &RepoName) -> Result<Place> {
        let address = repository::address(owner, name);
        let found = store::repositories::by_address(&mut *self.db().read().await?, &address).await?;
        let place = self.admit(cx, found).await?;
        if place.repository.unfinished {
            return Err(Error::conflict(format!("`{}` is still being imported", place.repository.reference()))
                .code(UNFINISHED)
                .hint("look at its page to see how far it is, or why it does not go on"));
        }
        Ok(place)
    }

    /// The same, of a repository that may be unfinished: for whoever looks how far it is.
    pub async fn enter_unfinished(&self, cx: &Cx, owner: &OwnerName, name: &RepoName) -> Result<Place> {
        let address = repository::address(owner, name);
        let found = store::repositories::by_address(&mut *self.db().read().await?, &address).await?;
        self.admit(cx, found).await
    }

    /// The repository with this id, if whoever acts may read it.
    pub async fn enter_by_id(&self, cx: &Cx, repo: RepoId) -> Result<Place> {
        let found = store::repositories::by_id(&mut *self.db().read().await?, repo).await?;
        self.admit(cx, found).await
    }

    /// Repositories that whoever acts may read, the last changed first.
    pub async fn repositories(&self, cx: &Cx, wanted: &Wanted, paging: Paging) -> Result<Page<Repository>> {
        let readable = self.rooms().access.readable(cx).await?;
        store::repositories::list(&mut *self.db().read().await?, &readable, wanted, paging).await
    }

    async fn admit(&self, cx: &Cx, found: Option<Repository>) -> Result<Place> {
        let unknown = || Error::not_found("such repository");
        let repository = found.ok_or_else(unknown)?;
        let standing = self.rooms().access.standing(cx, &repository.facts()).await?;
        match cx.authorize(Action::ReadRepository, &standing) {
            Ok(()) => Ok(Place { repository, standing }),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(unknown()),
            Err(error) => Err(error),
        }
    }
}
