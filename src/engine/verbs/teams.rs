//! Teams of organisations: made, changed, deleted, let into repositories, each with its audit entry.

use serde_json::Value;
use serde_json::json;

use crate::access::Action;
use crate::access::Cx;
use crate::engine::Engine;
use crate::forge::embedded::Place;
use crate::identity::Account;
use crate::identity::AccountKind;
use crate::identity::TeamChange;
use crate::identity::TeamProfile;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::Role;

impl Engine {
    /// Makes a team.
    pub async fn create_team(&self, cx: &Cx, organisation: &Account, new: TeamChange) -> Result<TeamProfile> {
        self.may_administer(cx, organisation).await?;
        let mut step = self.step(cx).await?;
        let team = self.identity.create_team(&mut step, organisation.id, new).await?;
        step.finish("team.create", subject(organisation), details(&team)).await?;
        Ok(team)
    }

    /// Changes a team.
    pub async fn change_team(&self, cx: &Cx, team: TeamProfile, change: TeamChange) -> Result<TeamProfile> {
        let organisation = self.organisation_of(cx, &team).await?;
        let mut step = self.step(cx).await?;
        let before = team.name.clone();
        let team = self.identity.change_team(&mut step, team, change).await?;
        let mut details = details(&team);
        details["before"] = json!(before);
        step.finish("team.change", subject(&organisation), details).await?;
        Ok(team)
    }

    /// Deletes a team, with what it gave its people.
    pub async fn delete_team(&self, cx: &Cx, team: &TeamProfile) -> Result<()> {
        let organisation = self.organisation_of(cx, team).await?;
        let mut step = self.step(cx).await?;
        self.access.forget_team(&mut step, team.number).await?;
        self.identity.delete_team(&mut step, team).await?;
        step.finish("team.delete", subject(&organisation), details(team)).await
    }

    /// Lets the role of a team count in a repository of its organisation, or no more.
    pub async fn let_team_in(&self, cx: &Cx, team: &TeamProfile, place: &Place, is_in: bool) -> Result<()> {
        let organisation = self.organisation_of(cx, team).await?;
        if place.repository.owner != team.organisation {
            return Err(Error::invalid("The repository is not one of the team's organisation").field("repo"));
        }
        let mut step = self.step(cx).await?;
        let repo = place.repository.id;
        let action = match is_in {
            true => "team.let_in",
            false => "team.let_out",
        };
        self.access.set_team_repository(&mut step, team.number, repo, is_in).await?;
        let mut details = details(team);
        details["repository"] = json!(place.repository.reference().to_string());
        step.finish(action, subject(&organisation), details).await
    }

    /// Says what belonging to an organisation gives by itself.
    pub async fn set_member_role(&self, cx: &Cx, organisation: &Account, role: Option<Role>) -> Result<()> {
        self.may_administer(cx, organisation).await?;
        if role > Some(Role::Write) {
            return Err(Error::invalid("Belonging to an organisation gives the role to write at most")
                .hint("give more to a team")
                .field("member_role"));
        }
        let mut step = self.step(cx).await?;
        self.identity.set_member_role(&mut step, organisation.id, role).await?;
        step.finish("organisation.member_role", subject(organisation), json!({ "role": role })).await
    }

    async fn organisation_of(&self, cx: &Cx, team: &TeamProfile) -> Result<Account> {
        let organisation = self.identity.account(team.organisation).await?;
        let organisation = organisation.ok_or_else(|| Error::not_found("such team"))?;
        self.may_administer(cx, &organisation).await?;
        Ok(organisation)
    }

    async fn may_administer(&self, cx: &Cx, organisation: &Account) -> Result<()> {
        let standing = self.access.standing_at_owner(cx, organisation.id).await?;
        cx.authorize(Action::AdministerOrganisation, &standing)?;
        match organisation.kind {
            AccountKind::Organisation => Ok(()),
            AccountKind::Person | AccountKind::Bot => Err(Error::invalid("Only an organisation has teams")),
        }
    }
}

fn subject(organisation: &Account) -> String {
    format!("account {}", organisation.login)
}

fn details(team: &TeamProfile) -> Value {
    json!({ "team": team.name, "role": team.role, "everywhere": team.everywhere })
}
