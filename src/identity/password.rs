//! Passwords: argon2id, on few threads at a time, and never slower for a name that exists than for one that does not.

use std::fmt;
use std::net::IpAddr;

use argon2::Argon2;
use argon2::PasswordHasher as _;
use argon2::PasswordVerifier as _;
use tokio::sync::Semaphore;

use crate::db::Tx;
use crate::identity::Account;
use crate::identity::AccountKind;
use crate::identity::Identity;
use crate::identity::guesses::Guesses;
use crate::identity::store;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::kit::secret::Secret;
use crate::model::AccountId;
use crate::model::OwnerName;

/// A password as it is stored: argon2id with its salt and costs.
#[derive(Clone)]
pub struct PasswordHash(pub(super) String);

/// Hashing takes 19 MiB and some 30 ms of a core: only so many at once. Counts wrong guesses.
pub(super) struct Passwords {
    turns: Semaphore,
    guesses: Guesses,
}

const AT_ONCE: usize = 2;
const SHORTEST: usize = 8;
const LONGEST: usize = 1024;

/// A hash of nothing that anybody types, with the costs of a real one.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

impl Identity {
    /// Hashes a new password. Done before a transaction begins, because it takes long.
    pub async fn hash_password(&self, password: &Secret<String>) -> Result<PasswordHash> {
        let length = password.reveal().len();
        if !(SHORTEST..=LONGEST).contains(&length) {
            return Err(Error::invalid("Cannot use this password: it needs 8 to 1,024 bytes").field("password"));
        }
        let password = password.clone();
        self.in_turn(move || {
            let hash = Argon2::default().hash_password(password.reveal().as_bytes());
            hash.map(|hash| PasswordHash(hash.to_string())).map_err(|error| Error::internal(error.to_string()))
        })
        .await
    }

    /// Gives a person another password and ends all their sessions.
    pub async fn set_password(&self, tx: &mut Tx, person: AccountId, password: &PasswordHash) -> Result<()> {
        store::accounts::set_password(tx, person, password).await?;
        store::credentials::close_sessions_of(tx, person).await
    }

    /// The person with this name and password, who comes from this address. Which of the two was wrong is not told, and
    /// takes as long for a name that nobody has.
    pub async fn log_in(&self, login: &str, password: &Secret<String>, from: Option<IpAddr>) -> Result<Account> {
        let guess = self.passwords.guesses.begin(login, from, self.clock.now())?;
        let known = match login.parse::<OwnerName>() {
            Ok(name) => store::accounts::with_password(&mut *self.db.read().await?, &name).await?,
            Err(_) => None,
        };
        let stored = known.as_ref().map_or(NOBODY, |(_, hash)| hash).to_owned();
        let password = password.clone();
        let right = self.in_turn(move || Ok(matches(&stored, &password))).await?;
        match known {
            Some((account, _)) if right && account.kind == AccountKind::Person => {
                self.passwords.guesses.forgive(guess);
                Ok(account)
            }
            _ => Err(Error::new(ErrorKind::Unauthenticated, "Cannot sign in: the name or the password is not right")),
        }
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let _turn = self.passwords.turns.acquire().await.context("Passwords are no longer hashed")?;
        tokio::task::spawn_blocking(work).await.context("Hashing a password panicked")?
    }
}

fn matches(stored: &str, password: &Secret<String>) -> bool {
    argon2::PasswordHash::new(stored)
        .is_ok_and(|hash| Argon2::default().verify_password(password.reveal().as_bytes(), &hash).is_ok())
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Semaphore::new(AT_ONCE), guesses: Guesses::default() }
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[password hash]")
    }
}
