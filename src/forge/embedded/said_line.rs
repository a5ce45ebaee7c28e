//! One word about lines: finding it, editing it, and saying that its conversation is over.

use crate::access::Action;
use crate::access::Cx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::entry::Edit;
use crate::forge::embedded::line_comment::LineComment;
use crate::forge::embedded::line_comment::Resolution;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::store;
use crate::forge::embedded::text;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::digest::Digest;

impl Embedded {
    /// One word about lines of a pull request; one that is not sent yet only for its author.
    pub async fn line(&self, cx: &Cx, place: &Place, number: i64, id: i64) -> Result<LineComment> {
        let (repo, mut connection) = (place.repository.id, self.db().read().await?);
        let found = match store::reviews::line(&mut connection, repo, id, false).await? {
            Some(said) => Some(said),
            None => store::reviews::line(&mut connection, repo, id, true)
                .await?
                .filter(|pending| cx.person() == Some(pending.author.account)),
        };
        found.filter(|said| said.number == number).ok_or_else(|| Error::not_found("such comment"))
    }

    /// Changes what it says; what it said is kept once it was sent. Its author may without a role. Like an edit of a comment
    /// it is no event. With `seen`, it is refused when the text is another one by now.
    pub async fn edit_line(
        &self,
        cx: &Cx,
        place: &Place,
        (number, id): (i64, i64),
        body: &str,
        seen: Option<&Digest>,
    ) -> Result<()> {
        let author = self.author(cx)?;
        text::comment(body)?;
        let pending = self.line(cx, place, number, id).await?.pending;
        let heard = self.heard(cx, place, body).await?;
        let repo = place.repository.id;
        let mut tx = self.db().begin().await?;
        let edit_id = store::repositories::next_id(&mut tx, repo, cx.now()).await?;
        let said = store::reviews::line(&mut tx, repo, id, pending).await?;
        let mut said = said.ok_or_else(|| Error::not_found("such comment"))?;
        let own = said.author.account == author.account;
        cx.authorize(if own { Action::Comment } else { Action::EditIssue }, &place.standing)?;
        if said.body == body {
            return Ok(());
        }
        text::unchanged(seen, &said.body_digest())?;
        let before = std::mem::replace(&mut said.body, body.to_owned());
        if !pending {
            said.edited = Some(cx.now());
            let edit = Edit { body: before, editor: author.login.to_string(), at: cx.now() };
            store::entries::keep_edit(&mut tx, (repo, id), edit_id, &edit).await?;
            store::issues::touch(&mut tx, repo, number, 0, cx.now()).await?;
            self.mention(&mut tx, (place, number, said.review), &author, cx.now(), &heard).await?;
        }
        store::reviews::update_line(&mut tx, repo, &said).await?;
        tx.commit().await?;
        self.rooms().poke.poke();
        Ok(())
    }

    /// Says that a conversation is over, or that it goes on. Who began it may, the author of the pull request, and whoever
    /// may edit the words of others.
    pub async fn resolve(&self, cx: &Cx, place: &Place, (number, id): (i64, i64), over: bool) -> Result<()> {
        let by = self.author(cx)?;
        let unknown = || Error::not_found("such conversation");
        let (repo, issue) = (place.repository.id, self.pull(place, number).await?);
        let begun = self.line(cx, place, number, id).await?;
        if begun.thread.is_some() || begun.pending {
            return Err(unknown());
        }
        let own = [begun.author.account, issue.author.account].contains(&by.account);
        cx.authorize(if own { Action::Comment } else { Action::EditIssue }, &place.standing)?;
        let mut tx = self.db().begin().await?;
        store::repositories::next_id(&mut tx, repo, cx.now()).await?;
        let resolution = over.then(|| Resolution { at: cx.now(), by });
        store::reviews::resolve(&mut tx, repo, id, resolution.as_ref()).await?;
        store::issues::touch(&mut tx, repo, number, 0, cx.now()).await?;
        tx.commit().await?;
        self.rooms().poke.poke();
        Ok(())
    }
}
