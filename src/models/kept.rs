//! Profiles that an administrator sets up, beside those that the settings give.

use std::collections::BTreeSet;

use crate::db::Tx;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::secret::Secret;
use crate::model::ProfileId;
use crate::models::Facts;
use crate::models::Models;
use crate::models::store::profiles as store;
use crate::vault::Slot;

/// A profile in the database.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Its id, which its key belongs to.
    pub id: ProfileId,
    /// What it is.
    pub facts: Facts,
    /// Who set it up, or changed it last.
    pub set_by: String,
    /// When.
    pub set_at: Timestamp,
    /// When its key was set; none when it has none.
    pub key_set_at: Option<Timestamp>,
}

/// A profile in a list.
#[derive(Clone, Debug)]
pub enum Listed {
    /// The settings give it.
    Given {
        /// What it is.
        facts: Facts,
        /// Whether it has a key.
        has_key: bool,
    },
    /// An administrator set it up.
    Kept {
        /// It.
        kept: Kept,
        /// The settings give one of the same name, which counts instead.
        hidden: bool,
    },
}

/// Most profiles in the database.
const MOST: usize = 200;

/// The shortest key: a shorter one could not be found in what agents say.
const SHORTEST: usize = 12;

/// The longest key.
const LONGEST: usize = 8 << 10;

impl Models {
    /// All of them, by name: those that the settings give first.
    pub async fn all(&self) -> Result<Vec<Listed>> {
        let given = self
            .given
            .values()
            .map(|profile| Listed::Given { facts: profile.facts(), has_key: !profile.key.reveal().is_empty() });
        let kept = store::all(&mut *self.db.read().await?).await?;
        let kept = kept.into_iter().map(|kept| Listed::Kept { hidden: self.is_given(&kept.facts.name), kept });
        Ok(given.chain(kept).collect())
    }

    /// The names that stacks may use.
    pub async fn names(&self) -> Result<BTreeSet<String>> {
        let kept = store::all(&mut *self.db.read().await?).await?;
        Ok(self.given.keys().cloned().chain(kept.into_iter().map(|kept| kept.facts.name)).collect())
    }

    /// One that an administrator set up.
    pub async fn kept(&self, id: ProfileId) -> Result<Kept> {
        let found = store::by_id(&mut *self.db.read().await?, id).await?;
        found.ok_or_else(|| Error::not_found("model profile"))
    }

    /// The same by its name.
    pub async fn kept_by_name(&self, name: &str) -> Result<Option<Kept>> {
        store::by_name(&mut *self.db.read().await?, name).await
    }

    /// Adds a profile.
    pub async fn add(&self, tx: &mut Tx, facts: Facts, (by, now): (&str, Timestamp)) -> Result<Kept> {
        let facts = facts.checked()?;
        self.is_free(tx, &facts.name).await?;
        if store::all(tx).await?.len() >= MOST {
            return Err(Error::invalid(format!("There are {MOST} profiles, which is the most"))
                .hint("remove one that no stack names"));
        }
        let kept = Kept { id: ProfileId::make(), facts, set_by: by.to_owned(), set_at: now, key_set_at: None };
        store::put(tx, &kept).await?;
        Ok(kept)
    }

    /// Changes a profile. Its key stays, unless the server is another one now: then it is thrown away, and has to be set again.
    pub async fn change(&self, tx: &mut Tx, id: ProfileId, facts: Facts, (by, now): (&str, Timestamp)) -> Result<Kept> {
        let facts = facts.checked()?;
        let before = store::by_id(tx, id).await?.ok_or_else(|| Error::not_found("model profile"))?;
        if before.facts.name != facts.name {
            self.is_free(tx, &facts.name).await?;
        }
        let stays = before.facts.same_server(&facts);
        if !stays {
            self.vault.forget(tx, &slot(id)).await?;
        }
        let key_set_at = before.key_set_at.filter(|_| stays);
        let kept = Kept { id, facts, set_by: by.to_owned(), set_at: now, key_set_at };
        store::put(tx, &kept).await?;
        Ok(kept)
    }

    /// Seals the key of a profile; one that was there is gone. A run that begins from now on is called on it.
    pub async fn set_key(&self, tx: &mut Tx, id: ProfileId, key: &Secret<String>, now: Timestamp) -> Result<()> {
        check_key(key)?;
        self.vault.seal(tx, &slot(id), key, now).await?;
        store::key_set(tx, id, Some(now)).await
    }

    /// Throws the key of a profile away.
    pub async fn forget_key(&self, tx: &mut Tx, id: ProfileId) -> Result<()> {
        self.vault.forget(tx, &slot(id)).await?;
        store::key_set(tx, id, None).await
    }

    /// Removes a profile and its key. Stacks that name it do not run from now on.
    pub async fn remove(&self, tx: &mut Tx, id: ProfileId) -> Result<()> {
        self.vault.forget(tx, &slot(id)).await?;
        store::delete(tx, id).await
    }

    async fn is_free(&self, tx: &mut Tx, name: &str) -> Result<()> {
        if self.is_given(name) {
            return Err(Error::conflict(format!("The settings of the server give a profile `{name}`"))
                .field("name")
                .hint("choose another name, or take it out of the settings and start the server again"));
        }
        match store::by_name(tx, name).await? {
            None => Ok(()),
            Some(_) => Err(Error::conflict(format!("There is a profile `{name}` already")).field("name")),
        }
    }
}

pub(super) fn slot(id: ProfileId) -> Slot {
    Slot::of("model", id)
}

/// A key that can be sent in a header, and found again in what agents say.
pub(super) fn check_key(key: &Secret<String>) -> Result<()> {
    let text = key.reveal();
    let wrong = if text.len() < SHORTEST {
        format!("has {SHORTEST} characters or more: a shorter one could not be found in what agents say")
    } else if text.len() > LONGEST {
        format!("has {LONGEST} characters at most")
    } else if !text.chars().all(|c| c.is_ascii_graphic()) {
        "has visible ASCII characters alone, and no blanks".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::invalid(format!("The key of a model {wrong}")).field("key"))
}
