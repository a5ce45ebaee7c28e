//! Repositories that come from elsewhere: each change with its audit entry, none of which holds a password.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::access::Cx;
use crate::engine::Engine;
use crate::forge::embedded::Credentials;
use crate::forge::embedded::NewOrigin;
use crate::forge::embedded::Origin;
use crate::forge::embedded::OriginState;
use crate::forge::embedded::Place;
use crate::forge::embedded::origin;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::RepoId;

/// What is to change about a mirror.
#[derive(Clone, Debug, Default)]
pub struct MirrorChange {
    /// How often it looks.
    pub period: Option<Duration>,
    /// Who we are there: somebody else, or with none inside nobody.
    pub credentials: Option<Option<Credentials>>,
}

impl Engine {
    /// Begins to take over a repository. It is fetched in the background; until then nobody enters it.
    pub async fn import_repository(&self, cx: &Cx, new: NewOrigin) -> Result<RepoId> {
        let mut step = self.step(cx).await?;
        let repo = self.forge.start_import(&mut step, cx, &new).await?;
        let subject = format!("{}/{}", new.repository.owner_name, new.repository.name);
        let period = new.mirror.map(origin::period_words);
        let details = json!({ "id": repo, "host": new.url.host_str(), "mirror": period });
        step.finish("repository.import", subject, details).await?;
        Ok(repo)
    }

    /// Waits until an import has come to its end, and says why when that is no good one: then nothing of it stays.
    pub async fn await_import(self: &Arc<Self>, cx: &Cx, repo: RepoId) -> Result<()> {
        if let Some(ended) = self.begin_fetch(repo).await? {
            // The task may die with the server; then so do we.
            let _ = ended.await;
        }
        let mut origin = self.origin(repo).await?;
        while matches!(origin.state, OriginState::Waiting | OriginState::Running) {
            tokio::time::sleep(Duration::from_millis(200)).await;
            origin = self.origin(repo).await?;
        }
        if origin.state == OriginState::Done {
            return Ok(());
        }
        let place = self.forge.enter_by_id(cx, repo).await?;
        self.discard_import(cx, &place).await?;
        let why = origin.error.unwrap_or_else(|| "Somebody stopped the import".into());
        Err(Error::invalid(format!("Cannot import: {why}")).field("clone_addr"))
    }

    async fn origin(&self, repo: RepoId) -> Result<Origin> {
        self.forge.origin(repo).await?.ok_or_else(|| Error::not_found("such import"))
    }

    /// Lets a mirror look now, or an import that failed begin again.
    pub async fn look_now(&self, cx: &Cx, place: &Place) -> Result<()> {
        let mut step = self.step(cx).await?;
        self.forge.look_now(&mut step, cx, place).await?;
        step.finish("origin.look", place.repository.reference().to_string(), json!({})).await
    }

    /// Stops a fetch that goes on.
    pub async fn stop_fetch(&self, cx: &Cx, place: &Place) -> Result<()> {
        let origin = self.forge.steered(cx, place).await?;
        let mut step = self.step(cx).await?;
        if !self.fetches.stop(place.repository.id) {
            if origin.state != OriginState::Waiting {
                return Err(Error::conflict("Nothing is being fetched"));
            }
            let now = cx.now();
            self.forge.note_stop(&mut step, &origin, now).await?;
        }
        step.finish("origin.stop", place.repository.reference().to_string(), json!({})).await
    }

    /// Changes how often a mirror looks, and who we are there.
    pub async fn change_mirror(&self, cx: &Cx, place: &Place, change: MirrorChange) -> Result<()> {
        let MirrorChange { period, credentials } = change;
        let mut step = self.step(cx).await?;
        if let Some(period) = period {
            self.forge.change_period(&mut step, cx, place, period).await?;
        }
        if let Some(credentials) = &credentials {
            self.forge.change_credentials(&mut step, cx, place, credentials.as_ref()).await?;
        }
        let details = json!({
            "period": period.map(origin::period_words),
            "username": credentials.map(|one| one.map_or_else(String::new, |one| one.username)),
        });
        step.finish("mirror.change", place.repository.reference().to_string(), details).await
    }

    /// Turns a mirror into a repository of its own.
    pub async fn convert_mirror(&self, cx: &Cx, place: &Place) -> Result<()> {
        let mut step = self.step(cx).await?;
        self.forge.convert(&mut step, cx, place).await?;
        step.finish("mirror.convert", place.repository.reference().to_string(), json!({})).await
    }

    /// Gives up an import that never came to its end.
    pub async fn discard_import(&self, cx: &Cx, place: &Place) -> Result<()> {
        let mut step = self.step(cx).await?;
        self.forge.discard(&mut step, cx, place).await?;
        step.finish("import.discard", place.repository.reference().to_string(), json!({})).await
    }
}
