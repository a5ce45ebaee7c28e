//! Forks: repositories that share their beginning, and how a branch of one is named in the other.

use crate::access::Cx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::enter::Wanted;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::repository::Repository;
use crate::git;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::model::AccountId;
use crate::model::OwnerName;

impl Embedded {
    /// The repository and the name of the branch that `branch` or `owner:branch` means when it is said here: an owner names
    /// their fork of this repository, or the repository that this one was forked from.
    pub async fn head_named(&self, cx: &Cx, place: &Place, named: &str) -> Result<(Place, String)> {
        let Some((owner, branch)) = named.split_once(':') else { return Ok((place.clone(), named.to_owned())) };
        if owner.eq_ignore_ascii_case(place.repository.owner_name.as_str()) {
            return Ok((place.clone(), branch.to_owned()));
        }
        let unknown = || Error::not_found("such fork").field("head");
        let owner: OwnerName = owner.parse().map_err(|_| unknown())?;
        let account = self.rooms().identity.account_by_name(&owner).await?.ok_or_else(unknown)?;
        let relative = match self.fork_by(cx, place, account.id).await? {
            Some(fork) => Some(fork),
            None => self.forked_from(cx, place).await?.filter(|source| source.repository.owner == account.id),
        };
        Ok((relative.ok_or_else(unknown)?, branch.to_owned()))
    }

    /// The fork of this repository that an account owns, if whoever acts may read it.
    pub async fn fork_by(&self, cx: &Cx, place: &Place, owner: AccountId) -> Result<Option<Place>> {
        let wanted = Wanted { owner: Some(owner), fork_of: Some(place.repository.id), ..Wanted::default() };
        let found = self.repositories(cx, &wanted, Paging::new(None, Some(1))).await?;
        match found.items.first() {
            Some(fork) => self.enter_by_id(cx, fork.id).await.map(Some),
            None => Ok(None),
        }
    }

    /// The forks of this repository that whoever acts may read, the last changed first.
    pub async fn forks(&self, cx: &Cx, place: &Place, paging: Paging) -> Result<Page<Repository>> {
        self.repositories(cx, &Wanted { fork_of: Some(place.repository.id), ..Wanted::default() }, paging).await
    }

    /// The repository that this one was forked from, if whoever acts may read it.
    pub async fn forked_from(&self, cx: &Cx, place: &Place) -> Result<Option<Place>> {
        let Some(source) = place.repository.fork_of else { return Ok(None) };
        Ok(self.enter_by_id(cx, source).await.ok())
    }

    /// The objects of two repositories together, to compare what lies in them.
    pub async fn git_beside(&self, here: &Place, there: &Place) -> Result<git::Beside> {
        self.rooms().git.beside(&self.git(&here.repository), &self.git(&there.repository)).await
    }
}
