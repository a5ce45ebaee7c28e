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
            Actor::Person { id, site_admin, .. } => (self.role_at_owner(*id, owner).await?, *site_admin),
            Actor::Anonymous | Actor::Agent { .. } | Actor::System => (None, false),
        };
        Ok(Standing { public: true, role, site_admin })
    }

    /// Somebody's role in a repository: the greater one of what its owner gives them and what they were given alone.
    /// None on a public repository too, for somebody who has no role there. Being administrator of the server is not a
    /// role: see [`Standing::effective_role`].
    pub async fn role_of(&self, account: AccountId, repo: &RepoFacts) -> Result<Option<Role>> {
        let at_owner = self.role_at_owner(account, repo.owner).await?;
        let given = store::role(&mut *self.db.read().await?, repo.id, account).await?;
        Ok(at_owner.max(given))
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
                let organisations = self.identity.organisations_of(*id).await?;
                let owners = organisations.into_iter().map(|(account, _)| account.id).chain([*id]).collect();
                let repos = store::of_account(&mut *self.db.read().await?, *id).await?;
                Ok(Readable::Only { owners, repos })
            }
        }
    }

    async fn role_at_owner(&self, account: AccountId, owner: AccountId) -> Result<Option<Role>> {
        if account == owner {
            return Ok(Some(Role::Admin));
        }
        let membership = self.identity.membership(owner, account).await?;
        Ok(membership.map(|role| match role {
            MemberRole::Owner => Role::Admin,
            MemberRole::Member => Role::Write,
        }))
    }
}
