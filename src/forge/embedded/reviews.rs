//! Judging the changes of a pull request: a judgement about one head, with words about lines.
//!
//! A review is an entry of the conversation. It is stale when the head moved on since, which is seen by comparing commits and
//! never written down; it is dismissed when somebody who may merge took it off the table, which is.

use std::collections::BTreeSet;

use crate::access::Action;
use crate::access::Cx;
use crate::db::Tx;
use crate::forge::Marker;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::entry::Dismissal;
use crate::forge::embedded::entry::Entry;
use crate::forge::embedded::entry::EntryKind;
use crate::forge::embedded::entry::Review;
use crate::forge::embedded::entry::ReviewState;
use crate::forge::embedded::hooks::announce::Happening;
use crate::forge::embedded::issue::Author;
use crate::forge::embedded::issue::Issue;
use crate::forge::embedded::line_comment::About;
use crate::forge::embedded::line_comment::LineComment;
use crate::forge::embedded::line_comment::LineSide;
use crate::forge::embedded::line_comment::Lines;
use crate::forge::embedded::line_comment::NewLineComment;
use crate::forge::embedded::mention::Heard;
use crate::forge::embedded::notice::Did;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::store;
use crate::forge::embedded::store::entries::Which;
use crate::forge::embedded::text;
use crate::git;
use crate::git::Side;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::model::AccountId;
use crate::model::CommitId;
use crate::model::RepoRef;
use crate::model::Role;
use crate::model::What;
use crate::model::effect::LineWords;

/// The most words about lines in one review.
pub(super) const MOST_LINES: usize = 300;

/// How many lines of the difference are kept with a word about one of them, and the most for a word about many.
const LINES_SHOWN: usize = 12;
const MOST_SHOWN: usize = 60;

/// A review to write.
#[derive(Clone, Debug)]
pub struct NewReview {
    /// The judgement.
    pub state: ReviewState,
    /// What it says as a whole, Markdown.
    pub body: String,
    /// The head that was looked at; the review is refused when it moved. None judges whatever the head is.
    pub looked_at: Option<CommitId>,
    /// What it says about lines.
    pub lines: Vec<NewLineComment>,
}

/// A word about lines whose place is found.
pub(super) struct Spoken {
    thread: Option<i64>,
    lines: Lines,
    sha: CommitId,
    hunk: String,
    body: String,
}

/// A review with everything that is known when it is written.
pub(super) struct Judgement<'a> {
    pub(super) id: i64,
    pub(super) number: i64,
    pub(super) state: ReviewState,
    pub(super) body: &'a str,
    pub(super) head: &'a CommitId,
    pub(super) lines: &'a [LineComment],
    pub(super) heard: &'a Heard,
    pub(super) author: &'a Author,
    pub(super) marker: Option<&'a Marker>,
}

/// A judgement that counts.
struct Counting {
    entry: i64,
    account: AccountId,
    review: Review,
}

impl NewReview {
    /// A judgement about the head, whatever it is, without words about lines.
    pub fn new(state: ReviewState, body: &str) -> Self {
        Self { state, body: body.to_owned(), looked_at: None, lines: Vec::new() }
    }
}

impl Spoken {
    /// As it is kept. `at` ends in its pull request and its review.
    pub(super) fn said(self, at: (i64, i64, i64), author: &Author, now: Timestamp, pending: bool) -> LineComment {
        let ((id, number, review), Self { thread, lines, sha, hunk, body }) = (at, self);
        let (author, created) = (author.clone(), now);
        let (edited, resolved) = (None, None);
        LineComment { id, number, review, thread, lines, sha, hunk, body, author, created, edited, resolved, pending }
    }
}

impl Embedded {
    /// Reviews a pull request at its head. The author of the changes may only comment. What it says as a whole and about
    /// each line is an event like a comment.
    pub async fn review(&self, cx: &Cx, place: &Place, number: i64, new: NewReview) -> Result<Entry> {
        cx.authorize(Action::ReviewPull, &place.standing)?;
        let author = self.author(cx)?;
        self.review_as(cx, (place, number), (&author, None), new).await
    }

    /// Reviews a pull request in the name of an author: a person, or our own hand, which leaves a marker.
    pub(super) async fn review_as(
        &self,
        cx: &Cx,
        (place, number): (&Place, i64),
        (author, marker): (&Author, Option<&Marker>),
        new: NewReview,
    ) -> Result<Entry> {
        let NewReview { state, body, looked_at, lines } = new;
        text::body(&body)?;
        let texts: Vec<&str> = lines.iter().map(|line| line.body.as_str()).chain([body.as_str()]).collect();
        let heard = self.heard_in(cx, place, &texts).await?;
        let repo = place.repository.id;
        let seen = self.pull(place, number).await?;
        let spoken = self.spoken(cx, place, &seen, lines).await?;

        let mut tx = self.db().begin().await?;
        let id = store::repositories::next_id(&mut tx, repo, cx.now()).await?;
        let new_lines = spoken.iter().any(|one| one.thread.is_none());
        let looked_at = looked_at.or_else(|| head_of(&seen).filter(|_| new_lines));
        let head = self.head_looked_at(&mut tx, place, number, looked_at.as_ref()).await?;
        let mut said = Vec::new();
        for one in spoken {
            let line = store::repositories::next_id(&mut tx, repo, cx.now()).await?;
            said.push(one.said((line, number, id), author, cx.now(), false));
        }
        let (body, head, lines, heard) = (body.as_str(), &head, said.as_slice(), &heard);
        let judgement = Judgement { id, number, state, body, head, lines, heard, author, marker };
        let entry = self.write_review(&mut tx, cx, place, judgement).await?;
        tx.commit().await?;
        self.rooms().poke.poke();
        Ok(entry)
    }

