//! The audited frame: whoever changes something for somebody leaves an audit entry in the same transaction, or changes
//! nothing.

use std::ops::Deref;
use std::ops::DerefMut;

use serde_json::Value;
use serde_json::json;

use crate::access::Cx;
use crate::audit::Entry;
use crate::db::Tx;
use crate::engine::Engine;
use crate::forge::embedded::Place;
use crate::kit::Result;
use crate::kit::clock::Timestamp;

/// One story step. It ends by [`Step::finish`], which takes an audit entry; dropped without, nothing happened.
#[must_use = "a step that is not finished is rolled back"]
pub struct Step<'a> {
    engine: &'a Engine,
    cx: &'a Cx,
    tx: Tx,
}

/// A change of a repository that no transaction of ours can hold, because Git or the forge makes it.
pub struct Deed<'a> {
    /// The action of the entry before it.
    pub action: &'static str,
    /// The action of the entry after it, when it was refused.
    pub refused: &'static str,
    /// Where.
    pub place: &'a Place,
    /// What.
    pub details: Value,
}

impl Engine {
    /// Does what an audit entry says, after the entry: one that a crash cuts off is one that somebody began. A refusal
    /// leaves an entry of its own.
    pub(super) async fn told_first<T>(
        &self,
        cx: &Cx,
        deed: Deed<'_>,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let subject = deed.place.repository.reference().to_string();
        self.step(cx).await?.finish(deed.action, subject.clone(), deed.details.clone()).await?;
        let done = work.await;
        if let Err(error) = &done {
            let details = json!({ "what": deed.details, "because": error.message() });
            self.step(cx).await?.finish(deed.refused, subject, details).await?;
        }
        done
    }

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
