//! Passwords: argon2id, on few threads at a time, and never slower for a name that exists than for one that does not.

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use argon2::Argon2;
use argon2::PasswordHasher as _;
use argon2::PasswordVerifier as _;
use tokio::sync::Semaphore;

use crate::db::Tx;
use crate::identity::Account;
use crate::identity::AccountKind;
use crate::identity::Identity;
use crate::identity::store;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::error::Context as _;
use crate::kit::secret::Secret;
use crate::model::AccountId;
use crate::model::OwnerName;

/// A password as it is stored: argon2id with its salt and costs.
#[derive(Clone)]
pub struct PasswordHash(pub(super) String);

/// Hashing takes 19 MiB and some 30 ms of a core: only so many at once. Remembers names that failed too often.
pub(super) struct Passwords {
    turns: Semaphore,
    failures: Mutex<HashMap<String, Failures>>,
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    since: Timestamp,
}

const AT_ONCE: usize = 2;
const SHORTEST: usize = 8;
const LONGEST: usize = 1024;
const MOST_FAILURES: u32 = 10;
const FAILURES_COUNT_FOR: Duration = Duration::from_secs(300);
const MOST_REMEMBERED: usize = 10_000;

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

    /// The person with this name and password. Which of the two was wrong is not told.
    pub async fn log_in(&self, login: &str, password: &Secret<String>) -> Result<Account> {
        let key = login.to_ascii_lowercase();
        self.passwords.refuse_after_many(&key, self.clock.now())?;
        let known = match login.parse::<OwnerName>() {
            Ok(name) => store::accounts::with_password(&mut *self.db.read().await?, &name).await?,
            Err(_) => None,
        };
        let stored = known.as_ref().map_or(NOBODY, |(_, hash)| hash).to_owned();
        let password = password.clone();
        let right = self.in_turn(move || Ok(matches(&stored, &password))).await?;
        match known {
            Some((account, _)) if right && account.kind == AccountKind::Person => Ok(account),
            _ => {
                self.passwords.count_failure(key, self.clock.now());
                Err(Error::new(ErrorKind::Unauthenticated, "Cannot sign in: the name or the password is not right"))
            }
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

impl Passwords {
    fn refuse_after_many(&self, key: &str, now: Timestamp) -> Result<()> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner).get(key).copied();
        match failures {
            Some(failures) if failures.count >= MOST_FAILURES && now.since(failures.since) < FAILURES_COUNT_FOR => {
                Err(Error::new(ErrorKind::RateLimited, "Cannot sign in: too many wrong passwords for this name")
                    .hint("wait five minutes"))
            }
            _ => Ok(()),
        }
    }

    fn count_failure(&self, key: String, now: Timestamp) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= MOST_REMEMBERED {
            failures.retain(|_, entry| now.since(entry.since) < FAILURES_COUNT_FOR);
        }
        if failures.len() >= MOST_REMEMBERED {
            return;
        }
        let entry = failures.entry(key).or_insert(Failures { count: 0, since: now });
        if now.since(entry.since) >= FAILURES_COUNT_FOR {
            *entry = Failures { count: 0, since: now };
        }
        entry.count += 1;
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Semaphore::new(AT_ONCE), failures: Mutex::default() }
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[password hash]")
    }
}
