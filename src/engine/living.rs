//! What this process works on: the attempts of runs, and the jobs of checks.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use tokio::sync::watch;

use crate::model::AttemptId;
use crate::model::JobId;
use crate::model::RunId;

/// What this process works on, and how each is told to stop. A piece of work is known by its `Key`, and cancelled by what it
/// is `Of`.
pub struct Living<Key, Of>(Arc<Mutex<Works<Key, Of>>>);

/// The attempts of runs.
pub type Attempts = Living<AttemptId, RunId>;

/// The jobs of checks.
pub type Jobs = Living<JobId, JobId>;

struct Works<Key, Of> {
    /// Places that are taken: from before a claim until the task is done.
    taken: usize,
    by_key: HashMap<Key, (Of, watch::Sender<Ask>)>,
}

/// What a piece of work is asked from outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::engine) enum Ask {
    /// Nothing.
    #[default]
    GoOn,
    /// A person cancelled it.
    Cancel,
    /// The server stops.
    Stop,
}

/// A place for one piece of work. Given back when dropped.
pub(in crate::engine) struct Place<Key: Copy + Eq + Hash, Of: Copy + Eq>(Living<Key, Of>);

impl<Key, Of> Clone for Living<Key, Of> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<Key, Of> Default for Living<Key, Of> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Works { taken: 0, by_key: HashMap::new() })))
    }
}

impl<Key: Copy + Eq + Hash, Of: Copy + Eq> Living<Key, Of> {
    /// A place for one more, if this process may work on another.
    pub(in crate::engine) fn place(&self, most: usize) -> Option<Place<Key, Of>> {
        let mut works = self.works();
        if works.taken >= most {
            return None;
        }
        works.taken += 1;
        Some(Place(self.clone()))
    }

    pub(in crate::engine) fn enter(&self, key: Key, of: Of) {
        let (ask, _) = watch::channel(Ask::GoOn);
        self.works().by_key.insert(key, (of, ask));
    }

    pub(in crate::engine) fn leave(&self, key: Key) {
        self.works().by_key.remove(&key);
    }

    pub(in crate::engine) fn asked(&self, key: Key) -> Option<watch::Receiver<Ask>> {
        self.works().by_key.get(&key).map(|(_, ask)| ask.subscribe())
    }

    /// Whether this process works on it.
    pub fn holds(&self, key: Key) -> bool {
        self.works().by_key.contains_key(&key)
    }

    /// Whether this process works on any.
    pub fn any(&self) -> bool {
        self.works().taken > 0
    }

    /// Tells the work of this to stop, if it lives here.
    pub fn cancel(&self, wanted: Of) {
        for (of, ask) in self.works().by_key.values() {
            if *of == wanted {
                ask.send_replace(Ask::Cancel);
            }
        }
    }

    /// Tells all of them to stop, and waits until all have.
    pub async fn stop_all(&self) {
        for (_, ask) in self.works().by_key.values() {
            ask.send_replace(Ask::Stop);
        }
        while self.any() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    fn works(&self) -> MutexGuard<'_, Works<Key, Of>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Key: Copy + Eq + Hash, Of: Copy + Eq> Drop for Place<Key, Of> {
    fn drop(&mut self) {
        let mut works = self.0.works();
        works.taken = works.taken.saturating_sub(1);
    }
}

/// Waits until something is asked; for ever when nobody can ask.
pub(in crate::engine) async fn told(asked: &mut Option<watch::Receiver<Ask>>) -> Ask {
    if let Some(asked) = asked
        && let Ok(ask) = asked.wait_for(|ask| *ask != Ask::GoOn).await
    {
        return *ask;
    }
    std::future::pending().await
}