    /// The head of a pull request, under the lock of the repository's row; refused when it is not the one that was looked at.
    pub(super) async fn head_looked_at(
        &self,
        tx: &mut Tx,
        place: &Place,
        number: i64,
        looked_at: Option<&CommitId>,
    ) -> Result<CommitId> {
        let issue = store::issues::by_number(tx, place.repository.id, number).await?;
        let head = issue.as_ref().and_then(head_of).ok_or_else(|| Error::not_found("such pull request"))?;
        match looked_at.filter(|seen| **seen != head) {
            Some(seen) => Err(Error::conflict(format!("The pull request moved on from {}", seen.short()))
                .hint("look at the new commits and review again")),
            None => Ok(head),
        }
    }

    /// Writes a review and tells of it, in the transaction of whoever makes or sends it.
    pub(super) async fn write_review(
        &self,
        tx: &mut Tx,
        cx: &Cx,
        place: &Place,
        judgement: Judgement<'_>,
    ) -> Result<Entry> {
        let Judgement { id, number, state, body, head, lines, heard, author, marker } = judgement;
        let repository = &place.repository;
        if state != ReviewState::Approved && body.trim().is_empty() && lines.is_empty() {
            return Err(Error::invalid("A review that does not approve needs some text").field("body"));
        }
        let found = store::issues::by_number(tx, repository.id, number).await?;
        let issue = found.ok_or_else(|| Error::not_found("such pull request"))?;
        if state != ReviewState::Commented && issue.author.account == author.account {
            return Err(Error::invalid("Nobody judges a pull request of their own")
                .hint("comment on it")
                .field("event"));
        }
        let lines_said = i64::try_from(lines.len()).unwrap_or(i64::MAX);
        let review = Review { state, sha: head.clone(), lines: lines_said, dismissed: None };
        let entry = Entry {
            id,
            number,
            kind: EntryKind::Review,
            body: body.to_owned(),
            author: author.clone(),
            review: Some(review),
            created: cx.now(),
            edited: None,
        };
        store::entries::insert(tx, repository.id, &entry, marker).await?;
        for line in lines {
            store::reviews::insert_line(tx, repository.id, line).await?;
        }
        store::issues::touch(tx, repository.id, number, 0, cx.now()).await?;
        if state != ReviewState::Commented {
            self.has_reviewed(tx, (repository.id, number), author.account).await?;
        }
        let did = Did { who: author, what: reviewed(state), entry: id, at: cx.now() };
        self.notify(tx, repository.id, &issue, did).await?;
        self.mention(tx, (place, number, id), author, cx.now(), heard).await?;
        let actor = self.actor(&entry.author);
        let words = Some(entry.as_event()).filter(|said| !said.body.trim().is_empty());
        for comment in words.into_iter().chain(lines.iter().map(LineComment::as_event)) {
            let what = What::Comment { issue: None, pull: issue.as_pull_event(), comment };
            self.tell(tx, repository, actor.clone(), cx.now(), what).await?;
        }
        let happening = Happening::Review { issue: &issue, entry: &entry };
        self.announce(tx, (repository, cx.now()), &actor, happening).await?;
        Ok(entry)
    }

    /// Whether every line that an agent speaks of is shown in the difference of the pull request as it is now.
    pub async fn lines_are_shown(&self, cx: &Cx, repo: &RepoRef, number: i64, lines: &[LineWords]) -> Result<()> {
        let place = self.behind(repo).await?;
        let seen = self.pull(&place, number).await?;
        let words = lines.iter().map(NewLineComment::from).collect();
        self.spoken(cx, &place, &seen, words).await.map(drop)
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
        let counting = self.counting(place, number).await?;
        let approves = |review: &&Counting| review.review.state == ReviewState::Approved && review.review.sha == *head;
        let approvals = counting.iter().filter(approves).count();
        let refused = counting.iter().any(|one| one.review.state == ReviewState::ChangesRequested);
        Ok((i64::try_from(approvals).unwrap_or(i64::MAX), refused))
    }

    /// Who approves the head as it is, of those whose word counts.
    pub(super) async fn approvers(&self, place: &Place, number: i64, head: &CommitId) -> Result<BTreeSet<AccountId>> {
        let counting = self.counting(place, number).await?;
        let approves = |one: &Counting| one.review.state == ReviewState::Approved && one.review.sha == *head;
        Ok(counting.into_iter().filter(approves).map(|one| one.account).collect())
    }

