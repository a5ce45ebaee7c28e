//! The audited frame: whoever changes something for somebody leaves an audit entry in the same transaction, or changes
//! nothing.

use std::ops::Deref;
use std::ops::DerefMut;

use serde_json::Value;

use crate::access::Cx;
use crate::audit::Entry;
use crate::db::Tx;
use crate::engine::Engine;
use crate::kit::Result;
use crate::kit::clock::Timestamp;

/// One story step. It ends by [`Step::finish`], which takes an audit entry; dropped without, nothing happened.
#[must_use = "a step that is not finished is rolled back"]
pub struct Step<'a> {
    engine: &'a Engine,
    cx: &'a Cx,
    tx: Tx,
}

impl Engine {
    /// Begins a story step.
    pub async fn step<'a>(&'a self, cx: &'a Cx) -> Result<Step<'a>> {
        Ok(Step { engine: self, cx, tx: self.db.begin().await? })
    }
}

impl Step<'_> {
    /// The time of the step.
    pub fn now(&self) -> Timestamp {
        self.cx.now()
    }

    /// Adds an entry to the chained log, when a step decides more than one thing.
    pub async fn note(&mut self, action: &'static str, subject: String, details: Value) -> Result<()> {
        self.engine.audit.append(&mut self.tx, self.cx, Entry { action, subject, details }).await.map(drop)
    }

    /// Writes the audit entry, makes everything durable, and wakes the background tasks.
    pub async fn finish(mut self, action: &'static str, subject: String, details: Value) -> Result<()> {
        self.note(action, subject, details).await?;
        self.tx.commit().await?;
        self.engine.poke.poke();
        Ok(())
    }

    /// Makes everything durable that needs no entry of its own, because each decision in it was noted.
    pub async fn finish_noted(self) -> Result<()> {
        self.tx.commit().await?;
        self.engine.poke.poke();
        Ok(())
    }
}

impl Deref for Step<'_> {
    type Target = Tx;

    fn deref(&self) -> &Tx {
        &self.tx
    }
}

impl DerefMut for Step<'_> {
    fn deref_mut(&mut self) -> &mut Tx {
        &mut self.tx
    }
}
