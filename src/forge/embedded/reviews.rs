//! Judging the changes of a pull request: a judgement about one head, with words about single lines.
//!
//! A review is an entry of the conversation. It is stale when the head moved on since, which is seen by comparing commits and
//! never written down; it is dismissed when somebody who may merge took it off the table, which is.

use crate::access::Action;
use crate::access::Cx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::entry::Dismissal;
use crate::forge::embedded::entry::Entry;
use crate::forge::embedded::entry::EntryKind;
use crate::forge::embedded::entry::Review;
use crate::forge::embedded::entry::ReviewState;
use crate::forge::embedded::hooks::announce::Happening;
use crate::forge::embedded::issue::Issue;
use crate::forge::embedded::line_comment::LineComment;
use crate::forge::embedded::line_comment::LineSide;
use crate::forge::embedded::line_comment::NewLineComment;
use crate::forge::embedded::notice::Did;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::store;
use crate::forge::embedded::store::entries::Which;
use crate::forge::embedded::text;
use crate::git;
use crate::git::Side;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::model::CommitId;
use crate::model::Role;
use crate::model::What;

/// The most lines that one review may speak about.
const MOST_LINES: usize = 300;

/// How many lines of the difference are kept with a word about one of them.
const LINES_SHOWN: usize = 12;

/// A review to write.
#[derive(Clone, Debug)]
pub struct NewReview {
    /// The judgement.
    pub state: ReviewState,
    /// What it says as a whole, Markdown.
    pub body: String,
    /// The head that was looked at; the review is refused when it moved. None judges whatever the head is.
    pub looked_at: Option<CommitId>,
    /// What it says about single lines.
    pub lines: Vec<NewLineComment>,
}

impl NewReview {
    /// A judgement about the head, whatever it is, without words about lines.
    pub fn new(state: ReviewState, body: &str) -> Self {
        Self { state, body: body.to_owned(), looked_at: None, lines: Vec::new() }
    }
}

impl Embedded {
    /// Reviews a pull request at its head. The author of the changes may only comment. What it says is an event like a
    /// comment.
    pub async fn review(&self, cx: &Cx, place: &Place, number: i64, new: NewReview) -> Result<Entry> {
        cx.authorize(Action::ReviewPull, &place.standing)?;
        let author = self.author(cx)?;
        let NewReview { state, body, looked_at, lines } = new;
        text::body(&body)?;
        if state != ReviewState::Approved && body.trim().is_empty() && lines.is_empty() {
            return Err(Error::invalid("A review that does not approve needs some text").field("body"));
        }
        let heard = self.heard(cx, place, &body).await?;
        let repository = &place.repository;
        let seen = self.pull(place, number).await?;
        let hunks = self.hunks_of(place, &seen, &lines).await?;

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
        let looked_at = looked_at.or_else(|| (!lines.is_empty()).then(|| head_of(&seen)).flatten());
        if let Some(seen) = looked_at.filter(|seen| *seen != pull.head_sha) {
            return Err(Error::conflict(format!("The pull request moved on from {}", seen.short()))
                .hint("look at the new commits and review again"));
        }
        let lines_said = i64::try_from(lines.len()).unwrap_or(i64::MAX);
        let review = Review { state, sha: pull.head_sha.clone(), lines: lines_said, dismissed: None };
        let entry = Entry {
            id,
            number,
            kind: EntryKind::Review,
            body,
            author: author.clone(),
            review: Some(review),
            created: cx.now(),
            edited: None,
        };
        store::entries::insert(&mut tx, repository.id, &entry, None).await?;
        for (line, hunk) in lines.into_iter().zip(hunks) {
            let NewLineComment { path, side, line, body } = line;
            let comment = LineComment {
                id: store::repositories::next_id(&mut tx, repository.id, cx.now()).await?,
                number,
                review: id,
                path,
                side,
                line,
                sha: pull.head_sha.clone(),
                hunk,
                body,
                author: author.clone(),
                created: cx.now(),
                edited: None,
            };
            store::reviews::insert_line(&mut tx, repository.id, &comment).await?;
        }
        store::issues::touch(&mut tx, repository.id, number, 0, cx.now()).await?;
        let did = Did { who: &author, what: reviewed(state), entry: id, at: cx.now() };
        self.notify(&mut tx, repository.id, &issue, did).await?;
        self.mention(&mut tx, (place, number, id), &author, cx.now(), &heard).await?;
        let actor = self.actor(&entry.author);
        if !entry.body.trim().is_empty() {
            let what = What::Comment { issue: None, pull: issue.as_pull_event(), comment: entry.as_event() };
            self.tell(&mut tx, repository, actor.clone(), cx.now(), what).await?;
        }
        let happening = Happening::Review { issue: &issue, entry: &entry };
        self.announce(&mut tx, (repository, cx.now()), &actor, happening).await?;
        tx.commit().await?;
        self.rooms().poke.poke();
        Ok(entry)
    }

