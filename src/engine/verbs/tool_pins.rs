//! Tools of MCP servers: what was agreed to, and a list that differs and waits for somebody who administers the repository.

use serde_json::json;

use crate::access::Action;
use crate::access::Cx;
use crate::engine::Engine;
use crate::forge::embedded::Place;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::digest::Digest;
use crate::model::PinId;
use crate::vault::Pin;

/// What is said to a list that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolAnswer {
    /// The list with this digest counts from now on.
    Agree(Digest),
    /// The one that was agreed to stays. The next attempt asks the server again.
    Keep,
}

impl Engine {
    /// The lists of a repository, by stack and server.
    pub async fn tool_pins(&self, cx: &Cx, place: &Place) -> Result<Vec<Pin>> {
        cx.authorize(Action::AdministerRepository, &place.standing)?;
        self.vault.pins_of(place.repository.id).await
    }

    /// Answers a list that waits.
    pub async fn answer_tools(&self, cx: &Cx, place: &Place, pin: PinId, answer: ToolAnswer) -> Result<Pin> {
        let known = self.tool_pins(cx, place).await?;
        let known = known.into_iter().find(|known| known.id == pin);
        let of = known.ok_or_else(|| Error::not_found("list of tools"))?.of;
        let by = cx.actor.name();
        let mut step = self.step(cx).await?;
        let now = step.now();
        let (verb, pin) = match answer {
            ToolAnswer::Agree(read) => {
                ("tools.agree", self.vault.agree_to_tools(&mut step, pin, read, (&by, now)).await?)
            }
            ToolAnswer::Keep => ("tools.keep", self.vault.keep_tools(&mut step, pin).await?),
        };
        let subject = format!("tools of {} for the stack {} of {}", of.server, of.stack, place.repository.reference());
        let digest = crate::vault::pin_digest(&pin.tools);
        step.finish(verb, subject, json!({ "pin": pin.id, "digest": digest })).await?;
        Ok(pin)
    }
}
