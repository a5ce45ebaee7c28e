//! Changing what a repository is called, who sees it and which branch comes first.

use crate::access::Action;
use crate::access::Cx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::repository::Repository;
use crate::forge::embedded::repository::RepositoryChange;
use crate::forge::embedded::store;
use crate::forge::embedded::text;
use crate::kit::Error;
use crate::kit::Result;

impl Embedded {
    /// Changes a repository.
    pub async fn change_repository(&self, cx: &Cx, place: &Place, change: RepositoryChange) -> Result<Repository> {
        cx.authorize(Action::AdministerRepository, &place.standing)?;
        let RepositoryChange { description, private, default_branch, name } = change;
        let old = &place.repository;
        let mut new = old.clone();
        new.description = description.unwrap_or(new.description);
        new.private = private.unwrap_or(new.private);
        new.default_branch = default_branch.unwrap_or(new.default_branch);
        new.name = name.unwrap_or(new.name);
        text::line("description", &new.description, 2048)?;
        if old.mirror && new.default_branch != old.default_branch {
            return Err(Error::denied(old.mirrored()).field("default_branch"));
        }
        let git = self.git(old);
        if new.default_branch != old.default_branch {
            let known = git.branch(&new.default_branch).await?.is_some();
            if !known && !git.is_empty().await? {
                let message = format!("There is no branch `{}` to be the default", new.default_branch);
                return Err(Error::invalid(message).field("default_branch"));
            }
        }
        let mut tx = self.db().begin().await?;
        store::repositories::update(&mut tx, &new, cx.now()).await?;
        if new.default_branch != old.default_branch {
            git.set_head_branch(&new.default_branch).await?;
        }
        if new.name != old.name {
            let git = &self.rooms().git;
            git.rename((&old.owner_name, &old.name), (&new.owner_name, &new.name)).await?;
        }
        tx.commit().await?;
        Ok(new)
    }
}
