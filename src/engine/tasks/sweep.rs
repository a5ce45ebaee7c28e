//! Throws away what was kept long enough: workspaces, and the oldest of them while there are too many bytes; logs of checks, and
//! later the checks.

use std::time::Duration;

use crate::checks::Kept;
use crate::engine::Engine;
use crate::kit::Result;

pub(super) async fn step(engine: &Engine) -> Result<bool> {
    let workspaces = engine.sweep_workspaces().await?;
    let since = |period: Option<Duration>| period.map(|period| engine.clock.now().minus(period));
    let kept = Kept { logs: since(engine.settings.keep_check_logs), jobs: since(engine.settings.keep_checks) };
    Ok(engine.checks.sweep(kept).await? || workspaces)
}
