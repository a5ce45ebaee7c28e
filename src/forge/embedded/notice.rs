//! The inbox: what happened that concerns a person, and why they are told. One row for each conversation; a newer thing
//! takes the place of an older one. It is written in the transaction of what it tells.
//!
//! Told are those whom a text mentions, those who look after something, those whose review is asked for, those who opened it,
//! and those who watch the repository, by the nearest of these reasons; nobody is told what they
//! did themselves, and nobody what they may not read. Our own hand has no inbox.

use crate::access::Cx;
use crate::db::Tx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::issue::Author;
use crate::forge::embedded::issue::Issue;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::store;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::model::AccountId;
use crate::model::RepoId;
use crate::model::RepoRef;

/// Something that concerns a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The repository.
    pub repo: RepoRef,
    /// The issue or pull request.
    pub number: i64,
    /// Whether it is a pull request.
    pub pull: bool,
    /// Its title as it is now.
    pub title: String,
    /// `open`, `closed` or `merged`.
    pub state: String,
    /// Why they are told.
    pub why: Why,
    /// What somebody did: `commented`.
    pub what: String,
    /// The comment or review that it is, if it is one.
    pub entry: Option<i64>,
    /// Who did it.
    pub actor: String,
    /// Whether it is news.
    pub unread: bool,
    /// Whether the person wants to hear no more of this conversation.
    pub muted: bool,
    /// When.
    pub at: Timestamp,
}

/// Why somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// A text names them.
    Mentioned,
    /// They look after it.
    Assigned,
    /// They opened it.
    Author,
    /// Their review is asked for.
    Reviewer,
    /// They watch the repository.
    Watching,
}

/// Which notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    /// What is news.
    Unread,
    /// All that is not muted.
    All,
    /// Conversations that are muted.
    Muted,
}

/// What somebody did.
#[derive(Clone, Copy, Debug)]
pub(super) struct Did<'a> {
    pub(super) who: &'a Author,
    pub(super) what: &'a str,
    /// The comment or review; zero for something else.
    pub(super) entry: i64,
    pub(super) at: Timestamp,
}

impl Why {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mentioned => "mentioned",
            Self::Assigned => "assigned",
            Self::Author => "author",
            Self::Reviewer => "reviewer",
            Self::Watching => "watching",
        }
    }
}

impl std::str::FromStr for Why {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let known = [Self::Mentioned, Self::Assigned, Self::Author, Self::Reviewer, Self::Watching];
        known.into_iter().find(|why| why.as_str() == text).ok_or_else(|| Error::invalid("This is no reason"))
    }
}

impl Embedded {
    /// What concerns whoever acts, as far as they may still read it, newest first.
    pub async fn notices(&self, cx: &Cx, shelf: Shelf, paging: Paging) -> Result<Page<Notice>> {
        let person = self.author(cx)?.account;
        let readable = self.rooms().access.readable(cx).await?;
        store::notices::list(&mut *self.db().read().await?, person, &readable, (shelf, paging)).await
    }

    /// How many of them are news.
    pub async fn count_unread(&self, person: AccountId) -> Result<u64> {
        store::notices::count_unread(&mut *self.db().read().await?, person).await
    }

    /// Says that one is no news any more; answers which comment or review it was about.
    pub async fn mark_read(&self, cx: &Cx, repo: RepoId, number: i64) -> Result<Option<i64>> {
        let person = self.author(cx)?.account;
        let mut tx = self.db().begin().await?;
        let entry = store::notices::mark_read(&mut tx, person, (repo, number)).await?;
        tx.commit().await?;
        Ok(entry)
    }

    /// Says that nothing is news any more.
    pub async fn mark_all_read(&self, cx: &Cx) -> Result<()> {
        let person = self.author(cx)?.account;
        let mut tx = self.db().begin().await?;
        store::notices::mark_all_read(&mut tx, person).await?;
        tx.commit().await
    }

    /// Wants to hear no more of a conversation, or wants to again.
    pub async fn mute(&self, cx: &Cx, place: &Place, number: i64, mute: bool) -> Result<()> {
        let person = self.author(cx)?.account;
        let at = (place.repository.id, number);
        self.issue(place, number).await?;
        let mut tx = self.db().begin().await?;
        store::notices::mute(&mut tx, person, at, mute, cx.now()).await?;
        tx.commit().await
    }

    /// Tells those who watch the repository, whose review is asked for, who opened something and who look after it.
    pub(super) async fn notify(&self, tx: &mut Tx, repo: RepoId, issue: &Issue, did: Did<'_>) -> Result<()> {
        // The nearest reason is written last, over the others.
        for account in store::watches::of_repo(tx, repo).await? {
            self.notify_one(tx, (repo, issue.number), (account, Why::Watching), did).await?;
        }
        for account in store::review_requests::people(tx, (repo, issue.number)).await? {
            self.notify_one(tx, (repo, issue.number), (account, Why::Reviewer), did).await?;
        }
        let assigned = issue.assignees.iter().map(|who| (who.account, Why::Assigned));
        for (account, why) in std::iter::once((issue.author.account, Why::Author)).chain(assigned) {
            self.notify_one(tx, (repo, issue.number), (account, why), did).await?;
        }
        Ok(())
    }

    /// Tells one person.
    pub(super) async fn notify_one(
        &self,
        tx: &mut Tx,
        at: (RepoId, i64),
        told: (AccountId, Why),
        did: Did<'_>,
    ) -> Result<()> {
        if told.0 == did.who.account || told.0 == self.own().id {
            return Ok(());
        }
        store::notices::put(tx, at, told, did).await
    }
}
