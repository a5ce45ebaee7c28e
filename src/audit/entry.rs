//! Entries, their hashes, and the head: the bytes that are hashed and signed.

use serde_json::Value;

use crate::kit::clock::Timestamp;
use crate::kit::digest::Digest;
use crate::model::AccountId;

/// What a verb wants written down.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What was done: a noun and a verb, `approval.approve`.
    pub action: &'static str,
    /// To which thing, so that its whole story is found: `approval 0198…`, `acme/widgets#3`.
    pub subject: String,
    /// Digests, ids and words that a reader needs later. Never a secret, never a body.
    pub details: Value,
}

/// An entry in its place in the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Counted from 1, without gaps.
    pub sequence: i64,
    /// When.
    pub at: Timestamp,
    /// Who, by name at that time.
    pub actor: String,
    /// Their account, when it was a person.
    pub account: Option<AccountId>,
    /// The request or task.
    pub request: String,
    /// What was done.
    pub action: String,
    /// To which thing.
    pub subject: String,
    /// JSON, in the bytes that were hashed.
    pub details: String,
    /// The hash of the entry before; zeros for the first.
    pub previous: Digest,
    /// The hash of this entry.
    pub hash: Digest,
    /// Which key signed it.
    pub key: String,
    /// The signature over the hash, in hex digits.
    pub signature: String,
}

/// The signed end of the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// The sequence of the last entry.
    pub sequence: i64,
    /// When it was written.
    pub at: Timestamp,
    /// The hash of the last entry.
    pub hash: Digest,
    /// Which key signed it.
    pub key: String,
    /// The signature over sequence, time and hash, in hex digits.
    pub signature: String,
}

impl Entry {
    /// An entry without details.
    pub fn new(action: &'static str, subject: impl Into<String>) -> Self {
        Self { action, subject: subject.into(), details: Value::Object(serde_json::Map::new()) }
    }

    /// With these details.
    #[must_use]
    pub fn details(mut self, details: Value) -> Self {
        self.details = details;
        self
    }
}

impl Recorded {
    /// The details as JSON.
    pub fn details(&self) -> Value {
        serde_json::from_str(&self.details).unwrap_or(Value::Null)
    }

    /// The hash that this entry should have.
    pub(super) fn computed_hash(&self) -> Digest {
        let account = self.account.map(|account| account.to_string()).unwrap_or_default();
        Digest::of(
            "forgehand/audit-entry/v1",
            &[
                self.previous.bytes(),
                &self.sequence.to_be_bytes(),
                &self.at.0.to_be_bytes(),
                self.actor.as_bytes(),
                account.as_bytes(),
                self.request.as_bytes(),
                self.action.as_bytes(),
                self.subject.as_bytes(),
                self.details.as_bytes(),
            ],
        )
    }

    /// What its signature is over.
    pub(super) fn signed(&self) -> Digest {
        Digest::of("forgehand/audit-entry-signature/v1", &[self.hash.bytes()])
    }
}

impl Head {
    /// What its signature is over. Another domain than an entry's, so that no entry passes for the end of the chain.
    pub(super) fn signed(sequence: i64, at: Timestamp, hash: &Digest) -> Digest {
        Digest::of("forgehand/audit-head/v1", &[&sequence.to_be_bytes(), &at.0.to_be_bytes(), hash.bytes()])
    }
}
