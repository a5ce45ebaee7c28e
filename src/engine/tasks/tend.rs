//! Looks after Git directories that were pushed to, one at a time and beside everything else: packing a large one takes a
//! while, and nobody waits for it.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use tokio::task::JoinSet;

use crate::engine::Engine;
use crate::kit::Result;

/// The upkeep that this process is at.
#[derive(Clone, Default)]
pub struct Upkeep(Arc<Shared>);

#[derive(Default)]
struct Shared {
    busy: AtomicBool,
    tasks: Mutex<JoinSet<()>>,
}

/// Given back when dropped.
struct Turn(Upkeep);

pub(super) async fn step(engine: &Arc<Engine>) -> Result<bool> {
    let Some(turn) = engine.upkeep.turn() else { return Ok(false) };
    let Some(claimed) = engine.forge.claim_upkeep(engine.clock.now()).await? else { return Ok(false) };
    let of = Arc::clone(engine);
    engine.upkeep.tasks().spawn(async move {
        if let Err(error) = of.forge.look_after(claimed).await {
            tracing::error!(error = %error.chain(), "the upkeep of a repository failed; it is tried again in two hours");
        }
        drop(turn);
        of.poke.poke();
    });
    Ok(true)
}

impl Upkeep {
    /// Whether any is under way.
    pub fn any(&self) -> bool {
        self.0.busy.load(Ordering::SeqCst)
    }

    /// Breaks it off: `git` leaves everything as it was, and the repository is due again later.
    pub(super) async fn stop(&self) {
        let mut tasks = std::mem::take(&mut *self.tasks());
        tasks.shutdown().await;
    }

    /// The one turn there is.
    fn turn(&self) -> Option<Turn> {
        let mut tasks = self.tasks();
        while tasks.try_join_next().is_some() {}
        (!self.0.busy.swap(true, Ordering::SeqCst)).then(|| Turn(self.clone()))
    }

    fn tasks(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.0.busy.store(false, Ordering::SeqCst);
    }
}
