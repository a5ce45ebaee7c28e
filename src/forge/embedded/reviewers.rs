//! Whose review is asked for: people and teams, by somebody or by a file of code owners. Who reviews is asked no more.

use crate::access::Action;
use crate::access::Cx;
use crate::db::Tx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::entry::EntryKind;
use crate::forge::embedded::issue::Author;
use crate::forge::embedded::issue::Issue;
use crate::forge::embedded::notice::Did;
use crate::forge::embedded::notice::Why;
use crate::forge::embedded::owners::Found;
use crate::forge::embedded::owners::Owner;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::store;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::text::visible_line;
use crate::model::AccountId;
use crate::model::RepoId;

/// More reviewers than these nobody waits for.
const MOST: usize = 50;
/// How many a file of code owners asks at once.
const MOST_OWNERS: usize = 15;

/// Somebody whose review is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewer {
    /// Who.
    pub who: Asked,
    /// The name when they were asked.
    pub name: String,
    /// Whether a file of code owners asked.
    pub by_owners: bool,
    /// When.
    pub created: Timestamp,
}

/// A person or a team.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A person.
    Person(AccountId),
    /// The team with this number.
    Team(i64),
}

impl Embedded {
    /// Whose review is asked for, those asked first first.
    pub async fn reviewers(&self, place: &Place, number: i64) -> Result<Vec<Reviewer>> {
        store::review_requests::of_pull(&mut *self.db().read().await?, (place.repository.id, number)).await
    }

    /// Asks people and teams for a review: who may label may, and whoever opened it.
    pub async fn ask_for_review(&self, cx: &Cx, place: &Place, number: i64, names: &[Owner]) -> Result<Vec<Reviewer>> {
        let (issue, author) = self.asking(cx, place, number).await?;
        let mut found = Vec::new();
        for name in names {
            let one = self.found(place, name).await?.ok_or_else(|| {
                Error::invalid(format!("Cannot ask `{}`: nobody of this name has a role here", shown(name)))
                    .field("reviewers")
            })?;
            if matches!(&one, Found::Person(id, _) if *id == issue.author.account) {
                return Err(Error::invalid("Nobody reviews a pull request of their own").field("reviewers"));
            }
            found.push(one);
        }
        self.ask(cx, (place, &issue), &author, &found, false).await?;
        self.reviewers(place, number).await
    }

    /// Asks people and teams no more.
    pub async fn ask_no_more(&self, cx: &Cx, place: &Place, number: i64, names: &[Owner]) -> Result<()> {
        let (_, author) = self.asking(cx, place, number).await?;
        let repo = place.repository.id;
        let mut tx = self.db().begin().await?;
        store::repositories::next_id(&mut tx, repo, cx.now()).await?;
        for asked in store::review_requests::of_pull(&mut tx, (repo, number)).await? {
            let is_it = |name: &Owner| match (name, asked.who) {
                (Owner::Person(name), Asked::Person(_)) => name.eq_ignore_ascii_case(&asked.name),
                (Owner::Team(_, name), Asked::Team(_)) => name.eq_ignore_ascii_case(&asked.name),
                _ => false,
            };
            if names.iter().any(is_it) {
                store::review_requests::delete(&mut tx, (repo, number), asked.who).await?;
                let words = format!("no longer asks {} for a review", asked.name);
                self.say(&mut tx, (place, number), &author, EntryKind::Asked, &words, cx).await?;
            }
        }
        tx.commit().await?;
        self.rooms().poke.poke();
        Ok(())
    }

    /// Asks those who own what a pull request changes, as the base branch says. What is wrong with the file is on the page.
    pub(super) async fn ask_owners(&self, cx: &Cx, place: &Place, issue: &Issue) -> Result<()> {
        if issue.pull.as_ref().is_none_or(|pull| pull.draft) {
            return Ok(());
        }
        let ownership = self.ownership(place, issue).await?;
        let mut owners: Vec<Owner> = ownership.needs.into_iter().flat_map(|need| need.owners).collect();
        owners.sort();
        owners.dedup();
        let mut found = Vec::new();
        for owner in owners.iter().take(MOST_OWNERS) {
            match self.found(place, owner).await? {
                Some(Found::Person(id, _)) if id == issue.author.account => {}
                Some(one) => found.push(one),
                None => {}
            }
        }
        self.ask(cx, (place, issue), &self.own_author(None), &found, true).await
    }

    async fn asking(&self, cx: &Cx, place: &Place, number: i64) -> Result<(Issue, Author)> {
        let author = self.author(cx)?;
        let issue = self.pull(place, number).await?;
        let own = issue.author.account == author.account;
        cx.authorize(if own { Action::OpenIssue } else { Action::LabelIssue }, &place.standing)?;
        Ok((issue, author))
    }

    async fn ask(
        &self,
        cx: &Cx,
        (place, issue): (&Place, &Issue),
        author: &Author,
        found: &[Found],
        by_owners: bool,
    ) -> Result<()> {
        let (repo, number) = (place.repository.id, issue.number);
        let mut tx = self.db().begin().await?;
        store::repositories::next_id(&mut tx, repo, cx.now()).await?;
        let mut known = store::review_requests::of_pull(&mut tx, (repo, number)).await?;
        for one in found {
            let (who, name) = match one {
                Found::Person(id, login) => (Asked::Person(*id), login.to_string()),
                Found::Team(team) => (Asked::Team(team.number), team.name.clone()),
            };
            if known.iter().any(|asked| asked.who == who) {
                continue;
            }
            if known.len() >= MOST {
                return Err(Error::invalid(format!("At most {MOST} reviews can be asked for")).field("reviewers"));
            }
            let reviewer = Reviewer { who, name, by_owners, created: cx.now() };
            store::review_requests::insert(&mut tx, (repo, number), &reviewer).await?;
            let words = match by_owners {
                true => format!("asks {} for a review, who owns what changes", reviewer.name),
                false => format!("asks {} for a review", reviewer.name),
            };
            self.say(&mut tx, (place, number), author, EntryKind::Asked, &words, cx).await?;
            let did = Did { who: author, what: "asks for your review", entry: 0, at: cx.now() };
            for account in self.people_of(one).await? {
                self.notify_one(&mut tx, (repo, number), (account, Why::Reviewer), did).await?;
            }
            known.push(reviewer);
        }
        tx.commit().await?;
        self.rooms().poke.poke();
        Ok(())
    }

    async fn people_of(&self, found: &Found) -> Result<Vec<AccountId>> {
        match found {
            Found::Person(id, _) => Ok(vec![*id]),
            Found::Team(team) => {
                Ok(self.rooms().identity.team_members(team).await?.into_iter().map(|one| one.id).collect())
            }
        }
    }

    /// Strikes out that somebody is asked, because they reviewed; and the team that they reviewed for.
    pub(super) async fn has_reviewed(&self, tx: &mut Tx, at: (RepoId, i64), who: AccountId) -> Result<()> {
        store::review_requests::delete(tx, at, Asked::Person(who)).await?;
        for asked in store::review_requests::of_pull(tx, at).await? {
            if let Asked::Team(number) = asked.who
                && let Some(team) = self.rooms().identity.team(number).await?
                && self.rooms().identity.team_members(&team).await?.iter().any(|one| one.id == who)
            {
                store::review_requests::delete(tx, at, asked.who).await?;
            }
        }
        Ok(())
    }
}

fn shown(name: &Owner) -> String {
    visible_line(&name.to_string(), 80)
}
