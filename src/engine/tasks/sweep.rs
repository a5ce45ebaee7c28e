//! Throws away workspaces that were kept long enough, and the oldest while there are too many bytes of them.

use crate::engine::Engine;
use crate::kit::Result;

pub(super) async fn step(engine: &Engine) -> Result<bool> {
    engine.sweep_workspaces().await
}
