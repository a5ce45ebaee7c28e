//! Who there is: people, organisations with members and teams, bots; and how a person shows who they are.
//!
//! Who is who: [`Identity`] is the handle. An [`Account`] is a person, an organisation or a bot; all three share one
//! space of names. A person proves who they are by a password ([`password`]), which opens a [`session::Session`] for
//! pages, or by a [`token::Token`] for programs. The first person comes in by the one-time link of [`setup`].
//!
//! Secrets are shown once and kept hashed: passwords by argon2id, on few threads at a time; sessions and tokens, which
//! are long and random, by SHA-256. Revoking is deleting the row, so it holds on the next request.
//!
//! Does not know permissions: what a role or a scope allows is `access`. Does not know HTTP: doors carry the secrets.
//!
//! To add another way to sign in, add a file beside `password.rs` that ends in an [`Account`].

pub mod account;

pub mod bot;

pub mod organisation;

pub mod team;

pub mod password;

mod guesses;

pub mod session;

pub mod token;

pub mod setup;

mod store;

use std::sync::Arc;

use crate::db::Db;
use crate::db::Tx;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Clock;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::model::AccountId;
use crate::model::OwnerName;

pub use account::Account;
pub use account::AccountKind;
pub use account::NewOrganisation;
pub use account::NewPerson;
pub use bot::NewBot;
pub use organisation::Member;
pub use organisation::MemberRole;
pub use organisation::Team;
pub use password::PasswordHash;
pub use session::OpenedSession;
pub use session::Session;
pub use team::TeamChange;
pub use team::TeamProfile;
pub use team::TeamRole;
pub use token::Token;

/// The handle of the room. Cloning is cheap.
#[derive(Clone)]
pub struct Identity {
    db: Db,
    clock: Clock,
    passwords: Arc<password::Passwords>,
}

impl Identity {
    /// Over this database.
    pub fn new(db: Db, clock: &Clock) -> Self {
        Self { db, clock: clock.clone(), passwords: Arc::default() }
    }

    /// The account with this id.
    pub async fn account(&self, id: AccountId) -> Result<Option<Account>> {
        store::accounts::by_id(&mut *self.db.read().await?, id).await
    }

    /// The accounts with these ids, in one query. Unknown ids are left out.
    pub async fn accounts(&self, ids: &[AccountId]) -> Result<Vec<Account>> {
        store::accounts::by_ids(&mut *self.db.read().await?, ids).await
    }

    /// The accounts with these names, in one query; case does not matter. Unknown names are left out.
    pub async fn accounts_by_name(&self, names: &[&OwnerName]) -> Result<Vec<Account>> {
        store::accounts::by_logins(&mut *self.db.read().await?, names).await
    }

    /// The account with this name; case does not matter.
    pub async fn account_by_name(&self, name: &OwnerName) -> Result<Option<Account>> {
        store::accounts::by_login(&mut *self.db.read().await?, name).await
    }

    /// The person with this name; none for an organisation or a bot.
    pub async fn person_by_login(&self, name: &OwnerName) -> Result<Option<Account>> {
        let account = self.account_by_name(name).await?;
        Ok(account.filter(|account| account.kind == AccountKind::Person))
    }

    /// Accounts of one kind, by name.
    pub async fn list(&self, kind: AccountKind, paging: Paging) -> Result<Page<Account>> {
        store::accounts::list(&mut *self.db.read().await?, kind, paging).await
    }

    /// Makes a person. The password is hashed before, by [`Identity::hash_password`], so that no transaction waits for it.
    pub async fn create_person(&self, tx: &mut Tx, person: NewPerson) -> Result<Account> {
        let account = Account {
            id: AccountId::make(),
            login: person.login,
            kind: AccountKind::Person,
            display_name: account::checked_display_name(&person.display_name)?,
            email: person.email.as_deref().map(account::checked_email).transpose()?,
            site_admin: person.site_admin,
            created: self.clock.now(),
        };
        store::accounts::insert(tx, &account, person.password.as_ref()).await?;
        Ok(account)
    }

    /// Makes an organisation with its first owner.
    pub async fn create_organisation(&self, tx: &mut Tx, organisation: NewOrganisation) -> Result<Account> {
        let account = Account {
            id: AccountId::make(),
            login: organisation.login,
            kind: AccountKind::Organisation,
            display_name: account::checked_display_name(&organisation.display_name)?,
            email: None,
            site_admin: false,
            created: self.clock.now(),
        };
        store::accounts::insert(tx, &account, None).await?;
        self.add_member(tx, account.id, organisation.owner, MemberRole::Owner).await?;
        Ok(account)
    }

    /// Makes a bot: an account that acts but never signs in.
    pub async fn create_bot(&self, tx: &mut Tx, login: OwnerName, display_name: &str) -> Result<Account> {
        let account = Account {
            id: AccountId::make(),
            login,
            kind: AccountKind::Bot,
            display_name: account::checked_display_name(display_name)?,
            email: None,
            site_admin: false,
            created: self.clock.now(),
        };
        store::accounts::insert(tx, &account, None).await?;
        Ok(account)
    }

    /// Makes somebody an administrator of the whole server, or takes that away. The last one stays.
    pub async fn set_site_admin(&self, tx: &mut Tx, person: AccountId, site_admin: bool) -> Result<()> {
        if !site_admin && store::accounts::other_site_admins(tx, person).await? == 0 {
            return Err(Error::conflict("Cannot take away the rights of the last administrator")
                .hint("make somebody else an administrator first"));
        }
        store::accounts::set_site_admin(tx, person, site_admin).await
    }
}

#[cfg(test)]
mod tests;
