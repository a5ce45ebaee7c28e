//! Issues and pull requests that others mention. A mention is noted once, in the transaction of the text that makes it, and
//! shown to those who may read where it stands.

use std::collections::BTreeSet;

use crate::access::Actor;
use crate::access::Cx;
use crate::db::Tx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::issue::Author;
use crate::forge::embedded::notice::Did;
use crate::forge::embedded::notice::Why;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::store;
use crate::identity::Account;
use crate::identity::AccountKind;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::markdown;
use crate::model::CommitId;
use crate::model::OwnerName;
use crate::model::Reference;
use crate::model::RepoId;
use crate::model::RepoRef;
use crate::model::reference;

/// The most things that one text mentions, and the most other repositories that it may reach.
const MOST: usize = 50;
const MOST_REPOSITORIES: usize = 5;

/// One place where an issue or a pull request is mentioned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The repository of that place.
    pub repo: RepoRef,
    /// What mentions it.
    pub source: Source,
    /// Who wrote or pushed that.
    pub author: Author,
    /// When.
    pub at: Timestamp,
}

/// What mentions something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// An issue or a pull request, or what was said there.
    Issue {
        /// Its number.
        number: i64,
        /// Whether it is a pull request.
        pull: bool,
        /// Its title as it is now.
        title: String,
    },
    /// A commit that reached the default branch.
    Commit {
        /// Its id.
        sha: CommitId,
        /// Its first line.
        title: String,
    },
}

/// The things that a text mentions, before it is known whether all of them exist.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    pub(super) issues: Vec<(RepoId, i64)>,
    /// People who may read where the text stands.
    pub(super) people: Vec<Account>,
}

impl Embedded {
    /// Where an issue or pull request is mentioned, as far as whoever acts may read, oldest first.
    pub async fn mentions(&self, cx: &Cx, place: &Place, number: i64) -> Result<Vec<Mention>> {
        let readable = self.rooms().access.readable(cx).await?;
        store::mentions::list(&mut *self.db().read().await?, (place.repository.id, number), &readable).await
    }

    /// What a text mentions. Other repositories count when whoever writes may read them; what our own hand writes reaches
    /// no other repository.
    pub(super) async fn heard(&self, cx: &Cx, place: &Place, text: &str) -> Result<Heard> {
        let (mut heard, mut entered, mut names) = (BTreeSet::new(), Vec::new(), Vec::new());
        for one in markdown::texts(text).iter().flat_map(|text| reference::find(text)).take(MOST) {
            let (repo, number) = match one.reference {
                Reference::Issue { repo, number } => (repo, number),
                Reference::Person(name) => {
                    names.push(name);
                    continue;
                }
                Reference::Commit(_) => continue,
            };
            let Some((owner, name)) = repo else {
                heard.insert((place.repository.id, number));
                continue;
            };
            let known = entered.iter().find(|(one, _)| *one == (owner.clone(), name.clone())).map(|(_, id)| *id);
            let id = match known {
                Some(id) => id,
                None if entered.len() >= MOST_REPOSITORIES || matches!(cx.actor, Actor::System) => continue,
                None => {
                    let id = self.enter(cx, &owner, &name).await.ok().map(|place| place.repository.id);
                    entered.push(((owner, name), id));
                    id
                }
            };
            heard.extend(id.map(|id| (id, number)));
        }
        Ok(Heard { issues: heard.into_iter().collect(), people: self.readers(place, &names).await? })
    }

    /// What several texts mention together.
    pub(super) async fn heard_in(&self, cx: &Cx, place: &Place, texts: &[&str]) -> Result<Heard> {
        let mut all = Heard::default();
        for text in texts {
            let Heard { issues, people } = self.heard(cx, place, text).await?;
            all.issues.extend(issues.into_iter().filter(|one| !all.issues.contains(one)).collect::<Vec<_>>());
            let known: Vec<_> = all.people.iter().map(|person| person.id).collect();
            all.people.extend(people.into_iter().filter(|person| !known.contains(&person.id)));
        }
        Ok(all)
    }

    /// Those of these who are people and may read a repository.
    async fn readers(&self, place: &Place, names: &[OwnerName]) -> Result<Vec<Account>> {
        let names: Vec<&OwnerName> = names.iter().collect();
        let known = self.rooms().identity.accounts_by_name(&names).await?;
        let mut people = Vec::new();
        for person in known.into_iter().filter(|account| account.kind == AccountKind::Person) {
            let role = self.rooms().access.role_of(person.id, &place.repository.facts()).await?;
            if !place.repository.private || role.is_some() || person.site_admin {
                people.push(person);
            }
        }
        Ok(people)
    }

    /// Notes what an issue or pull request, or something said there, mentions. `at` ends in the comment or review; zero
    /// for the opening text.
    pub(super) async fn mention(
        &self,
        tx: &mut Tx,
        at: (&Place, i64, i64),
        author: &Author,
        now: Timestamp,
        heard: &Heard,
    ) -> Result<()> {
        let (place, number, entry) = at;
        let source = Source::Issue { number, pull: false, title: String::new() };
        let mention = Mention { repo: place.repository.reference(), source, author: author.clone(), at: now };
        for target in heard.issues.iter().filter(|target| **target != (place.repository.id, number)) {
            store::mentions::insert(tx, *target, &mention).await?;
        }
        for person in &heard.people {
            store::mentions::insert_person(tx, (place.repository.id, number), person).await?;
            let did = Did { who: author, what: "mentioned you", entry, at: now };
            let told = (person.id, Why::Mentioned);
            self.notify_one(tx, (place.repository.id, number), told, did).await?;
        }
        Ok(())
    }
}
