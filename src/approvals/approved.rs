//! The proof that an effect may be written. Only this room makes one.

use crate::kit::Error;
use crate::kit::Result;
use crate::model::Verdict;
use crate::proposals::Proposed;

/// Something that people, or policy without people, let through. It cannot be made outside of this room.
#[derive(Clone, Debug)]
pub struct Approved<T> {
    inner: T,
    by: Vec<String>,
}

impl<T> Approved<T> {
    pub(super) fn by_people(inner: T, by: Vec<String>) -> Self {
        Self { inner, by }
    }

    /// What was approved.
    pub fn get(&self) -> &T {
        &self.inner
    }

    /// The names of the people who approved; empty when policy allowed it without a person.
    pub fn by(&self) -> &[String] {
        &self.by
    }
}

impl Approved<Proposed> {
    /// An effect that policy allows without a person.
    pub fn by_policy(proposed: Proposed) -> Result<Self> {
        if proposed.new.verdict != Verdict::Allow {
            return Err(Error::internal("An effect that policy does not allow was to be written without a person"));
        }
        Ok(Self { inner: proposed, by: Vec::new() })
    }
}
