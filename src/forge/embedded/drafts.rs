//! Reviews that somebody still writes: words about lines are collected, seen by their author alone, and sent together with
//! a judgement, or thrown away. Until then nobody is told, and nothing of it is in what was said.

use crate::access::Action;
use crate::access::Cx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::entry::Entry;
use crate::forge::embedded::entry::ReviewState;
use crate::forge::embedded::issue::Author;
use crate::forge::embedded::line_comment::LineComment;
use crate::forge::embedded::line_comment::NewLineComment;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::reviews::Judgement;
use crate::forge::embedded::reviews::MOST_LINES;
use crate::forge::embedded::reviews::too_many;
use crate::forge::embedded::store;
use crate::forge::embedded::text;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::CommitId;

/// A review that is not sent yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Its id among everything in the repository; the review keeps it.
    pub id: i64,
    /// The pull request.
    pub number: i64,
    /// Who writes it.
    pub author: Author,
    /// The head when it was begun.
    pub sha: CommitId,
    /// What it says as a whole so far, Markdown.
    pub body: String,
    /// When it was begun.
    pub created: Timestamp,
    /// What it says about lines.
    pub lines: Vec<LineComment>,
}

impl Embedded {
    /// The review of a pull request that whoever acts still writes.
    pub async fn draft(&self, cx: &Cx, place: &Place, number: i64) -> Result<Option<Draft>> {
        let Some(account) = cx.person() else { return Ok(None) };
        store::reviews::draft(&mut *self.db().read().await?, (place.repository.id, number), account).await
    }

    /// Puts words into the review that whoever acts still writes, which begins with the first of them. With a body, that
    /// is what the review says as a whole so far.
    pub async fn add_to_draft(
        &self,
        cx: &Cx,
        place: &Place,
        number: i64,
        (body, lines): (Option<&str>, Vec<NewLineComment>),
        looked_at: Option<&CommitId>,
    ) -> Result<Draft> {
        cx.authorize(Action::ReviewPull, &place.standing)?;
        let author = self.author(cx)?;
        body.map(text::body).transpose()?;
        let seen = self.pull(place, number).await?;
        let spoken = self.spoken(cx, place, &seen, lines).await?;
        let repo = place.repository.id;
        let mut tx = self.db().begin().await?;
        store::repositories::next_id(&mut tx, repo, cx.now()).await?;
        let head = self.head_looked_at(&mut tx, place, number, looked_at).await?;
        let found = store::reviews::draft(&mut tx, (repo, number), author.account).await?;
        let mut draft = match found {
            Some(draft) => draft,
            None => {
                let id = store::repositories::next_id(&mut tx, repo, cx.now()).await?;
                let (sha, body, lines) = (head, String::new(), Vec::new());
                let draft = Draft { id, number, author: author.clone(), sha, body, created: cx.now(), lines };
                store::reviews::insert_draft(&mut tx, repo, &draft).await?;
                draft
            }
        };
        if draft.lines.len() + spoken.len() > MOST_LINES {
            return Err(too_many());
        }
        if let Some(body) = body {
            store::reviews::update_draft_body(&mut tx, repo, draft.id, body).await?;
            draft.body = body.to_owned();
        }
        for one in spoken {
            let id = store::repositories::next_id(&mut tx, repo, cx.now()).await?;
            let comment = one.said((id, number, draft.id), &author, cx.now(), true);
            store::reviews::insert_line(&mut tx, repo, &comment).await?;
            draft.lines.push(comment);
        }
        tx.commit().await?;
        Ok(draft)
    }

    /// Takes one word out of the review that whoever acts still writes.
    pub async fn take_from_draft(&self, cx: &Cx, place: &Place, number: i64, id: i64) -> Result<()> {
        let draft = self.draft(cx, place, number).await?;
        let mine = draft.is_some_and(|draft| draft.lines.iter().any(|line| line.id == id));
        if !mine {
            return Err(Error::not_found("such comment"));
        }
        let mut tx = self.db().begin().await?;
        store::reviews::delete_draft_line(&mut tx, place.repository.id, id).await?;
        tx.commit().await
    }

    /// Throws away the review that whoever acts still writes.
    pub async fn discard_draft(&self, cx: &Cx, place: &Place, number: i64) -> Result<()> {
        let draft = self.draft(cx, place, number).await?.ok_or_else(|| Error::not_found("such review"))?;
        let mut tx = self.db().begin().await?;
        store::reviews::delete_draft(&mut tx, place.repository.id, draft.id).await?;
        tx.commit().await
    }

    /// Sends the review that whoever acts still writes: from now on it counts, and everybody sees it. Refused when the head
    /// is not the one that was looked at.
    pub async fn send_draft(
        &self,
        cx: &Cx,
        place: &Place,
        number: i64,
        (state, body): (ReviewState, &str),
        looked_at: Option<&CommitId>,
    ) -> Result<Entry> {
        cx.authorize(Action::ReviewPull, &place.standing)?;
        let author = self.author(cx)?;
        text::body(body)?;
        let unknown = || Error::not_found("such review");
        let draft = self.draft(cx, place, number).await?.ok_or_else(unknown)?;
        let texts: Vec<&str> = draft.lines.iter().map(|line| line.body.as_str()).chain([body]).collect();
        let heard = self.heard_in(cx, place, &texts).await?;
        let repo = place.repository.id;
        let mut tx = self.db().begin().await?;
        store::repositories::next_id(&mut tx, repo, cx.now()).await?;
        let head = self.head_looked_at(&mut tx, place, number, looked_at).await?;
        // Read again under the lock: of two who send it at once one finds nothing.
        let draft = store::reviews::draft(&mut tx, (repo, number), author.account).await?.ok_or_else(unknown)?;
        store::reviews::delete_draft(&mut tx, repo, draft.id).await?;
        let sent = |line| LineComment { pending: false, created: cx.now(), edited: None, ..line };
        let lines: Vec<LineComment> = draft.lines.into_iter().map(sent).collect();
        let judgement = Judgement {
            id: draft.id,
            number,
            state,
            body,
            head: &head,
            lines: &lines,
            heard: &heard,
            author: &author,
            marker: None,
        };
        let entry = self.write_review(&mut tx, cx, place, judgement).await?;
        tx.commit().await?;
        self.rooms().poke.poke();
        Ok(entry)
    }
}
