//! Fetches that this process makes at the moment: how far each is, and how it is stopped.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::git::FetchProgress;
use crate::model::RepoId;

/// How many fetches go on at one time; the others wait.
const MOST: usize = 4;

/// Fetches that go on.
#[derive(Clone, Default)]
pub struct Fetches(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    running: HashMap<RepoId, Running>,
    tasks: JoinSet<()>,
}

#[derive(Default)]
struct Running {
    progress: FetchProgress,
    stop: Arc<Notify>,
}

/// The turn of one repository. Given back when dropped.
pub(super) struct Turn {
    fetches: Fetches,
    repo: RepoId,
    stop: Arc<Notify>,
}

impl Fetches {
    /// The turn of a repository, unless it has one or there are too many.
    pub(super) fn turn(&self, repo: RepoId) -> Option<Turn> {
        let mut held = self.held();
        while held.tasks.try_join_next().is_some() {}
        if held.running.len() >= MOST || held.running.contains_key(&repo) {
            return None;
        }
        let running = Running::default();
        let stop = Arc::clone(&running.stop);
        held.running.insert(repo, running);
        drop(held);
        Some(Turn { fetches: self.clone(), repo, stop })
    }

    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.held().tasks.spawn(work);
    }

    /// How far the fetch of a repository is; none when there is none here.
    pub fn progress(&self, repo: RepoId) -> Option<FetchProgress> {
        self.held().running.get(&repo).map(|running| running.progress.clone())
    }

    /// Stops the fetch of a repository; false when there is none here.
    pub fn stop(&self, repo: RepoId) -> bool {
        let held = self.held();
        let found = held.running.get(&repo);
        if let Some(running) = found {
            // Kept for one that does not wait yet.
            running.stop.notify_one();
        }
        found.is_some()
    }

    /// Whether any fetch goes on.
    pub fn any(&self) -> bool {
        !self.held().running.is_empty()
    }

    /// Breaks off every fetch; each is due again at the next start.
    pub async fn stop_all(&self) {
        let mut tasks = std::mem::take(&mut self.held().tasks);
        tasks.shutdown().await;
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Says how far it is.
    pub(super) fn tell(&self, progress: FetchProgress) {
        if let Some(running) = self.fetches.held().running.get_mut(&self.repo) {
            running.progress = progress;
        }
    }

    /// Comes when somebody stops it.
    pub(super) async fn stopped(&self) {
        self.stop.notified().await;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.fetches.held().running.remove(&self.repo);
    }
}
