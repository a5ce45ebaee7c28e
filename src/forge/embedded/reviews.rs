//! Judging the changes of a pull request.

use crate::access::Action;
use crate::access::Cx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::entry::Entry;
use crate::forge::embedded::entry::EntryKind;
use crate::forge::embedded::entry::Review;
use crate::forge::embedded::entry::ReviewState;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::store;
use crate::forge::embedded::store::entries::Which;
use crate::forge::embedded::text;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::model::CommitId;
use crate::model::Role;
use crate::model::What;

impl Embedded {
    /// Reviews a pull request at its head. The author of the changes may only comment. What it says is an event like a
    /// comment.
    pub async fn review(
        &self,
        cx: &Cx,
        place: (&Place, i64),
        state: ReviewState,
        body: &str,
        looked_at: Option<CommitId>,
    ) -> Result<Entry> {
        let (place, number) = place;
        cx.authorize(Action::ReviewPull, &place.standing)?;
        let author = self.author(cx)?;
        text::body(body)?;
        if state != ReviewState::Approved && body.trim().is_empty() {
            return Err(Error::invalid("A review that does not approve needs some text").field("body"));
        }
        let repository = &place.repository;
        let mut tx = self.db().begin().await?;
        let id = store::repositories::next_id(&mut tx, repository.id, cx.now()).await?;
        let found = store::issues::by_number(&mut tx, repository.id, number).await?;
        let issue = found.ok_or_else(|| Error::not_found("such pull request"))?;
        let pull = issue.pull.as_ref().ok_or_else(|| Error::not_found("such pull request"))?;
        if state != ReviewState::Commented && issue.author.account == author.account {
            return Err(Error::invalid("Nobody judges a pull request of their own")
                .hint("comment on it")
                .field("event"));
        }
        if let Some(seen) = looked_at.filter(|seen| *seen != pull.head_sha) {
            return Err(Error::conflict(format!("The pull request moved on from {}", seen.short()))
                .hint("look at the new commits and review again"));
        }
        let entry = Entry {
            id,
            number,
            kind: EntryKind::Review,
            body: body.to_owned(),
            author,
            review: Some(Review { state, sha: pull.head_sha.clone() }),
            created: cx.now(),
            edited: None,
        };
        store::entries::insert(&mut tx, repository.id, &entry, None).await?;
        store::issues::touch(&mut tx, repository.id, number, 0, cx.now()).await?;
        if !body.trim().is_empty() {
            let what = What::Comment { issue: None, pull: issue.as_pull_event(), comment: entry.as_event() };
            self.tell(&mut tx, repository, self.actor(&entry.author), cx.now(), what).await?;
        }
        tx.commit().await?;
        self.rooms().poke.poke();
        Ok(entry)
    }

    /// Reviews of a pull request, oldest first.
    pub async fn reviews(&self, place: &Place, number: i64, paging: Paging) -> Result<Page<Entry>> {
        self.entries(place, number, Which::Reviews, paging).await
    }

    /// How many people with the role to write approve the head as it is, and whether somebody asks for changes: of each
    /// person the last judgement counts.
    pub(super) async fn judgement(&self, place: &Place, number: i64, head: &CommitId) -> Result<(i64, bool)> {
        let mut connection = self.db().read().await?;
        let at = (place.repository.id, number);
        let reviews = store::entries::newest(&mut connection, at, Which::Reviews, 1000).await?;
        drop(connection);
        let mut last: Vec<(crate::model::AccountId, Review)> = Vec::new();
        for entry in reviews {
            let Some(review) = entry.review.filter(|review| review.state != ReviewState::Commented) else { continue };
            last.retain(|(account, _)| *account != entry.author.account);
            last.push((entry.author.account, review));
        }
        let (mut approvals, mut refused) = (0, false);
        for (account, review) in last {
            let role = self.rooms().access.role_of(account, &place.repository.facts()).await?;
            if role < Some(Role::Write) {
                continue;
            }
            refused |= review.state == ReviewState::ChangesRequested;
            approvals += i64::from(review.state == ReviewState::Approved && review.sha == *head);
        }
        Ok((approvals, refused))
    }
}
