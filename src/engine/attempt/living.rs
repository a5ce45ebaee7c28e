//! The attempts that this process works on.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use tokio::sync::watch;

use crate::model::AttemptId;
use crate::model::RunId;
use crate::runs::Leased;

/// The attempts that this process works on, and how each is told to stop.
#[derive(Clone, Default)]
pub struct Living(Arc<Mutex<Attempts>>);

#[derive(Default)]
struct Attempts {
    /// Places that are taken: from before a claim until the task is done.
    taken: usize,
    by_id: HashMap<AttemptId, (RunId, watch::Sender<Ask>)>,
}

/// What an attempt is asked from outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Ask {
    /// Nothing.
    #[default]
    GoOn,
    /// A person cancelled it.
    Cancel,
    /// The server stops.
    Stop,
}

/// A place for one attempt. Given back when dropped.
pub(in crate::engine) struct Place(Living);

impl Living {
    /// A place for one more attempt, if this process may work on another.
    pub(in crate::engine) fn place(&self, most: usize) -> Option<Place> {
        let mut attempts = self.attempts();
        if attempts.taken >= most {
            return None;
        }
        attempts.taken += 1;
        Some(Place(self.clone()))
    }

    pub(super) fn enter(&self, leased: &Leased) {
        let (ask, _) = watch::channel(Ask::GoOn);
        self.attempts().by_id.insert(leased.attempt.id, (leased.run.id, ask));
    }

    pub(super) fn leave(&self, attempt: AttemptId) {
        self.attempts().by_id.remove(&attempt);
    }

    pub(super) fn asked(&self, attempt: AttemptId) -> Option<watch::Receiver<Ask>> {
        self.attempts().by_id.get(&attempt).map(|(_, ask)| ask.subscribe())
    }

    /// Whether this process works on an attempt.
    pub fn holds(&self, attempt: AttemptId) -> bool {
        self.attempts().by_id.contains_key(&attempt)
    }

    /// Whether this process works on any.
    pub fn any(&self) -> bool {
        self.attempts().taken > 0
    }

    /// Tells the attempt of a run to stop, if it lives here.
    pub fn cancel(&self, run: RunId) {
        for (of, ask) in self.attempts().by_id.values() {
            if *of == run {
                ask.send_replace(Ask::Cancel);
            }
        }
    }

    /// Tells every attempt to stop, and waits until all have.
    pub async fn stop_all(&self) {
        for (_, ask) in self.attempts().by_id.values() {
            ask.send_replace(Ask::Stop);
        }
        while self.any() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut attempts = self.0.attempts();
        attempts.taken = attempts.taken.saturating_sub(1);
    }
}
