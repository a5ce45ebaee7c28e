//! Says of deliveries from other forges what they mean. Never in a hurry: nobody waits for it, and a burst that is still
//! coming in needs the disk more. So it works off some at each turn and asks for no other.

use crate::engine::Engine;
use crate::kit::Result;

/// How many are looked at in one turn.
const MOST: u32 = 200;

pub(super) async fn step(engine: &Engine) -> Result<bool> {
    engine.events.route(MOST).await.map(|_| false)
}
