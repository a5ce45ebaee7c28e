//! Who may do what in a repository and an organisation, and what its branches ask for: each change with its audit entry.

use serde_json::json;

use crate::access::Action;
use crate::access::Cx;
use crate::engine::Engine;
use crate::engine::frame::Deed;
use crate::forge::embedded::Place;
use crate::forge::embedded::Protection;
use crate::forge::embedded::Repository;
use crate::forge::embedded::RepositoryChange;
use crate::identity::Account;
use crate::identity::AccountKind;
use crate::identity::MemberRole;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::BranchName;
use crate::model::OwnerName;
use crate::model::Role;

/// How somebody belongs to an organisation from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Membership {
    /// They belong to it with this role.
    Belongs(MemberRole),
    /// They do not.
    Leaves,
    /// They are in this team.
    JoinsTeam(String),
    /// They are not in this team.
    LeavesTeam(String),
}

impl Engine {
    /// Gives a person or a bot a role of their own in a repository, or takes it away.
    pub async fn set_collaborator(&self, cx: &Cx, place: &Place, who: &Account, role: Option<Role>) -> Result<()> {
        cx.authorize(Action::AdministerRepository, &place.standing)?;
        if who.kind == AccountKind::Organisation {
            return Err(Error::invalid("Only a person or a bot can have a role in a repository").field("name"));
        }
        let repo = place.repository.id;
        let mut step = self.step(cx).await?;
        let action = match role {
            Some(role) => {
                self.access.set_collaborator(&mut step, repo, who.id, role).await?;
                "collaborator.set"
            }
            None => {
                self.access.remove_collaborator(&mut step, repo, who.id).await?;
                "collaborator.remove"
            }
        };
        let details = json!({ "login": who.login, "role": role });
        step.finish(action, place.repository.reference().to_string(), details).await
    }

    /// Changes what a repository is called, who sees it and which branch comes first.
    pub async fn change_repository(&self, cx: &Cx, place: &Place, change: RepositoryChange) -> Result<Repository> {
        cx.authorize(Action::AdministerRepository, &place.standing)?;
        let details = json!({
            "description": change.description, "private": change.private,
            "default_branch": change.default_branch, "name": change.name,
        });
        let deed = Deed { action: "repository.change", refused: "repository.change_refused", place, details };
        self.told_first(cx, deed, self.forge.change_repository(cx, place, change)).await
    }

    /// Protects a branch, or changes what its protection asks for.
    pub async fn protect(&self, cx: &Cx, place: &Place, protection: Protection) -> Result<()> {
        cx.authorize(Action::AdministerRepository, &place.standing)?;
        let details = json!({
            "branch": protection.branch, "approvals": protection.approvals, "checks": protection.checks,
            "owners": protection.owners,
        });
        let deed = Deed { action: "branch.protect", refused: "branch.protect_refused", place, details };
        self.told_first(cx, deed, self.forge.protect(cx, place, protection)).await
    }

    /// Takes the protection of a branch away.
    pub async fn unprotect(&self, cx: &Cx, place: &Place, branch: &BranchName) -> Result<()> {
        cx.authorize(Action::AdministerRepository, &place.standing)?;
        let details = json!({ "branch": branch });
        let deed = Deed { action: "branch.unprotect", refused: "branch.unprotect_refused", place, details };
        self.told_first(cx, deed, self.forge.unprotect(cx, place, branch)).await
    }

    /// Changes how a person belongs to an organisation and its teams. The last owner stays.
    pub async fn change_membership(
        &self,
        cx: &Cx,
        organisation: &Account,
        who: &Account,
        change: Membership,
    ) -> Result<()> {
        let standing = self.access.standing_at_owner(cx, organisation.id).await?;
        cx.authorize(Action::AdministerOrganisation, &standing)?;
        if organisation.kind != AccountKind::Organisation {
            return Err(Error::invalid("Only an organisation has members"));
        }
        if who.kind != AccountKind::Person {
            return Err(Error::invalid("Only a person can be a member").field("name"));
        }
        let (at, id) = (organisation.id, who.id);
        let mut step = self.step(cx).await?;
        let (action, details) = match change {
            Membership::Belongs(role) => {
                self.identity.add_member(&mut step, at, id, role).await?;
                ("member.set", json!({ "login": who.login, "role": role.as_str() }))
            }
            Membership::Leaves => {
                self.identity.remove_member(&mut step, at, id).await?;
                ("member.remove", json!({ "login": who.login }))
            }
            Membership::JoinsTeam(team) => {
                self.identity.add_to_team(&mut step, at, &team, id).await?;
                ("team.add", json!({ "login": who.login, "team": team }))
            }
            Membership::LeavesTeam(team) => {
                self.identity.remove_from_team(&mut step, at, &team, id).await?;
                ("team.remove", json!({ "login": who.login, "team": team }))
            }
        };
        step.finish(action, format!("account {}", organisation.login), details).await
    }

    /// The account of this name, as somebody typed it.
    pub async fn named(&self, name: &str) -> Result<Account> {
        let unknown = || Error::invalid(format!("There is nobody called `{}`", name.trim())).field("name");
        let name: OwnerName = name.trim().parse().map_err(|_| unknown())?;
        self.identity.account_by_name(&name).await?.ok_or_else(unknown)
    }
}
