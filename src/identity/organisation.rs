//! Organisations: who belongs to one, and its teams.

use std::str::FromStr;

use crate::db::Tx;
use crate::identity::Account;
use crate::identity::Identity;
use crate::identity::store;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::AccountId;
use crate::model::OwnerName;

/// What somebody is in an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemberRole {
    /// Works in its repositories.
    Member,
    /// Decides who belongs and owns its policy.
    Owner,
}

/// Somebody who belongs to an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub account: Account,
    /// What they are there.
    pub role: MemberRole,
}

/// A team, as `who:` in a rule and `approvers:` in a policy name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Team {
    /// The organisation's name.
    pub organisation: OwnerName,
    /// The team's name.
    pub name: String,
}

impl Identity {
    /// Takes somebody into an organisation, or gives a member another role.
    pub async fn add_member(
        &self,
        tx: &mut Tx,
        organisation: AccountId,
        who: AccountId,
        role: MemberRole,
    ) -> Result<()> {
        if role == MemberRole::Member {
            self.keep_an_owner(tx, organisation, who).await?;
        }
        store::organisations::put_member(tx, organisation, who, role, self.clock.now()).await
    }

    /// Takes somebody out of an organisation and of its teams. The last owner stays.
    pub async fn remove_member(&self, tx: &mut Tx, organisation: AccountId, who: AccountId) -> Result<()> {
        self.keep_an_owner(tx, organisation, who).await?;
        store::organisations::remove_member(tx, organisation, who).await
    }

    /// Everybody who belongs to an organisation, by name.
    pub async fn members(&self, organisation: AccountId) -> Result<Vec<Member>> {
        store::organisations::members(&mut *self.db.read().await?, organisation).await
    }

    /// What somebody is in an organisation; none for outsiders.
    pub async fn membership(&self, organisation: AccountId, person: AccountId) -> Result<Option<MemberRole>> {
        store::organisations::membership(&mut *self.db.read().await?, organisation, person).await
    }

    /// The organisations that somebody belongs to, by name.
    pub async fn organisations_of(&self, person: AccountId) -> Result<Vec<(Account, MemberRole)>> {
        store::organisations::of_person(&mut *self.db.read().await?, person).await
    }

    /// Puts a member into a team, which is made when it is new.
    pub async fn add_to_team(&self, tx: &mut Tx, organisation: AccountId, team: &str, who: AccountId) -> Result<()> {
        let team = checked_team(team)?;
        if store::organisations::membership(tx, organisation, who).await?.is_none() {
            return Err(Error::conflict("Cannot put somebody into a team of an organisation they do not belong to")
                .hint("add them to the organisation first"));
        }
        // A name that only differs in case is the same team.
        let teams = store::teams::of_organisation(tx, organisation).await?;
        let known = teams.into_iter().find(|one| one.name.eq_ignore_ascii_case(&team));
        let team = known.map_or(team, |one| one.name);
        store::teams::ensure(tx, organisation, &team, self.clock.now()).await?;
        store::organisations::put_into_team(tx, organisation, &team, who).await
    }

    /// Takes somebody out of a team.
    pub async fn remove_from_team(
        &self,
        tx: &mut Tx,
        organisation: AccountId,
        team: &str,
        who: AccountId,
    ) -> Result<()> {
        store::organisations::remove_from_team(tx, organisation, team, who).await
    }

    /// All teams that somebody is in, in all organisations.
    pub async fn teams_of(&self, person: AccountId) -> Result<Vec<Team>> {
        store::organisations::teams_of(&mut *self.db.read().await?, person).await
    }

    /// Names of an organisation's teams that somebody is in: what rules and policies of its repositories ask for.
    pub async fn teams_in(&self, organisation: AccountId, person: AccountId) -> Result<Vec<String>> {
        store::organisations::teams_in(&mut *self.db.read().await?, organisation, person).await
    }

    /// Who is in which team of an organisation.
    pub async fn teams_of_organisation(&self, organisation: AccountId) -> Result<Vec<(AccountId, String)>> {
        store::organisations::all_teams(&mut *self.db.read().await?, organisation).await
    }

    async fn keep_an_owner(&self, tx: &mut Tx, organisation: AccountId, leaving: AccountId) -> Result<()> {
        let role = store::organisations::membership(tx, organisation, leaving).await?;
        if role == Some(MemberRole::Owner) && store::organisations::other_owners(tx, organisation, leaving).await? == 0
        {
            return Err(Error::conflict("Cannot take away the last owner of an organisation")
                .hint("make another member an owner first"));
        }
        Ok(())
    }
}

impl MemberRole {
    /// The word in the database and in APIs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Owner => "owner",
        }
    }
}

impl FromStr for MemberRole {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = [Self::Member, Self::Owner].into_iter().find(|role| role.as_str() == text);
        found.ok_or_else(|| Error::invalid("A member is an `owner` or a `member`").field("role"))
    }
}

pub(super) fn checked_team(name: &str) -> Result<String> {
    let shaped = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if name.is_empty() || name.len() > 60 || !shaped {
        return Err(Error::invalid("A team's name needs 1 to 60 letters, digits, `-`, `_` or `.`").field("team"));
    }
    Ok(name.to_owned())
}
