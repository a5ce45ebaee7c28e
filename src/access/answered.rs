//! Requests that a caller may send twice: the same key with the same request gets the same answer, and nothing happens
//! twice.

use std::time::Duration;

use crate::access::Access;
use crate::access::store;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::digest::Digest;
use crate::model::AccountId;

/// How long a request that nobody answered holds its key: its server may have died over it.
const LONGEST: Duration = Duration::from_secs(60);

/// The longest key.
const MOST_KEY: usize = 200;

/// What is known about a request with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Before {
    /// It is new, and the key is the caller's until it is answered.
    New,
    /// It was answered like this.
    Answered {
        /// The status.
        status: u16,
        /// The body.
        answer: String,
    },
}

impl Access {
    /// Takes a key for a request. The same key for another request, or for one that is still being worked on, is a conflict.
    pub async fn take_key(&self, account: AccountId, key: &str, request: &Digest) -> Result<Before> {
        let shaped = (1..=MOST_KEY).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
        if !shaped {
            return Err(Error::invalid(format!("An idempotency key is 1 to {MOST_KEY} visible characters"))
                .field("Idempotency-Key"));
        }
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        if store::insert_key(&mut tx, (account, key), request, now).await? {
            tx.commit().await?;
            return Ok(Before::New);
        }
        let found = store::answered(&mut tx, (account, key)).await?;
        if found.request != *request {
            return Err(Error::conflict("This idempotency key was used for another request")
                .code("KEY_REUSED")
                .hint("use a new key"));
        }
        if let Some((status, answer)) = found.answer {
            return Ok(Before::Answered { status, answer });
        }
        if found.since.plus(LONGEST) > now {
            return Err(
                Error::conflict("The request with this idempotency key is still being worked on").code("KEY_IN_USE")
            );
        }
        store::renew_key(&mut tx, (account, key), now).await?;
        tx.commit().await?;
        Ok(Before::New)
    }

    /// Keeps the answer of a request whose key was taken.
    pub async fn keep_answer(&self, account: AccountId, key: &str, status: u16, answer: &str) -> Result<()> {
        let mut tx = self.db.begin().await?;
        store::put_answer(&mut tx, (account, key), status, answer).await?;
        tx.commit().await
    }

    /// Gives a key back: the server failed, and the request may be sent again.
    pub async fn give_key_back(&self, account: AccountId, key: &str) -> Result<()> {
        let mut tx = self.db.begin().await?;
        store::delete_key(&mut tx, (account, key)).await?;
        tx.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::scratch::on_each_engine;
    use crate::identity::Identity;
    use crate::kit::clock::Clock;
    use crate::kit::clock::Timestamp;

    #[tokio::test]
    async fn a_key_answers_the_same_request_once_and_refuses_another() {
        on_each_engine(async |db| {
            let clock = Clock::fixed(Timestamp(1_000_000));
            let identity = Identity::new(db.clone(), &clock);
            let access = Access::new(db.clone(), &identity, &clock);
            let mut tx = db.begin().await.unwrap();
            let bot = identity.create_bot(&mut tx, "ci".parse().unwrap(), "CI").await.unwrap().id;
            tx.commit().await.unwrap();
            let (one, other) = (Digest::plain(b"one"), Digest::plain(b"other"));

            assert_eq!(access.take_key(bot, "k", &one).await.unwrap(), Before::New);
            assert_eq!(access.take_key(bot, "k", &one).await.unwrap_err().code_name(), "KEY_IN_USE");
            access.keep_answer(bot, "k", 201, "made").await.unwrap();
            let answered = Before::Answered { status: 201, answer: "made".into() };
            assert_eq!(access.take_key(bot, "k", &one).await.unwrap(), answered);
            assert_eq!(access.take_key(bot, "k", &other).await.unwrap_err().code_name(), "KEY_REUSED");

            assert_eq!(access.take_key(bot, "dead", &one).await.unwrap(), Before::New);
            clock.advance(LONGEST);
            assert_eq!(access.take_key(bot, "dead", &one).await.unwrap(), Before::New, "its server died over it");
        })
        .await;
    }
}
