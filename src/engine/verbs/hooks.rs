//! Webhooks that go out: made, changed, deleted, tried and said again, each with its audit entry. Their secrets are in none.

use serde_json::Value;
use serde_json::json;

use crate::access::Cx;
use crate::engine::Engine;
use crate::forge::embedded::Hook;
use crate::forge::embedded::Place;
use crate::forge::embedded::hooks::HookChange;
use crate::forge::embedded::hooks::HookDeliveryId;
use crate::forge::embedded::hooks::HooksOf;
use crate::kit::Result;

impl Engine {
    /// Makes a hook. An address that requests may never go to is refused while somebody types it, as far as it is known
    /// without asking for names.
    pub async fn create_hook(&self, cx: &Cx, of: HooksOf<'_>, new: HookChange) -> Result<Hook> {
        let mut step = self.step(cx).await?;
        let hook = self.forge.create_hook(&mut step, cx, of, new).await?;
        self.egress.gate().check(&hook.url)?;
        step.finish("hook.create", subject(of, hook.id), details(&hook)).await?;
        Ok(hook)
    }

    /// Changes a hook.
    pub async fn change_hook(&self, cx: &Cx, of: HooksOf<'_>, id: i64, change: HookChange) -> Result<Hook> {
        let mut step = self.step(cx).await?;
        let moves = change.url.is_some();
        let new = (change.secret.is_some(), change.authorization.is_some());
        let hook = self.forge.change_hook(&mut step, cx, of, (id, change)).await?;
        if moves {
            self.egress.gate().check(&hook.url)?;
        }
        let mut details = details(&hook);
        details["new_secret"] = json!(new.0);
        details["new_authorization"] = json!(new.1);
        step.finish("hook.change", subject(of, id), details).await?;
        Ok(hook)
    }

    /// Deletes a hook with the log of its deliveries.
    pub async fn delete_hook(&self, cx: &Cx, of: HooksOf<'_>, id: i64) -> Result<()> {
        let mut step = self.step(cx).await?;
        let hook = self.forge.delete_hook(&mut step, cx, of, id).await?;
        step.finish("hook.delete", subject(of, id), details(&hook)).await
    }

    /// Tells a hook of a push that brings nothing new.
    pub async fn test_hook(&self, cx: &Cx, place: &Place, id: i64) -> Result<HookDeliveryId> {
        let mut step = self.step(cx).await?;
        let delivery = self.forge.test_hook(&mut step, cx, place, id).await?;
        step.finish("hook.test", subject(HooksOf::Repository(place), id), json!({ "delivery": delivery })).await?;
        Ok(delivery)
    }

    /// Tells a hook the same again.
    pub async fn redeliver(&self, cx: &Cx, of: HooksOf<'_>, id: HookDeliveryId) -> Result<HookDeliveryId> {
        let mut step = self.step(cx).await?;
        let again = self.forge.redeliver(&mut step, cx, of, id).await?;
        let subject = format!("{} delivery {id}", of.words());
        step.finish("hook.redeliver", subject, json!({ "delivery": again })).await?;
        Ok(again)
    }
}

fn subject(of: HooksOf<'_>, id: i64) -> String {
    format!("{} hook {id}", of.words())
}

fn details(hook: &Hook) -> Value {
    let events: Vec<&str> = hook.events.iter().map(|event| event.as_str()).collect();
    json!({ "host": hook.url.host_str(), "events": events, "active": hook.active })
}
