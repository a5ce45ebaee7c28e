//! Teams: people of an organisation under a name, with a role that counts in its repositories.
//!
//! In which repositories a role counts, when that is not in all of them, is known to `access`.

use crate::db::Tx;
use crate::identity::Account;
use crate::identity::Identity;
use crate::identity::store;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::text;
use crate::model::AccountId;
use crate::model::Role;

/// A team with all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamProfile {
    /// Its number among all teams of the server.
    pub number: i64,
    /// Whose.
    pub organisation: AccountId,
    /// Its name: rules and policies ask for it by this.
    pub name: String,
    /// One line about it.
    pub description: String,
    /// What its people may do; none for a team that is a name alone.
    pub role: Option<Role>,
    /// Whether the role counts in every repository of the organisation.
    pub everywhere: bool,
    /// When it was made.
    pub created: Timestamp,
}

/// What is to change about a team, or a new one; what is none stays, or is empty.
#[derive(Clone, Debug, Default)]
pub struct TeamChange {
    /// Its name.
    pub name: Option<String>,
    /// One line about it.
    pub description: Option<String>,
    /// What its people may do.
    pub role: Option<Option<Role>>,
    /// Whether the role counts everywhere.
    pub everywhere: Option<bool>,
}

/// What a team gives one of its people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TeamRole {
    /// The organisation.
    pub organisation: AccountId,
    /// The team.
    pub number: i64,
    /// The role.
    pub role: Role,
    /// Whether it counts in every repository of the organisation.
    pub everywhere: bool,
}

impl Identity {
    /// Teams of an organisation, by name.
    pub async fn team_profiles(&self, organisation: AccountId) -> Result<Vec<TeamProfile>> {
        store::teams::of_organisation(&mut *self.db.read().await?, organisation).await
    }

    /// The team with this number.
    pub async fn team(&self, number: i64) -> Result<Option<TeamProfile>> {
        store::teams::by_number(&mut *self.db.read().await?, number).await
    }

    /// The team of an organisation with this name; case does not matter.
    pub async fn team_named(&self, organisation: AccountId, name: &str) -> Result<Option<TeamProfile>> {
        let teams = self.team_profiles(organisation).await?;
        Ok(teams.into_iter().find(|team| team.name.eq_ignore_ascii_case(name)))
    }

    /// Makes a team.
    pub async fn create_team(&self, tx: &mut Tx, organisation: AccountId, new: TeamChange) -> Result<TeamProfile> {
        let team = TeamProfile {
            number: store::teams::next_number(tx).await?,
            organisation,
            name: String::new(),
            description: String::new(),
            role: None,
            everywhere: false,
            created: self.clock.now(),
        };
        let team = changed(team, new)?;
        self.refuse_taken(tx, &team).await?;
        store::teams::insert(tx, &team).await?;
        Ok(team)
    }

    /// Changes a team. Rules and policies that ask for it by an old name find it no more.
    pub async fn change_team(&self, tx: &mut Tx, team: TeamProfile, change: TeamChange) -> Result<TeamProfile> {
        let old = team.name.clone();
        let team = changed(team, change)?;
        if team.name != old {
            self.refuse_taken(tx, &team).await?;
        }
        store::teams::update(tx, &team, &old).await?;
        Ok(team)
    }

    /// Deletes a team. Its people stay in the organisation.
    pub async fn delete_team(&self, tx: &mut Tx, team: &TeamProfile) -> Result<()> {
        store::teams::delete(tx, team).await
    }

    /// The people of a team, by name.
    pub async fn team_members(&self, team: &TeamProfile) -> Result<Vec<Account>> {
        store::teams::members(&mut *self.db.read().await?, team).await
    }

    /// What all teams of somebody give them.
    pub async fn team_roles(&self, person: AccountId) -> Result<Vec<TeamRole>> {
        store::teams::roles_of(&mut *self.db.read().await?, person).await
    }

    /// What belonging to an organisation gives by itself.
    pub async fn member_role(&self, organisation: AccountId) -> Result<Option<Role>> {
        store::teams::member_role(&mut *self.db.read().await?, organisation).await
    }

    /// Says what belonging to an organisation gives by itself.
    pub async fn set_member_role(&self, tx: &mut Tx, organisation: AccountId, role: Option<Role>) -> Result<()> {
        store::teams::set_member_role(tx, organisation, role).await
    }

    async fn refuse_taken(&self, tx: &mut Tx, team: &TeamProfile) -> Result<()> {
        let teams = store::teams::of_organisation(tx, team.organisation).await?;
        if teams.iter().any(|one| one.number != team.number && one.name.eq_ignore_ascii_case(&team.name)) {
            return Err(Error::conflict(format!("There is a team `{}` already", team.name)).field("name"));
        }
        Ok(())
    }
}

fn changed(team: TeamProfile, change: TeamChange) -> Result<TeamProfile> {
    let TeamChange { name, description, role, everywhere } = change;
    let description = description.unwrap_or(team.description);
    if description.chars().count() > 255 || description.chars().any(text::is_invisible) {
        return Err(
            Error::invalid("What a team is for is one visible line of 255 characters at most").field("description")
        );
    }
    Ok(TeamProfile {
        name: super::organisation::checked_team(name.as_deref().unwrap_or(&team.name))?,
        description,
        role: role.unwrap_or(team.role),
        everywhere: everywhere.unwrap_or(team.everywhere),
        ..team
    })
}
