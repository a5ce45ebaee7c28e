//! A tap on the shoulder: background tasks run when poked, and on a period. A poke carries nothing; what is to be done
//! is in the database.

use std::sync::Arc;

use tokio::sync::Notify;

/// Wakes the background tasks. Cloning is cheap; all clones poke the same tasks.
#[derive(Clone, Debug, Default)]
pub struct Poke(Arc<Notify>);

impl Poke {
    /// Wakes whoever waits; if nobody does, the next one to wait returns at once.
    pub fn poke(&self) {
        self.0.notify_one();
    }

    /// Waits for a poke.
    pub async fn poked(&self) {
        self.0.notified().await;
    }
}