    /// The reviews that count for a protected branch: the last judgement of each who may write, unless it was dismissed.
    pub async fn official_reviews(&self, place: &Place, number: i64) -> Result<BTreeSet<i64>> {
        Ok(self.counting(place, number).await?.into_iter().map(|one| one.entry).collect())
    }

    async fn counting(&self, place: &Place, number: i64) -> Result<Vec<Counting>> {
        let mut connection = self.db().read().await?;
        let at = (place.repository.id, number);
        let reviews = store::entries::newest(&mut connection, at, Which::Reviews, 1000).await?;
        drop(connection);
        let mut last: Vec<Counting> = Vec::new();
        for entry in reviews {
            let Some(review) = entry.review.filter(|review| review.state != ReviewState::Commented) else { continue };
            let account = entry.author.account;
            last.retain(|one| one.account != account);
            last.push(Counting { entry: entry.id, account, review });
        }
        let mut counting = Vec::new();
        for one in last.into_iter().filter(|one| one.review.dismissed.is_none()) {
            let role = self.rooms().access.role_of(one.account, &place.repository.facts()).await?;
            if role >= Some(Role::Write) {
                counting.push(one);
            }
        }
        Ok(counting)
    }

    /// Finds the place of each word: lines that the difference shows, or a conversation that there is. Lines that the
    /// difference does not show are refused: nobody would see where the words belong.
    pub(super) async fn spoken(
        &self,
        cx: &Cx,
        place: &Place,
        pull: &Issue,
        words: Vec<NewLineComment>,
    ) -> Result<Vec<Spoken>> {
        let Some(head) = head_of(pull).filter(|_| !words.is_empty()) else { return Ok(Vec::new()) };
        if words.len() > MOST_LINES {
            return Err(too_many());
        }
        let new_lines = words.iter().any(|word| matches!(word.about, About::Lines(_)));
        let diff = if new_lines { self.difference(place, pull, &head).await? } else { git::Diff::default() };
        let mut spoken = Vec::new();
        for NewLineComment { about, body } in words {
            text::comment(&body).map_err(|error| error.field("comments"))?;
            spoken.push(match about {
                About::Lines(lines) => {
                    let hunk = hunk_of(&diff, &lines).ok_or_else(|| not_shown(&lines))?;
                    Spoken { thread: None, lines, sha: head.clone(), hunk, body }
                }
                About::Conversation(id) => {
                    let said = self.line(cx, place, pull.number, id).await?;
                    let thread = Some(said.conversation());
                    Spoken { thread, lines: said.lines, sha: said.sha, hunk: said.hunk, body }
                }
            });
        }
        Ok(spoken)
    }

    async fn difference(&self, place: &Place, pull: &Issue, head: &CommitId) -> Result<git::Diff> {
        let from = self.merge_base(place, pull).await?;
        let from = from.as_ref().map_or(Side::Empty, Side::Commit);
        let bounds = git::DiffBounds { files: 3000, ..git::DiffBounds::default() };
        self.git(&place.repository).diff(from, Side::Commit(head), &bounds).await
    }
}

pub(super) fn too_many() -> Error {
    Error::invalid(format!("A review may speak about {MOST_LINES} lines at most")).field("comments")
}

fn head_of(pull: &Issue) -> Option<CommitId> {
    pull.pull.as_ref().map(|pull| pull.head_sha.clone())
}

/// The part of a difference that leads to the last of these lines, when it shows the first of them too, in one piece.
fn hunk_of(diff: &git::Diff, lines: &Lines) -> Option<String> {
    let file = diff.files.iter().find(|file| file.path == lines.path)?;
    let (first, last) = (u32::try_from(lines.first).ok()?, u32::try_from(lines.last).ok()?);
    let number = |line: &git::diff::Line| match lines.side {
        LineSide::New => line.new_number,
        LineSide::Old => line.old_number,
    };
    if first > last || first == 0 {
        return None;
    }
    file.hunks.iter().find_map(|hunk| {
        let at = |wanted| hunk.lines.iter().position(|line| number(line) == Some(wanted));
        let (from, to) = (at(first)?, at(last)?);
        Some(hunk.leading_to(to, LINES_SHOWN.max(to - from + 1).min(MOST_SHOWN)))
    })
}

fn not_shown(lines: &Lines) -> Error {
    let Lines { path, side, first, last } = lines;
    let which = if first == last { format!("line {last}") } else { format!("lines {first} to {last}") };
    let message = format!("The changes do not show {which} of the {} `{path}`", side.as_str());
    Error::invalid(message).hint("speak about lines that change, or stand beside them").field("comments")
}

/// What a reviewer did, as an inbox says it.
fn reviewed(state: ReviewState) -> &'static str {
    match state {
        ReviewState::Approved => "approved the changes",
        ReviewState::ChangesRequested => "asked for changes",
        ReviewState::Commented => "reviewed the changes",
    }
}
