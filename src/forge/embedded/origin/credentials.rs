//! Who we are at an origin: the name in its row, the password in the vault.

use crate::db::Db;
use crate::db::Tx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::origin::Credentials;
use crate::forge::embedded::origin::Origin;
use crate::forge::embedded::store;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::RepoId;
use crate::vault::Slot;
use crate::vault::Vault;

fn slot(repo: RepoId) -> Slot {
    Slot::of("origin", repo)
}

impl Embedded {
    /// Who we are at an origin; none for nobody.
    pub async fn origin_credentials(&self, origin: &Origin) -> Result<Option<Credentials>> {
        let Some(username) = origin.username.clone() else { return Ok(None) };
        let password = self.rooms().vault.unseal(&slot(origin.repo)).await?;
        Ok(password.map(|password| Credentials { username, password }))
    }

    /// Keeps who we are at an origin; none forgets it.
    pub(super) async fn keep_credentials(
        &self,
        tx: &mut Tx,
        repo: RepoId,
        credentials: Option<&Credentials>,
        now: Timestamp,
    ) -> Result<()> {
        store::origins::set_username(tx, repo, credentials.map(|one| one.username.as_str())).await?;
        match credentials {
            Some(one) => self.rooms().vault.seal(tx, &slot(repo), &one.password, now).await,
            None => self.rooms().vault.forget(tx, &slot(repo)).await,
        }
    }
}

/// Seals passwords that lie in the database as they were typed, and leaves nothing of them there.
pub(in crate::forge::embedded) async fn seal_old(db: &Db, vault: &Vault, now: Timestamp) -> Result<usize> {
    let mut sealed = 0;
    loop {
        let mut tx = db.begin().await?;
        let Some((repo, password)) = store::origins::one_clear(&mut tx).await? else { return Ok(sealed) };
        vault.seal(&mut tx, &slot(repo), &password, now).await?;
        if !store::origins::cleared(&mut tx, repo).await? {
            return Err(Error::internal("An origin whose password was just read is gone"));
        }
        tx.commit().await?;
        sealed += 1;
    }
}
