//! What was turned away at the door: a short list in memory, so that an administrator sees a wrong secret, and nobody
//! fills a disk by sending rubbish.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::events::Events;
use crate::events::SourceName;
use crate::kit::clock::Timestamp;

/// A webhook that was turned away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// When.
    pub at: Timestamp,
    /// The source that it said it came from.
    pub source: SourceName,
    /// Why, in a sentence.
    pub why: String,
}

/// The newest refusals of this process.
#[derive(Clone, Default)]
pub(super) struct Refusals(Arc<Mutex<VecDeque<Refusal>>>);

const KEPT: usize = 100;

impl Events {
    /// Notes a webhook that was turned away. Nothing is stored: after a restart the list is empty.
    pub fn refuse(&self, source: &SourceName, why: impl Into<String>) {
        let refusal = Refusal { at: self.clock.now(), source: source.clone(), why: why.into() };
        let mut list = self.refusals.0.lock().unwrap_or_else(PoisonError::into_inner);
        list.truncate(KEPT - 1);
        list.push_front(refusal);
    }

    /// The newest refusals of this process, newest first.
    pub fn refused(&self) -> Vec<Refusal> {
        self.refusals.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
