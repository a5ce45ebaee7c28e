//! Roles that were given to single people in one repository, and what a role comes to in all.

use crate::access::Actor;
use crate::access::Cx;
use crate::access::Standing;
use crate::access::store;
use crate::db::Db;
use crate::db::Tx;
use crate::identity::Identity;
use crate::identity::MemberRole;
use crate::kit::Result;
use crate::kit::clock::Clock;
use crate::model::AccountId;
use crate::model::RepoId;
use crate::model::Role;

/// The handle of the room. Cloning is cheap.
#[derive(Clone)]
pub struct Access {
    pub(super) db: Db,
    identity: Identity,
    pub(super) clock: Clock,
}

/// What a decision needs to know of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RepoFacts {
    /// Which.
    pub id: RepoId,
    /// Who owns it.
    pub owner: AccountId,
    /// Whether only those with a role see it.
    pub private: bool,
}

/// Somebody with a role of their own in one repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collaborator {
    /// Who.
    pub account: AccountId,
    /// What they may do.
    pub role: Role,
}

/// Which private repositories an actor sees, as a filter for lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readable {
    /// All of them.
    Everything,
    /// Those of these owners, and these ones.
    Only {
        /// Whose repositories are all seen.
        owners: Vec<AccountId>,
        /// Single repositories.
        repos: Vec<RepoId>,
    },
}

impl Access {
    /// Over this database and these people.
    pub fn new(db: Db, identity: &Identity, clock: &Clock) -> Self {
        Self { db, identity: identity.clone(), clock: clock.clone() }
    }

    /// Where the actor stands in a repository.
    pub async fn standing(&self, cx: &Cx, repo: &RepoFacts) -> Result<Standing> {
        let (role, site_admin) = match &cx.actor {
            Actor::Person { id, site_admin, .. } => (self.role_of(*id, repo).await?, *site_admin),
            Actor::Anonymous | Actor::Agent { .. } | Actor::System => (None, false),
        };
        Ok(Standing { public: !repo.private, role, site_admin })
    }

    /// Where the actor stands towards an owner: administers what is their own, and what they own as an organisation's
    /// owner; a member may make repositories.
    pub async fn standing_at_owner(&self, cx: &Cx, owner: AccountId) -> Result<Standing> {
        let (role, site_admin) = match &cx.actor {
            Actor::Person { id, site_admin, .. } => {
                let member = self.identity.membership(owner, *id).await?.map(|_| Role::Read);
                (self.role_at_owner(*id, owner).await?.max(member).max(self.everywhere(*id, owner).await?), *site_admin)
            }
            Actor::Anonymous | Actor::Agent { .. } | Actor::System => (None, false),
        };
        Ok(Standing { public: true, role, site_admin })
    }

    /// Somebody's role in a repository: the greatest one of what its owner gives them, what their teams have there, and what
    /// they were given alone.
    /// None on a public repository too, for somebody who has no role there. Being administrator of the server is not a
    /// role: see [`Standing::effective_role`].
    pub async fn role_of(&self, account: AccountId, repo: &RepoFacts) -> Result<Option<Role>> {
        let at_owner = self.role_at_owner(account, repo.owner).await?;
        let given = store::role(&mut *self.db.read().await?, repo.id, account).await?;
        let by_team = self.role_by_team(account, repo).await?;
        Ok(at_owner.max(given).max(by_team))
    }

    /// What somebody's teams come to in a repository of their organisation.
    async fn role_by_team(&self, account: AccountId, repo: &RepoFacts) -> Result<Option<Role>> {
        let mut teams = self.identity.team_roles(account).await?;
        teams.retain(|team| team.organisation == repo.owner);
        if teams.is_empty() {
            return Ok(None);
        }
        let listed = store::teams_of(&mut *self.db.read().await?, repo.id).await?;
        let counts = teams.iter().filter(|team| team.everywhere || listed.contains(&team.number));
        Ok(counts.map(|team| team.role).max())
    }

    /// Lets a team's role count in a repository, or no more.
    pub async fn set_team_repository(&self, tx: &mut Tx, team: i64, repo: RepoId, is_in: bool) -> Result<()> {
        match is_in {
            true => store::let_in(tx, team, repo, self.clock.now()).await,
            false => store::let_out(tx, team, repo).await,
        }
    }

