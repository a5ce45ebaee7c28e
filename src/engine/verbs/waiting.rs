//! How much waits in each queue: the first thing that somebody looks at who wonders why nothing happens.

use crate::engine::Engine;
use crate::kit::Result;

impl Engine {
    /// Each queue of the story, in its order, with how much waits there.
    pub async fn waiting(&self) -> Result<[(&'static str, i64); 7]> {
        Ok([
            ("outbox", self.forge.outbox_length().await?),
            ("events", self.events.count_pending().await?),
            ("executions", self.events.count_waiting().await?),
            ("attempts", self.runs.count_queued().await?),
            ("checks", self.checks.count_waiting().await?),
            ("write_backs", self.write_backs.count_pending().await?),
            ("webhooks", self.forge.count_pending_hook_deliveries().await?),
        ])
    }
}
