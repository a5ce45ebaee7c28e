//! Looks after Git directories that were pushed to, one at a time and beside everything else: packing a large one takes a
//! while, and nobody waits for it.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use tokio::task::JoinSet;

use crate::engine::Engine;
use crate::kit::Result;

/// The upkeep that this process is at.
#[derive(Clone, Default)]
pub struct Upkeep(Arc<Mutex<JoinSet<()>>>);

pub(super) async fn step(engine: &Arc<Engine>) -> Result<bool> {
    if engine.upkeep.any() {
        return Ok(false);
    }
    let Some(turn) = engine.forge.claim_upkeep(engine.clock.now()).await? else { return Ok(false) };
    let of = Arc::clone(engine);
    engine.upkeep.tasks().spawn(async move {
        if let Err(error) = of.forge.look_after(turn).await {
            tracing::error!(error = %error.chain(), "the upkeep of a repository failed; it is tried again in two hours");
        }
        of.poke.poke();
    });
    Ok(true)
}

impl Upkeep {
    /// Whether any is under way.
    pub fn any(&self) -> bool {
        let mut tasks = self.tasks();
        while tasks.try_join_next().is_some() {}
        !tasks.is_empty()
    }

    /// Breaks it off: `git` leaves everything as it was, and the repository is due again later.
    pub(super) async fn stop(&self) {
        let mut tasks = std::mem::take(&mut *self.tasks());
        tasks.shutdown().await;
    }

    fn tasks(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
