//! What a run was dispatched with: its profiles stay as they were, and keys go to nobody else.

use std::collections::BTreeSet;

use crate::db::Tx;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::secret::Secret;
use crate::model::ProfileId;
use crate::model::RunId;
use crate::models::Facts;
use crate::models::ModelProfile;
use crate::models::Models;
use crate::models::kept;
use crate::models::store::frozen as store;
use crate::models::store::profiles;

/// A profile as a run froze it.
#[derive(Clone, Debug)]
pub(super) struct Frozen {
    /// Whose key it is called on; none for a profile that the settings gave.
    pub(super) profile: Option<ProfileId>,
    /// What it was.
    pub(super) facts: Facts,
}

impl Models {
    /// Notes the profiles of these names as they are now. A name that nobody set up is left out.
    pub async fn freeze(&self, tx: &mut Tx, run: RunId, names: &BTreeSet<String>) -> Result<()> {
        for name in names {
            if let Some(frozen) = self.as_it_is(tx, name).await? {
                store::put(tx, run, &frozen).await?;
            }
        }
        Ok(())
    }

    /// Lets a run look at the world anew: what it froze counts no more.
    pub async fn thaw(&self, tx: &mut Tx, run: RunId) -> Result<()> {
        store::forget(tx, run).await
    }

    /// The profile of this name for a run, with the key that it is called on; none when nobody set it up.
    ///
    /// A run that froze none at all was dispatched before profiles were frozen, and gets what there is.
    pub async fn of_run(&self, run: RunId, name: &str) -> Result<Option<ModelProfile>> {
        let mut connection = self.db.read().await?;
        let current = self.as_it_is(&mut connection, name).await?;
        let frozen = store::of_run(&mut connection, run).await?;
        drop(connection);
        let frozen = if frozen.is_empty() {
            current.clone()
        } else {
            frozen.into_iter().find(|frozen| frozen.facts.name == name)
        };
        let Some(frozen) = frozen else { return Ok(None) };
        let key = match self.brought_for(run, name).await? {
            Some(key) => key,
            None => self.key_for(&frozen, current.as_ref()).await?,
        };
        ModelProfile::of(frozen.facts, key).map(Some)
    }

    /// The key of a frozen profile, as it is now: a key that leaked is never used for another day. It goes to the server that
    /// it was set for, and to no other.
    async fn key_for(&self, frozen: &Frozen, current: Option<&Frozen>) -> Result<Secret<String>> {
        let name = &frozen.facts.name;
        let Some(id) = frozen.profile else {
            let given = self.given.get(name).filter(|given| given.facts().same_server(&frozen.facts));
            return given.map(|given| given.key.clone()).ok_or_else(|| gone(name, "is not in the settings any more"));
        };
        let now = match current.filter(|current| current.profile == Some(id)) {
            Some(current) => current.facts.clone(),
            // It may have another name by now.
            None => match profiles::by_id(&mut *self.db.read().await?, id).await? {
                Some(kept) => kept.facts,
                None => return Err(gone(name, "was removed")),
            },
        };
        if !now.same_server(&frozen.facts) {
            return Err(gone(name, "is at another server now, and its key is not sent to the old one"));
        }
        Ok(self.vault.unseal(&kept::slot(id)).await?.unwrap_or_else(|| Secret::new(String::new())))
    }

    async fn as_it_is(&self, connection: &mut crate::db::Connection, name: &str) -> Result<Option<Frozen>> {
        if let Some(given) = self.given.get(name) {
            return Ok(Some(Frozen { profile: None, facts: given.facts() }));
        }
        let kept = profiles::by_name(connection, name).await?;
        Ok(kept.map(|kept| Frozen { profile: Some(kept.id), facts: kept.facts }))
    }
}

fn gone(name: &str, why: &str) -> Error {
    Error::invalid(format!("The model profile `{name}` {why}, since the run was asked for"))
        .code("MODEL_GONE")
        .hint("ask for a new run, which takes the profile as it is now")
}