    /// Repositories in which a team's role counts, besides everywhere.
    pub async fn team_repositories(&self, team: i64) -> Result<Vec<RepoId>> {
        store::repositories_of(&mut *self.db.read().await?, &[team]).await
    }

    /// Teams whose role counts in a repository, besides those of everywhere.
    pub async fn teams_of_repository(&self, repo: RepoId) -> Result<Vec<i64>> {
        store::teams_of(&mut *self.db.read().await?, repo).await
    }

    /// Takes a team out of all repositories, because it is deleted.
    pub async fn forget_team(&self, tx: &mut Tx, team: i64) -> Result<()> {
        store::remove_team(tx, team).await
    }

    /// Gives somebody a role in a repository, in place of an earlier one.
    pub async fn set_collaborator(&self, tx: &mut Tx, repo: RepoId, account: AccountId, role: Role) -> Result<()> {
        store::put(tx, repo, account, role, self.clock.now()).await
    }

    /// Takes somebody's own role in a repository away.
    pub async fn remove_collaborator(&self, tx: &mut Tx, repo: RepoId, account: AccountId) -> Result<()> {
        store::remove(tx, repo, account).await
    }

    /// Takes all roles in a repository away, because it is deleted.
    pub async fn forget_repository(&self, tx: &mut Tx, repo: RepoId) -> Result<()> {
        store::remove_all(tx, repo).await
    }

    /// Takes all roles of an account away, because it does nothing any more.
    pub async fn forget_account(&self, tx: &mut Tx, account: AccountId) -> Result<()> {
        store::remove_account(tx, account).await
    }

    /// Everybody with a role of their own in a repository.
    pub async fn collaborators(&self, repo: RepoId) -> Result<Vec<Collaborator>> {
        store::of_repo(&mut *self.db.read().await?, repo).await
    }

    /// Which private repositories the actor sees.
    pub async fn readable(&self, cx: &Cx) -> Result<Readable> {
        match &cx.actor {
            Actor::System | Actor::Person { site_admin: true, .. } => Ok(Readable::Everything),
            Actor::Anonymous | Actor::Agent { .. } => Ok(Readable::Only { owners: Vec::new(), repos: Vec::new() }),
            Actor::Person { id, .. } => {
                let mut owners = vec![*id];
                for (organisation, role) in self.identity.organisations_of(*id).await? {
                    if role == MemberRole::Owner || self.identity.member_role(organisation.id).await?.is_some() {
                        owners.push(organisation.id);
                    }
                }
                let teams = self.identity.team_roles(*id).await?;
                let everywhere = teams.iter().filter(|team| team.everywhere).map(|team| team.organisation);
                owners.extend(everywhere);
                owners.sort();
                owners.dedup();
                let mut repos = store::of_account(&mut *self.db.read().await?, *id).await?;
                let listed: Vec<i64> = teams.iter().filter(|team| !team.everywhere).map(|team| team.number).collect();
                repos.extend(store::repositories_of(&mut *self.db.read().await?, &listed).await?);
                repos.sort();
                repos.dedup();
                Ok(Readable::Only { owners, repos })
            }
        }
    }

    /// The role that somebody's teams give everywhere: what they may do with a repository that is to come. It makes
    /// nobody an owner.
    async fn everywhere(&self, account: AccountId, owner: AccountId) -> Result<Option<Role>> {
        let teams = self.identity.team_roles(account).await?;
        let here = teams.iter().filter(|team| team.organisation == owner && team.everywhere);
        Ok(here.map(|team| team.role.min(Role::Maintain)).max())
    }

    async fn role_at_owner(&self, account: AccountId, owner: AccountId) -> Result<Option<Role>> {
        if account == owner {
            return Ok(Some(Role::Admin));
        }
        match self.identity.membership(owner, account).await? {
            Some(MemberRole::Owner) => Ok(Some(Role::Admin)),
            Some(MemberRole::Member) => self.identity.member_role(owner).await,
            None => Ok(None),
        }
    }
}