    /// Reviews of a pull request, oldest first.
    pub async fn reviews(&self, place: &Place, number: i64, paging: Paging) -> Result<Page<Entry>> {
        self.entries(place, number, Which::Reviews, paging).await
    }

    /// What a review says about lines, oldest first.
    pub async fn lines_of_review(&self, place: &Place, review: i64) -> Result<Vec<LineComment>> {
        store::reviews::lines_of_review(&mut *self.db().read().await?, place.repository.id, review).await
    }

    /// What all reviews of a pull request say about lines, by file, oldest first; at most 2,000.
    pub async fn lines_of_pull(&self, place: &Place, number: i64) -> Result<Vec<LineComment>> {
        store::reviews::lines_of_pull(&mut *self.db().read().await?, place.repository.id, number).await
    }

    /// Takes a judgement off the table, with the reason: it counts no longer, and stays to be read. None puts it back.
    pub async fn dismiss_review(&self, cx: &Cx, place: &Place, id: i64, reason: Option<&str>) -> Result<Entry> {
        cx.authorize(Action::MergePull, &place.standing)?;
        let by = self.author(cx)?;
        reason.map(text::body).transpose()?;
        let repo = place.repository.id;
        let unknown = || Error::not_found("such review");
        let mut tx = self.db().begin().await?;
        store::repositories::next_id(&mut tx, repo, cx.now()).await?;
        let mut entry = store::entries::by_id(&mut tx, repo, id).await?.ok_or_else(unknown)?;
        let review = entry.review.as_mut().ok_or_else(unknown)?;
        if review.state == ReviewState::Commented {
            return Err(Error::invalid("A review that only comments judges nothing that could be dismissed"));
        }
        review.dismissed = reason.map(|message| Dismissal { at: cx.now(), by, message: message.to_owned() });
        store::reviews::dismiss(&mut tx, repo, id, review.dismissed.as_ref()).await?;
        store::issues::touch(&mut tx, repo, entry.number, 0, cx.now()).await?;
        tx.commit().await?;
        self.rooms().poke.poke();
        Ok(entry)
    }

    /// How many people with the role to write approve the head as it is, and whether somebody asks for changes: of each
    /// person the last judgement counts, unless it was dismissed.
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
        for (account, review) in last.into_iter().filter(|(_, review)| review.dismissed.is_none()) {
            let role = self.rooms().access.role_of(account, &place.repository.facts()).await?;
            if role < Some(Role::Write) {
                continue;
            }
            refused |= review.state == ReviewState::ChangesRequested;
            approvals += i64::from(review.state == ReviewState::Approved && review.sha == *head);
        }
        Ok((approvals, refused))
    }

    /// For each line that a review speaks about, the part of the difference that leads to it. A line that the difference
    /// does not show is refused: nobody would see where the words belong.
    async fn hunks_of(&self, place: &Place, pull: &Issue, lines: &[NewLineComment]) -> Result<Vec<String>> {
        let Some(head) = head_of(pull).filter(|_| !lines.is_empty()) else { return Ok(Vec::new()) };
        if lines.len() > MOST_LINES {
            let message = format!("A review may speak about {MOST_LINES} lines at most");
            return Err(Error::invalid(message).field("comments"));
        }
        let from = self.merge_base(place, pull).await?;
        let from = from.as_ref().map_or(Side::Empty, Side::Commit);
        let bounds = git::DiffBounds { files: 3000, ..git::DiffBounds::default() };
        let diff = self.git(&place.repository).diff(from, Side::Commit(&head), &bounds).await?;
        let mut hunks = Vec::new();
        for line in lines {
            text::comment(&line.body).map_err(|error| error.field("comments"))?;
            hunks.push(hunk_of(&diff, line).ok_or_else(|| not_shown(line))?);
        }
        Ok(hunks)
    }
}

fn head_of(pull: &Issue) -> Option<CommitId> {
    pull.pull.as_ref().map(|pull| pull.head_sha.clone())
}

fn hunk_of(diff: &git::Diff, comment: &NewLineComment) -> Option<String> {
    let file = diff.files.iter().find(|file| file.path == comment.path)?;
    let wanted = u32::try_from(comment.line).ok()?;
    let is_it = |line: &git::diff::Line| match comment.side {
        LineSide::New => line.new_number == Some(wanted),
        LineSide::Old => line.old_number == Some(wanted),
    };
    file.hunks.iter().find_map(|hunk| {
        let at = hunk.lines.iter().position(is_it)?;
        Some(hunk.leading_to(at, LINES_SHOWN))
    })
}

fn not_shown(comment: &NewLineComment) -> Error {
    let NewLineComment { path, side, line, body: _ } = comment;
    let message = format!("The changes do not show line {line} of the {} `{path}`", side.as_str());
    Error::invalid(message).hint("speak about a line that changes, or one beside it").field("comments")
}

/// What a reviewer did, as an inbox says it.
fn reviewed(state: ReviewState) -> &'static str {
    match state {
        ReviewState::Approved => "approved the changes",
        ReviewState::ChangesRequested => "asked for changes",
        ReviewState::Commented => "reviewed the changes",
    }
}
