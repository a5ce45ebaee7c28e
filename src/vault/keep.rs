//! What administrators do with the secrets that they keep, and what a run may use.

use std::collections::BTreeMap;

use crate::db::Tx;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::secret::Secret;
use crate::model::GrantId;
use crate::model::SecretId;
use crate::vault::Consumer;
use crate::vault::Grant;
use crate::vault::Granted;
use crate::vault::Keeper;
use crate::vault::Named;
use crate::vault::SecretName;
use crate::vault::Slot;
use crate::vault::Standing;
use crate::vault::Vault;
use crate::vault::store::secrets as store;
use crate::vault::windows::WINDOW;

/// Most bytes of a value.
const LONGEST: usize = 16 << 10;

/// Most secrets of one keeper.
const MOST: usize = 500;

impl Vault {
    /// Sets a secret: a new one, or another value for the one of this name, whose grants stay.
    pub async fn set_secret(
        &self,
        tx: &mut Tx,
        (keeper, name): (Keeper, &SecretName),
        value: &Secret<String>,
        (by, now): (&str, Timestamp),
    ) -> Result<Named> {
        check(value)?;
        let known = store::of_keeper(tx, keeper).await?;
        let id = match known.iter().find(|named| named.name == *name) {
            Some(named) => named.id,
            None if known.len() >= MOST => {
                return Err(Error::invalid(format!("There are {MOST} secrets here, which is the most"))
                    .hint("remove one that nothing uses"));
            }
            None => SecretId::make(),
        };
        let named = Named { id, keeper, name: name.clone(), set_by: by.to_owned(), set_at: now, used_at: None };
        store::put(tx, &named).await?;
        self.seal(tx, &slot(id), value, now).await?;
        Ok(named)
    }

    /// Removes a secret and its grants. Stacks that name it do not run from now on.
    pub async fn remove_secret(&self, tx: &mut Tx, id: SecretId) -> Result<()> {
        store::delete(tx, id).await?;
        self.forget(tx, &slot(id)).await
    }

    /// Lets a stack use a secret. Granting it again replaces the grant, and so what it is for.
    pub async fn grant(
        &self,
        tx: &mut Tx,
        secret: SecretId,
        to: Granted,
        (by, now): (&str, Timestamp),
    ) -> Result<Grant> {
        let grant = Grant { id: GrantId::make(), secret, to, by: by.to_owned(), at: now };
        store::put_grant(tx, &grant).await?;
        Ok(grant)
    }

    /// Takes a grant back. The next call of the gateway that needs the secret is refused.
    pub async fn revoke(&self, tx: &mut Tx, id: GrantId) -> Result<()> {
        store::delete_grant(tx, id).await
    }

    /// Secrets of a keeper, by name.
    pub async fn secrets_of(&self, keeper: Keeper) -> Result<Vec<Named>> {
        store::of_keeper(&mut *self.db.read().await?, keeper).await
    }

    /// A secret.
    pub async fn secret(&self, id: SecretId) -> Result<Named> {
        store::one(&mut *self.db.read().await?, id).await?.ok_or_else(|| Error::not_found("secret"))
    }

    /// Who may use a secret, oldest first.
    pub async fn grants_of(&self, secret: SecretId) -> Result<Vec<Grant>> {
        store::grants_of(&mut *self.db.read().await?, secret).await
    }

    /// How each secret that a stack names stands for it. The nearest keeper's secret counts, whether it is granted or not:
    /// a repository's own secret hides one of its organisation.
    pub async fn standing<'a>(
        &self,
        consumer: &Consumer,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<BTreeMap<String, Standing>> {
        let mut connection = self.db.read().await?;
        let mut known = Vec::new();
        for keeper in consumer.keepers() {
            known.extend(store::of_keeper(&mut connection, keeper).await?);
        }
        let mut told = BTreeMap::new();
        for name in names {
            let standing = match known.iter().find(|named| named.name.as_str() == name) {
                None => Standing::Absent,
                Some(named) => {
                    let grants = store::grants_of(&mut connection, named.id).await?;
                    let grant = grants.into_iter().find(|grant| grant.to.is_for(consumer));
                    grant.map_or(Standing::Ungranted(named.keeper), |grant| Standing::Granted {
                        secret: named.id,
                        keeper: named.keeper,
                        uses: grant.to.uses,
                    })
                }
            };
            told.insert(name.to_owned(), standing);
        }
        Ok(told)
    }

    /// The value of a secret, for somebody who was just found to be granted it; and that it was used now.
    pub async fn use_secret(&self, tx: &mut Tx, id: SecretId, now: Timestamp) -> Result<Secret<String>> {
        store::used(tx, id, now).await?;
        self.unseal(&slot(id)).await?.ok_or_else(|| Error::not_found("secret"))
    }
}

fn slot(id: SecretId) -> Slot {
    Slot::of("secret", id)
}

/// A value that can be sent in a header, and found again in what agents say.
fn check(value: &Secret<String>) -> Result<()> {
    let text = value.reveal();
    let wrong = if text.len() < WINDOW {
        format!("has {WINDOW} characters or more: a shorter one could not be found in what agents say")
    } else if text.len() > LONGEST {
        format!("has {LONGEST} bytes at most")
    } else if text.trim() != text || text.chars().any(char::is_control) {
        "has no control characters, and no blanks around it".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::invalid(format!("The value of a secret {wrong}")).field("value"))
}
