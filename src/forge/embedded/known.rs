//! Which of the things that texts refer to exist, as far as whoever reads may know: for all texts of a page at once.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::access::Actor;
use crate::access::Cx;
use crate::access::Readable;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::repository;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::store;
use crate::identity::AccountKind;
use crate::kit::Result;
use crate::model::CommitId;
use crate::model::OwnerName;
use crate::model::Reference;
use crate::model::RepoName;
use crate::model::RepoRef;

/// What of each kind one page looks up; what is beyond stays text.
const MOST: usize = 200;

/// An issue or a pull request that a text refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownIssue {
    /// Its repository.
    pub repo: RepoRef,
    /// Its number.
    pub number: i64,
    /// Whether it is a pull request.
    pub pull: bool,
    /// Its title.
    pub title: String,
    /// `open`, `closed` or `merged`.
    pub state: String,
}

/// The things that exist among those that texts refer to.
#[derive(Clone, Debug, Default)]
pub struct Known {
    here: String,
    issues: BTreeMap<(String, i64), KnownIssue>,
    people: BTreeMap<String, OwnerName>,
    commits: BTreeMap<String, CommitId>,
}

impl Known {
    /// The issue or pull request, in this repository when none is named.
    pub fn issue(&self, repo: Option<&(OwnerName, RepoName)>, number: i64) -> Option<&KnownIssue> {
        let address = repo.map_or_else(|| self.here.clone(), |(owner, name)| repository::address(owner, name));
        self.issues.get(&(address, number))
    }

    /// The person, as they write their name.
    pub fn person(&self, name: &OwnerName) -> Option<&OwnerName> {
        self.people.get(&name.as_str().to_lowercase())
    }

    /// The commit of this repository with this id, which may be short.
    pub fn commit(&self, id: &str) -> Option<&CommitId> {
        self.commits.get(id)
    }
}

impl Embedded {
    /// Looks up what texts refer to: at most one question to the database for issues and one for people, and one to Git.
    pub async fn known(&self, cx: &Cx, place: &Place, references: Vec<Reference>) -> Result<Known> {
        let here = address_of(&place.repository.reference());
        let (mut numbers, mut elsewhere) = (BTreeSet::new(), BTreeSet::new());
        let (mut names, mut ids) = (BTreeMap::new(), BTreeSet::new());
        for reference in references {
            match reference {
                Reference::Issue { repo: None, number } => drop(numbers.insert(number)),
                Reference::Issue { repo: Some((owner, name)), number } => {
                    let address = repository::address(&owner, &name);
                    if address == here {
                        numbers.insert(number);
                    } else {
                        elsewhere.insert((address, number));
                    }
                }
                Reference::Person(name) => drop(names.insert(name.as_str().to_lowercase(), name)),
                Reference::Commit(id) => drop(ids.insert(id)),
            }
        }
        let mut known = Known { here, ..Known::default() };
        let numbers: Vec<i64> = numbers.into_iter().take(MOST).collect();
        let elsewhere: Vec<(String, i64)> = elsewhere.into_iter().take(MOST / 4).collect();
        if !numbers.is_empty() || !elsewhere.is_empty() {
            let nothing = Readable::Only { owners: Vec::new(), repos: Vec::new() };
            let readable = if elsewhere.is_empty() { nothing } else { self.rooms().access.readable(cx).await? };
            let at = (place.repository.id, numbers.as_slice());
            let found = store::known::issues(&mut *self.db().read().await?, at, &elsewhere, &readable).await?;
            known.issues = found.into_iter().map(|issue| ((address_of(&issue.repo), issue.number), issue)).collect();
        }
        // Who is here is no news to people who are, and nothing for strangers.
        let names: Vec<&OwnerName> = names.values().take(MOST).collect();
        if !names.is_empty() && !matches!(cx.actor, Actor::Anonymous) {
            let people = self.rooms().identity.accounts_by_name(&names).await?;
            let people = people.into_iter().filter(|account| account.kind == AccountKind::Person);
            known.people = people.map(|account| (account.login.as_str().to_lowercase(), account.login)).collect();
        }
        let ids: Vec<String> = ids.into_iter().take(MOST).collect();
        if !ids.is_empty() {
            let found = self.git(&place.repository).known(ids.clone()).await?;
            known.commits = ids.into_iter().zip(found).filter_map(|(id, found)| Some((id, found?))).collect();
        }
        Ok(known)
    }
}

fn address_of(repo: &RepoRef) -> String {
    repository::address(&repo.owner, &repo.name)
}
