//! Code owners: who has to look at which files, as `CODEOWNERS` of the base branch says.
//!
//! Who is who: [`file`] reads the file, with each fault and its line; [`OwnersFile::of`] says whose a path is, by the last
//! line that matches; `needs` compares what changes with who approved. The file is read from the branch that is to be
//! changed, never from a pull request's head, which could name whom it likes.

mod file;

mod needs;

mod pattern;

pub use file::Fault;
pub use file::Owner;
pub use file::OwnersFile;
pub use needs::Need;

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::forge::embedded::Embedded;
use crate::forge::embedded::issue::Issue;
use crate::forge::embedded::owners::needs::needs;
use crate::forge::embedded::repository::Place;
use crate::identity::AccountKind;
use crate::identity::TeamProfile;
use crate::kit::Result;
use crate::model::AccountId;
use crate::model::BranchName;
use crate::model::OwnerName;
use crate::model::TreePath;

/// Where the file may lie; the first that is there counts.
const PLACES: [&str; 5] =
    ["CODEOWNERS", ".github/CODEOWNERS", ".forgejo/CODEOWNERS", ".gitea/CODEOWNERS", "docs/CODEOWNERS"];

/// The most bytes of such a file.
const LONGEST: usize = 512 * 1024;

/// What a file of code owners says about one pull request.
#[derive(Clone, Debug, Default)]
pub struct Ownership {
    /// The path of the file; none when there is none.
    pub path: Option<&'static str>,
    /// What is wrong in it.
    pub faults: Vec<Fault>,
    /// Who has to look at what changes.
    pub needs: Vec<Need>,
}

/// Somebody whom a line names, as the accounts know them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A person.
    Person(AccountId, OwnerName),
    /// A team of the repository's organisation.
    Team(TeamProfile),
}

impl Embedded {
    /// The file of code owners of a branch; none when there is none.
    pub async fn owners_file(&self, place: &Place, branch: &BranchName) -> Result<Option<(&'static str, OwnersFile)>> {
        let git = self.git(&place.repository);
        let Some(tip) = git.branch(branch).await? else { return Ok(None) };
        for path in PLACES {
            let at: TreePath = path.parse()?;
            let Some(file) = git.file(&tip, &at).await? else { continue };
            if file.bytes.len() > LONGEST {
                let message = "The file is longer than 512 KiB and is not read".to_owned();
                return Ok(Some((path, OwnersFile::broken(Fault { line: 1, message }))));
            }
            return Ok(Some((path, file::read(file.text().unwrap_or_default()))));
        }
        Ok(None)
    }

    /// What the base branch's file says about a pull request, and who of those has approved.
    pub async fn ownership(&self, place: &Place, issue: &Issue) -> Result<Ownership> {
        let Some(pull) = &issue.pull else { return Ok(Ownership::default()) };
        let Some((path, file)) = self.owners_file(place, &pull.base_branch).await? else {
            return Ok(Ownership::default());
        };
        let changed = self.paths_of(place, issue).await?;
        let mut faults = file.faults.clone();
        let mut people: BTreeMap<Owner, BTreeSet<AccountId>> = BTreeMap::new();
        for owner in file.owners() {
            match self.found(place, owner).await? {
                Some(Found::Person(id, _)) => drop(people.insert(owner.clone(), BTreeSet::from([id]))),
                Some(Found::Team(team)) => {
                    let members = self.rooms().identity.team_members(&team).await?;
                    people.insert(owner.clone(), members.into_iter().map(|one| one.id).collect());
                }
                None => faults.push(Fault { line: file.line_of(owner), message: unknown(owner) }),
            }
        }
        faults.sort_by_key(|fault| fault.line);
        let approvers = self.approvers(place, issue.number, &pull.head_sha).await?;
        let needs = needs(&file, &changed, &people, &approvers);
        Ok(Ownership { path: Some(path), faults, needs })
    }

    /// Whom a line names: somebody who may read the repository, or a team of its organisation.
    pub(super) async fn found(&self, place: &Place, owner: &Owner) -> Result<Option<Found>> {
        let identity = &self.rooms().identity;
        match owner {
            Owner::Person(name) => {
                let Ok(name) = name.parse::<OwnerName>() else { return Ok(None) };
                let account = identity.account_by_name(&name).await?;
                let Some(account) = account.filter(|one| one.kind == AccountKind::Person) else { return Ok(None) };
                let role = self.rooms().access.role_of(account.id, &place.repository.facts()).await?;
                Ok(role.map(|_| Found::Person(account.id, account.login)))
            }
            Owner::Team(organisation, name) => {
                if !organisation.eq_ignore_ascii_case(place.repository.owner_name.as_str()) {
                    return Ok(None);
                }
                Ok(identity.team_named(place.repository.owner, name).await?.map(Found::Team))
            }
        }
    }
}

fn unknown(owner: &Owner) -> String {
    match owner {
        Owner::Person(_) => format!("`{owner}` is nobody with a role in this repository"),
        Owner::Team(..) => format!("`{owner}` is no team of the organisation that owns this repository"),
    }
}
