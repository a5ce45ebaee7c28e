//! What models cost in the repositories of an owner, as far as whoever looks may see them.

use std::collections::BTreeMap;

use crate::access::Action;
use crate::access::Cx;
use crate::engine::Engine;
use crate::identity::Account;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::model::OwnerName;
use crate::models::By;
use crate::models::Usage;

impl Engine {
    /// The owner of an address whose usage somebody looks at: whoever belongs to it may. Foreign and unknown look the same.
    pub async fn owner_with_usage(&self, cx: &Cx, name: &str) -> Result<Account> {
        let unknown = || Error::not_found("such person or organisation");
        let name: OwnerName = name.parse().map_err(|_| unknown())?;
        let account = self.identity.account_by_name(&name).await?.ok_or_else(unknown)?;
        let standing = self.access.standing_at_owner(cx, account.id).await?;
        if standing.effective_role().is_none() {
            return Err(unknown());
        }
        Ok(account)
    }

    /// Sums over the repositories that whoever looks may read; an administrator of the owner sees all, also those that are gone.
    pub async fn usage(&self, cx: &Cx, owner: &Account, by: By, days: i64) -> Result<Usage> {
        let now = cx.now();
        let mut lines = self.models.lines(&owner.login, by, (days, now)).await?;
        let standing = self.access.standing_at_owner(cx, owner.id).await?;
        if !cx.may(Action::AdministerOrganisation, &standing) {
            let mut readable = BTreeMap::new();
            for line in &lines {
                if readable.contains_key(&line.repo) {
                    continue;
                }
                let may = match self.forge.enter_by_id(cx, line.repo).await {
                    Ok(_) => true,
                    Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Denied) => false,
                    Err(error) => return Err(error),
                };
                readable.insert(line.repo, may);
            }
            lines.retain(|line| readable.get(&line.repo) == Some(&true));
        }
        Ok(Usage::of(&lines, (days, now)))
    }
}
