//! Sessions: what a browser's cookie stands for, with a second secret against forged forms.

use std::time::Duration;

use rand::random;

use crate::db::Tx;
use crate::identity::Account;
use crate::identity::Identity;
use crate::identity::store;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::digest::Digest;
use crate::kit::secret::Secret;
use crate::model::AccountId;

/// A session, as a request's cookie names it.
#[derive(Clone, Debug)]
pub struct Session {
    /// Whose.
    pub account: Account,
    /// What each form of this session carries.
    pub csrf: String,
    /// When it was opened.
    pub created: Timestamp,
    /// When it ends by itself.
    pub expires: Timestamp,
}

/// A session just opened: the cookie's value, shown this once.
#[derive(Clone, Debug)]
pub struct OpenedSession {
    /// The cookie's value.
    pub secret: Secret<String>,
    /// What each form of this session carries.
    pub csrf: String,
    /// When it ends by itself.
    pub expires: Timestamp,
}

const LASTS: Duration = Duration::from_secs(30 * 24 * 3600);

impl Identity {
    /// Opens a session for a person who just showed who they are.
    pub async fn open_session(&self, person: AccountId) -> Result<OpenedSession> {
        let now = self.clock.now();
        let opened = OpenedSession {
            secret: random_secret(""),
            csrf: random_secret("").reveal().clone(),
            expires: now.plus(LASTS),
        };
        let mut tx = self.db.begin().await?;
        store::credentials::drop_expired_sessions(&mut tx, now).await?;
        store::credentials::insert_session(&mut tx, &digest(opened.secret.reveal()), person, &opened, now).await?;
        tx.commit().await?;
        Ok(opened)
    }

    /// The session of a cookie; none when it is unknown, closed or over.
    pub async fn session(&self, secret: &str) -> Result<Option<Session>> {
        let session = store::credentials::session(&mut *self.db.read().await?, &digest(secret)).await?;
        Ok(session.filter(|session| session.expires > self.clock.now()))
    }

    /// Ends one session.
    pub async fn close_session(&self, secret: &str) -> Result<()> {
        let mut tx = self.db.begin().await?;
        store::credentials::close_session(&mut tx, &digest(secret)).await?;
        tx.commit().await
    }

    /// Ends all sessions of a person.
    pub async fn close_sessions_of(&self, tx: &mut Tx, person: AccountId) -> Result<()> {
        store::credentials::close_sessions_of(tx, person).await
    }
}

/// 32 random bytes as hex digits after a prefix.
pub(super) fn random_secret(prefix: &str) -> Secret<String> {
    Secret::new(format!("{prefix}{}", hex::encode(random::<[u8; 32]>())))
}

/// What is kept of a secret that is long and random.
pub(super) fn digest(secret: &str) -> Digest {
    Digest::of("forgehand/credential/v1", &[secret.as_bytes()])
}
