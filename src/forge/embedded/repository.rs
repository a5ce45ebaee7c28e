//! A repository as the embedded forge keeps it, and the proof that somebody may at least see it.

use crate::access;
use crate::kit::clock::Timestamp;
use crate::model::AccountId;
use crate::model::BranchName;
use crate::model::OwnerName;
use crate::model::RepoId;
use crate::model::RepoName;
use crate::model::RepoRef;

/// A repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Never changes.
    pub id: RepoId,
    /// The account that owns it.
    pub owner: AccountId,
    /// The owner's name.
    pub owner_name: OwnerName,
    /// Its name.
    pub name: RepoName,
    /// One line about it.
    pub description: String,
    /// Whether strangers must not know of it.
    pub private: bool,
    /// The branch that is shown first, and the only one that configures anything.
    pub default_branch: BranchName,
    /// The repository that it was forked from.
    pub fork_of: Option<RepoId>,
    /// How many issues are open.
    pub open_issues: i64,
    /// How many pull requests are open.
    pub open_pulls: i64,
    /// Where it was imported from.
    pub original_url: Option<String>,
    /// Whether it takes only what is pushed there.
    pub mirror: bool,
    /// Whether what it is to hold has not come yet: nobody enters it.
    pub unfinished: bool,
    /// When it was created.
    pub created: Timestamp,
    /// When something in it last changed.
    pub updated: Timestamp,
}

/// A repository that somebody may at least read, with what is known about them there. Verbs take it instead of a name,
/// so that none forgets to look.
#[derive(Clone, Debug)]
pub struct Place {
    /// The repository.
    pub repository: Repository,
    /// Visibility and role, for [`access::Cx::authorize`].
    pub standing: access::Standing,
}

/// A repository to create.
#[derive(Clone, Debug)]
pub struct NewRepository {
    /// The account that is to own it.
    pub owner: AccountId,
    /// The owner's name.
    pub owner_name: OwnerName,
    /// Its name.
    pub name: RepoName,
    /// One line about it.
    pub description: String,
    /// Whether strangers must not know of it.
    pub private: bool,
    /// The branch that is shown first.
    pub default_branch: BranchName,
    /// Whether it starts with a commit that holds a `README.md`.
    pub readme: bool,
}

/// What is to change of a repository; none leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct RepositoryChange {
    /// One line about it.
    pub description: Option<String>,
    /// Whether strangers must not know of it.
    pub private: Option<bool>,
    /// The branch that is shown first; it must exist, unless there is no branch at all.
    pub default_branch: Option<BranchName>,
    /// Its new name.
    pub name: Option<RepoName>,
}

/// A branch that takes pull requests only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    /// The branch.
    pub branch: BranchName,
    /// How many people must approve before a merge.
    pub approvals: i64,
    /// Contexts of statuses that must be successful before a merge.
    pub checks: Vec<String>,
    /// Whether an owner of each file that changes must approve, as `CODEOWNERS` of the branch names them.
    pub owners: bool,
}

impl Repository {
    /// The id with the address of today.
    pub fn reference(&self) -> RepoRef {
        RepoRef { id: self.id, owner: self.owner_name.clone(), name: self.name.clone() }
    }

    /// What `access` needs to know.
    pub fn facts(&self) -> access::RepoFacts {
        access::RepoFacts { id: self.id, owner: self.owner, private: self.private }
    }
}

/// The key under which an address is found: in lower case, because two names that differ in case only are one.
pub fn address(owner: &OwnerName, name: &RepoName) -> String {
    format!("{owner}/{name}").to_lowercase()
}
