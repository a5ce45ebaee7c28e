//! Access tokens: opaque, shown once, kept hashed, gone on the next request when revoked.

use std::time::Duration;

use crate::db::Tx;
use crate::identity::Account;
use crate::identity::Identity;
use crate::identity::session::digest;
use crate::identity::session::random_secret;
use crate::identity::store;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::page::Paging;
use crate::kit::secret::Secret;
use crate::kit::text;
use crate::model::AccountId;
use crate::model::TokenId;

/// A token as its owner sees it later: everything but the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Which.
    pub id: TokenId,
    /// What its owner calls it; unique for one person.
    pub name: String,
    /// What it may do; what the words mean is `access`.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last used, to the minute.
    pub last_used: Option<Timestamp>,
}

/// Every token starts with this, so that a scanner finds one that leaked.
const PREFIX: &str = "fh_";
const USE_IS_NOTED_EVERY: Duration = Duration::from_secs(60);

impl Identity {
    /// Makes a token for a person; the secret is shown this once.
    ///
    /// Whether the scopes are words that mean something is checked by `access::scope`.
    pub async fn issue_token(
        &self,
        tx: &mut Tx,
        person: AccountId,
        name: &str,
        scopes: &[String],
    ) -> Result<(TokenId, Secret<String>)> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 100 || name.chars().any(text::is_invisible) {
            return Err(Error::invalid("A token's name needs 1 to 100 visible characters").field("name"));
        }
        let token = Token {
            id: TokenId::make(),
            name: name.to_owned(),
            scopes: scopes.to_vec(),
            created: self.clock.now(),
            last_used: None,
        };
        let secret = random_secret(PREFIX);
        store::credentials::insert_token(tx, &token, person, &digest(secret.reveal())).await?;
        Ok((token.id, secret))
    }

    /// Whose token this is and what it may do; none when it is unknown or revoked.
    pub async fn token(&self, secret: &str) -> Result<Option<(Account, Vec<String>)>> {
        if !secret.starts_with(PREFIX) {
            return Ok(None);
        }
        let found = store::credentials::token(&mut *self.db.read().await?, &digest(secret)).await?;
        let Some((account, token)) = found else { return Ok(None) };
        let now = self.clock.now();
        if token.last_used.is_none_or(|at| now.since(at) >= USE_IS_NOTED_EVERY) {
            // A disk that is full must not keep anybody from reading.
            if let Err(error) = self.note_use(token.id, now).await {
                tracing::warn!(token.id = %token.id, error = %error.chain(), "cannot note the use of a token");
            }
        }
        Ok(Some((account, token.scopes)))
    }

    async fn note_use(&self, token: TokenId, now: Timestamp) -> Result<()> {
        let mut tx = self.db.begin().await?;
        store::credentials::note_use(&mut tx, token, now).await?;
        tx.commit().await
    }

    /// A person's tokens, newest first.
    pub async fn tokens_of(&self, person: AccountId) -> Result<Vec<Token>> {
        store::credentials::tokens_of(&mut *self.db.read().await?, person).await
    }

    /// Tokens of everybody with their owners, newest first: for administrators.
    pub async fn all_tokens(&self, paging: Paging) -> Result<Vec<(Account, Token)>> {
        let tokens = store::credentials::all_tokens(&mut *self.db.read().await?, paging).await?;
        let owners: Vec<AccountId> = tokens.iter().map(|(owner, _)| *owner).collect();
        let owners = self.accounts(&owners).await?;
        let with_owner = |(owner, token): (AccountId, Token)| {
            let owner = owners.iter().find(|account| account.id == owner)?;
            Some((owner.clone(), token))
        };
        Ok(tokens.into_iter().filter_map(with_owner).collect())
    }

    /// Takes back anybody's token: for administrators.
    pub async fn revoke_any_token(&self, tx: &mut Tx, token: TokenId) -> Result<()> {
        let owner = store::credentials::owner_of_token(tx, token).await?;
        let owner = owner.ok_or_else(|| Error::not_found("token with this id"))?;
        self.revoke_token(tx, owner, token).await
    }

    /// Takes back a token of this person. Another person's token is "not found".
    pub async fn revoke_token(&self, tx: &mut Tx, person: AccountId, token: TokenId) -> Result<()> {
        if store::credentials::delete_token(tx, person, token).await? == 0 {
            return Err(Error::not_found("token with this id"));
        }
        Ok(())
    }
}
