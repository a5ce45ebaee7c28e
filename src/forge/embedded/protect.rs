//! Branches that take pull requests only.

use crate::access::Action;
use crate::access::Cx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::repository::Protection;
use crate::forge::embedded::store;
use crate::forge::embedded::text;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::BranchName;

impl Embedded {
    /// Protects a branch, or changes what its protection asks for.
    pub async fn protect(&self, cx: &Cx, place: &Place, protection: Protection) -> Result<()> {
        cx.authorize(Action::AdministerRepository, &place.standing)?;
        if !(0..=10).contains(&protection.approvals) {
            return Err(Error::invalid("A merge can ask for 0 to 10 approvals").field("approvals"));
        }
        for check in &protection.checks {
            text::name("checks", check, 255)?;
        }
        let mut tx = self.db().begin().await?;
        store::refs::protect(&mut tx, place.repository.id, &protection, cx.now()).await?;
        tx.commit().await
    }

    /// Takes the protection of a branch away.
    pub async fn unprotect(&self, cx: &Cx, place: &Place, branch: &BranchName) -> Result<()> {
        cx.authorize(Action::AdministerRepository, &place.standing)?;
        let mut tx = self.db().begin().await?;
        store::refs::unprotect(&mut tx, place.repository.id, branch).await?;
        tx.commit().await
    }

    /// Protected branches, by name.
    pub async fn protections(&self, place: &Place) -> Result<Vec<Protection>> {
        store::refs::protections(&mut *self.db().read().await?, place.repository.id).await
    }

    /// The protection of one branch.
    pub async fn protection(&self, place: &Place, branch: &BranchName) -> Result<Option<Protection>> {
        Ok(self.protections(place).await?.into_iter().find(|protection| protection.branch == *branch))
    }
}
