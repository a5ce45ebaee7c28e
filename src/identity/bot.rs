//! Bots that somebody answers for: an organisation, or the server's administrators.

use crate::db::Tx;
use crate::identity::Account;
use crate::identity::Identity;
use crate::identity::store;
use crate::kit::Result;
use crate::model::AccountId;
use crate::model::OwnerName;

/// A bot to be made.
#[derive(Clone, Debug)]
pub struct NewBot {
    /// The name in addresses.
    pub login: OwnerName,
    /// The name for people.
    pub display_name: String,
    /// The organisation that answers for it; none for the server.
    pub owner: Option<AccountId>,
    /// Who made it.
    pub maker: AccountId,
}

impl Identity {
    /// Makes a bot that somebody answers for.
    pub async fn create_owned_bot(&self, tx: &mut Tx, new: NewBot) -> Result<Account> {
        let NewBot { login, display_name, owner, maker } = new;
        let account = self.create_bot(tx, login, &display_name).await?;
        store::bots::insert(tx, account.id, (owner, maker), self.clock.now()).await?;
        Ok(account)
    }

    /// The bots that an organisation answers for, or the server, by name.
    pub async fn bots_of(&self, owner: Option<AccountId>) -> Result<Vec<Account>> {
        store::bots::of_owner(&mut *self.db.read().await?, owner).await
    }

    /// Whoever answers for a bot: none inside for the server, none at all for an account that is no such bot.
    pub async fn answers_for(&self, bot: AccountId) -> Result<Option<Option<AccountId>>> {
        store::bots::owner(&mut *self.db.read().await?, bot).await
    }
}
