//! Wrong passwords, counted: for a name, and for where they come from. Kept in memory: a restart forgives.
//!
//! A guess is counted before it is looked at, so that many at once are no way around, and taken back when it was right.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::clock::Timestamp;

/// Wrong passwords for one name.
const MOST_FOR_A_NAME: u32 = 10;
/// Wrong passwords from one address, for whatever names.
const MOST_FROM_AN_ADDRESS: u32 = 50;
const COUNT_FOR: Duration = Duration::from_secs(300);
const MOST_REMEMBERED: usize = 20_000;

/// Guesses that count at the moment.
#[derive(Default)]
pub(super) struct Guesses(Mutex<HashMap<Key, Count>>);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Name(String),
    Address(IpAddr),
}

#[derive(Clone, Copy)]
struct Count {
    guesses: u32,
    since: Timestamp,
}

/// A guess that was counted.
pub(super) struct Guess(Vec<Key>);

impl Guesses {
    /// Counts a guess, or says how long to wait.
    pub(super) fn begin(&self, name: &str, from: Option<IpAddr>, now: Timestamp) -> Result<Guess> {
        let mut keys = vec![Key::Name(name.to_ascii_lowercase())];
        keys.extend(from.and_then(whence).map(Key::Address));
        let mut counts = self.counts();
        let waits = keys.iter().filter_map(|key| counts.get(key).and_then(|count| count.wait(key, now)));
        if let Some(wait) = waits.max() {
            return Err(Error::new(ErrorKind::RateLimited, "Cannot sign in: too many wrong passwords")
                .hint(format!("wait {}", crate::kit::clock::in_words(wait)))
                .retry_after(wait));
        }
        if counts.len() >= MOST_REMEMBERED {
            counts.retain(|_, count| now.since(count.since) < COUNT_FOR);
        }
        for key in &keys {
            // Nobody can fill the memory with names; the address still counts.
            if counts.len() >= MOST_REMEMBERED && !counts.contains_key(key) {
                continue;
            }
            let count = counts.entry(key.clone()).or_insert(Count { guesses: 0, since: now });
            if now.since(count.since) >= COUNT_FOR {
                *count = Count { guesses: 0, since: now };
            }
            count.guesses += 1;
        }
        Ok(Guess(keys))
    }

    /// Takes a guess back: it was right.
    pub(super) fn forgive(&self, guess: Guess) {
        let mut counts = self.counts();
        for key in guess.0 {
            if let Some(count) = counts.get_mut(&key) {
                count.guesses = count.guesses.saturating_sub(1);
            }
        }
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Key, Count>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Count {
    fn wait(&self, key: &Key, now: Timestamp) -> Option<Duration> {
        let most = match key {
            Key::Name(_) => MOST_FOR_A_NAME,
            Key::Address(_) => MOST_FROM_AN_ADDRESS,
        };
        let left = COUNT_FOR.checked_sub(now.since(self.since)).filter(|left| !left.is_zero())?;
        (self.guesses >= most).then_some(left)
    }
}

/// Where a guess comes from. A proxy on the same machine stands for everybody, so loopback counts for nobody; whoever has
/// one address of IPv6 has a whole network of them.
fn whence(address: IpAddr) -> Option<IpAddr> {
    match address.to_canonical() {
        address if address.is_loopback() => None,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Some(IpAddr::V6([a, b, c, d, 0, 0, 0, 0].into()))
        }
        address => Some(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_guesses_at_once_are_no_way_around() {
        let (guesses, now) = (Guesses::default(), Timestamp::from_seconds(1_000));
        let held: Vec<Guess> = (0..10).map(|_| guesses.begin("Ada", None, now).unwrap()).collect();
        let refused = guesses.begin("ada", None, now.plus(Duration::from_secs(100))).err().unwrap();
        assert_eq!((refused.kind(), refused.retry()), (ErrorKind::RateLimited, Some(Duration::from_secs(200))));
        for guess in held {
            guesses.forgive(guess);
        }
        assert!(guesses.begin("ada", None, now).is_ok(), "right ones do not count");
    }

    #[test]
    fn one_address_cannot_try_many_names() {
        let (guesses, now) = (Guesses::default(), Timestamp::from_seconds(1_000));
        let from = |text: &str| Some(text.parse().unwrap());
        for number in 0..50 {
            guesses.begin(&format!("name{number}"), from("203.0.113.9"), now).unwrap();
        }
        assert!(guesses.begin("another", from("203.0.113.9"), now).is_err());
        assert!(guesses.begin("another", from("203.0.113.10"), now).is_ok());
        for number in 0..60 {
            assert!(guesses.begin(&format!("local{number}"), from("127.0.0.1"), now).is_ok(), "a proxy is no guesser");
            let sixth = guesses.begin(&format!("six{number}"), from(&format!("2001:db8::{number:x}")), now);
            assert_eq!(sixth.is_ok(), number < 50, "{number}");
        }
        assert!(guesses.begin("another", from("203.0.113.9"), now.plus(COUNT_FOR)).is_ok());
    }
}
