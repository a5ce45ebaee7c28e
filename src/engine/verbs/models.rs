//! Model profiles that an administrator of the server sets up. Each change leaves an audit entry; no key leaves the vault by any of
//! these verbs, nor is one written anywhere else.

use serde_json::json;

use crate::access::Action;
use crate::access::Cx;
use crate::access::Standing;
use crate::engine::Engine;
use crate::kit::Result;
use crate::kit::secret::Secret;
use crate::model::ProfileId;
use crate::models::Facts;
use crate::models::Kept;
use crate::models::Listed;

impl Engine {
    /// All profiles, those of the settings first. Never a key.
    pub async fn model_profiles(&self, cx: &Cx) -> Result<Vec<Listed>> {
        may(cx)?;
        self.models.all().await
    }

    /// One that an administrator set up.
    pub async fn model_profile(&self, cx: &Cx, id: ProfileId) -> Result<Kept> {
        may(cx)?;
        self.models.kept(id).await
    }

    /// Sets a profile up, with its key when there is one.
    pub async fn add_model(&self, cx: &Cx, facts: Facts, key: Option<Secret<String>>) -> Result<Kept> {
        may(cx)?;
        let by = cx.actor.name();
        let mut step = self.step(cx).await?;
        let now = step.now();
        let kept = self.models.add(&mut step, facts, (&by, now)).await?;
        if let Some(key) = &key {
            self.models.set_key(&mut step, kept.id, key, now).await?;
        }
        let details = json!({ "profile": kept.id, "is": kept.facts, "key": key.is_some() });
        step.finish("model.add", format!("model {}", kept.facts.name), details).await?;
        self.models.kept(kept.id).await
    }

    /// Changes a profile, for runs that are dispatched from now on. A key that is given is set; without one the old one stays, unless
    /// the profile moves to another server.
    pub async fn change_model(
        &self,
        cx: &Cx,
        id: ProfileId,
        facts: Facts,
        key: Option<Secret<String>>,
    ) -> Result<Kept> {
        may(cx)?;
        let by = cx.actor.name();
        let before = self.models.kept(id).await?;
        let mut step = self.step(cx).await?;
        let now = step.now();
        let kept = self.models.change(&mut step, id, facts, (&by, now)).await?;
        if let Some(key) = &key {
            self.models.set_key(&mut step, id, key, now).await?;
        }
        let lost = before.key_set_at.is_some() && kept.key_set_at.is_none() && key.is_none();
        let details = json!({
            "profile": id, "was": before.facts, "is": kept.facts, "key": key.is_some(), "key_thrown_away": lost,
        });
        step.finish("model.change", format!("model {}", kept.facts.name), details).await?;
        self.models.kept(id).await
    }

    /// Sets the key of a profile; none throws it away.
    pub async fn set_model_key(&self, cx: &Cx, id: ProfileId, key: Option<Secret<String>>) -> Result<Kept> {
        let kept = self.model_profile(cx, id).await?;
        let mut step = self.step(cx).await?;
        let now = step.now();
        match &key {
            Some(key) => self.models.set_key(&mut step, id, key, now).await?,
            None => self.models.forget_key(&mut step, id).await?,
        }
        let action = if key.is_some() { "model.key" } else { "model.key_gone" };
        step.finish(action, format!("model {}", kept.facts.name), json!({ "profile": id })).await?;
        self.models.kept(id).await
    }

    /// Removes a profile and its key. Stacks that name it are refused from now on, also those that wait in the queue.
    pub async fn remove_model(&self, cx: &Cx, id: ProfileId) -> Result<()> {
        let kept = self.model_profile(cx, id).await?;
        let mut step = self.step(cx).await?;
        self.models.remove(&mut step, id).await?;
        step.finish("model.remove", format!("model {}", kept.facts.name), json!({ "profile": id })).await
    }
}

fn may(cx: &Cx) -> Result<()> {
    cx.authorize(Action::AdministerSite, &Standing::of_site(cx))
}
