//! Writing and editing comments, and notes of what runs and rules did.

use crate::access::Action;
use crate::access::Cx;
use crate::db::Tx;
use crate::forge::Marker;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::entry::Edit;
use crate::forge::embedded::entry::Entry;
use crate::forge::embedded::entry::EntryKind;
use crate::forge::embedded::hooks::announce::Happening;
use crate::forge::embedded::issue::Author;
use crate::forge::embedded::notice::Did;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::store;
use crate::forge::embedded::text;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::digest::Digest;
use crate::kit::text::bounded;
use crate::model::RepoId;
use crate::model::What;

impl Embedded {
    /// Writes a comment on an issue or pull request.
    pub async fn comment(&self, cx: &Cx, place: &Place, number: i64, body: &str) -> Result<Entry> {
        cx.authorize(Action::Comment, &place.standing)?;
        let author = self.author(cx)?;
        self.write_comment(cx, (place, number), author, body, None).await
    }

    pub(super) async fn write_comment(
        &self,
        cx: &Cx,
        place: (&Place, i64),
        author: Author,
        body: &str,
        marker: Option<&Marker>,
    ) -> Result<Entry> {
        text::comment(body)?;
        let (repository, number) = (&place.0.repository, place.1);
        let heard = self.heard(cx, place.0, body).await?;
        let mut tx = self.db().begin().await?;
        let id = store::repositories::next_id(&mut tx, repository.id, cx.now()).await?;
        let found = store::issues::by_number(&mut tx, repository.id, number).await?;
        let issue = found.ok_or_else(|| Error::not_found("such issue"))?;
        let entry = Entry {
            id,
            number,
            kind: EntryKind::Comment,
            body: body.to_owned(),
            author,
            review: None,
            created: cx.now(),
            edited: None,
        };
        store::entries::insert(&mut tx, repository.id, &entry, marker).await?;
        store::issues::touch(&mut tx, repository.id, number, 1, cx.now()).await?;
        let did = Did { who: &entry.author, what: "commented", entry: id, at: cx.now() };
        self.notify(&mut tx, repository.id, &issue, did).await?;
        self.mention(&mut tx, (place.0, number, id), &entry.author, cx.now(), &heard).await?;
        let (of_issue, of_pull) = issue.as_either();
        let what = What::Comment { issue: of_issue, pull: of_pull, comment: entry.as_event() };
        let actor = self.actor(&entry.author);
        self.tell(&mut tx, repository, actor.clone(), cx.now(), what).await?;
        let happening = Happening::Comment { issue: &issue, entry: &entry, before: None };
        self.announce(&mut tx, (repository, cx.now()), &actor, happening).await?;
        tx.commit().await?;
        self.rooms().poke.poke();
        Ok(entry)
    }

    /// Changes what a comment says; what it said is kept. Its author may without a role. It is no event: a mention that
    /// an edit brings in starts nothing.
    /// With `seen`, the digest of the text that was edited, it is refused when the text is another one by now.
    pub async fn edit_comment(
        &self,
        cx: &Cx,
        place: &Place,
        id: i64,
        body: &str,
        seen: Option<&Digest>,
    ) -> Result<Entry> {
        let author = self.author(cx)?;
        let heard = self.heard(cx, place, body).await?;
        let repo = place.repository.id;
        let unknown = || Error::not_found("such comment");
        let mut tx = self.db().begin().await?;
        let edit_id = store::repositories::next_id(&mut tx, repo, cx.now()).await?;
        let mut entry = store::entries::by_id(&mut tx, repo, id).await?.ok_or_else(unknown)?;
        if !matches!(entry.kind, EntryKind::Comment | EntryKind::Review) {
            return Err(unknown());
        }
        let own = entry.author.account == author.account;
        cx.authorize(if own { Action::Comment } else { Action::EditIssue }, &place.standing)?;
        text::comment(body)?;
        if entry.body == body {
            return Ok(entry);
        }
        text::unchanged(seen, &entry.body_digest())?;
        let before = std::mem::replace(&mut entry.body, body.to_owned());
        let edit = Edit { body: before.clone(), editor: author.login.to_string(), at: cx.now() };
        entry.edited = Some(cx.now());
        store::entries::update_body(&mut tx, repo, &entry).await?;
        store::entries::keep_edit(&mut tx, (repo, id), edit_id, &edit).await?;
        store::issues::touch(&mut tx, repo, entry.number, 0, cx.now()).await?;
        self.mention(&mut tx, (place, entry.number, id), &author, cx.now(), &heard).await?;
        if let Some(issue) = store::issues::by_number(&mut tx, repo, entry.number).await? {
            let happening = Happening::Comment { issue: &issue, entry: &entry, before: Some(before) };
            self.announce(&mut tx, (&place.repository, cx.now()), &self.actor(&author), happening).await?;
        }
        tx.commit().await?;
        self.rooms().poke.poke();
        Ok(entry)
    }

    /// Says on an issue or pull request what a run or a rule did about it, in the caller's transaction. It is no event.
    /// Says nothing when there is no such number.
    pub async fn note(&self, tx: &mut Tx, cx: &Cx, repo: RepoId, number: i64, words: &str) -> Result<()> {
        let id = store::repositories::next_id(tx, repo, cx.now()).await?;
        if store::issues::by_number(tx, repo, number).await?.is_none() {
            return Ok(());
        }
        let entry = Entry {
            id,
            number,
            kind: EntryKind::Note,
            body: bounded(words, 4096).to_owned(),
            author: self.own_author(None),
            review: None,
            created: cx.now(),
            edited: None,
        };
        store::entries::insert(tx, repo, &entry, None).await
    }
}
