//! The one-time link: while there is nobody, whoever holds it becomes the first administrator.

use crate::db::Tx;
use crate::identity::Account;
use crate::identity::Identity;
use crate::identity::NewPerson;
use crate::identity::session::digest;
use crate::identity::session::random_secret;
use crate::identity::store;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::secret::Secret;

impl Identity {
    /// The secret of a fresh link while no person exists, none afterwards. An earlier link stops working.
    pub async fn setup_link(&self) -> Result<Option<Secret<String>>> {
        let mut tx = self.db.begin().await?;
        if store::accounts::any_person(&mut tx).await? {
            return Ok(None);
        }
        let secret = random_secret("");
        store::credentials::put_setup_link(&mut tx, &digest(secret.reveal()), self.clock.now()).await?;
        tx.commit().await?;
        Ok(Some(secret))
    }

    /// Whether a link would be taken, for the page that it leads to.
    pub async fn setup_link_is_good(&self, secret: &str) -> Result<bool> {
        store::credentials::has_setup_link(&mut *self.db.read().await?, &digest(secret)).await
    }

    /// Spends the link and makes the first administrator. Of two visitors, one comes first.
    pub async fn redeem_setup(&self, tx: &mut Tx, secret: &str, person: NewPerson) -> Result<Account> {
        let spent = store::credentials::spend_setup_link(tx, &digest(secret)).await?;
        if !spent || store::accounts::any_person(tx).await? {
            return Err(Error::conflict("Cannot use this set-up link: it was used already, or a newer one was made")
                .hint("the newest link stands in the server's output"));
        }
        self.create_person(tx, NewPerson { site_admin: true, ..person }).await
    }
}
