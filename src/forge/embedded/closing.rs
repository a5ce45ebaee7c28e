//! What reaches the default branch speaks: commits mention issues, and `fixes #12` in a commit or in the opening text of a
//! merged pull request closes one. All of it is written in the transaction that notes the push.
//!
//! What our own hand pushes closes nothing: that would be an effect that nobody was asked about. When a person merges what
//! it proposed, the person closes.

use std::collections::BTreeSet;

use crate::access::Cx;
use crate::db::Tx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::edit_issue::as_what;
use crate::forge::embedded::entry::EntryKind;
use crate::forge::embedded::hooks::announce::Doing;
use crate::forge::embedded::hooks::announce::Happening;
use crate::forge::embedded::issue::Issue;
use crate::forge::embedded::issue::State;
use crate::forge::embedded::mention::Mention;
use crate::forge::embedded::mention::Source;
use crate::forge::embedded::notice::Did;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::store;
use crate::git;
use crate::kit::Result;
use crate::kit::markdown;
use crate::kit::text;
use crate::model::ActorKind;
use crate::model::ActorRef;
use crate::model::Reference;
use crate::model::reference;

/// The most issues that one push mentions or closes.
const MOST: usize = 200;

impl Embedded {
    /// Closes what a pull request that was merged into the default branch asks to be closed.
    pub(super) async fn close_by_pull(
        &self,
        tx: &mut Tx,
        cx: &Cx,
        place: &Place,
        pull: &Issue,
        actor: &ActorRef,
    ) -> Result<()> {
        let into = pull.pull.as_ref().map(|pull| &pull.base_branch);
        if into != Some(&place.repository.default_branch) {
            return Ok(());
        }
        let words = format!("#{}", pull.number);
        for number in asked_by(pull) {
            self.close_for(tx, cx, (place, number), actor, &words).await?;
        }
        Ok(())
    }

    /// Notes what commits that are new on the default branch mention, and closes what they ask to be closed. A commit that
    /// only merges says nothing of its own, and what was merged just now needs no word that it was.
    pub(super) async fn follow_commits(
        &self,
        tx: &mut Tx,
        cx: &Cx,
        place: &Place,
        commits: &[git::Commit],
        of: (&ActorRef, &[i64]),
    ) -> Result<()> {
        let (actor, merged) = of;
        let repo = place.repository.reference();
        let mut left = MOST;
        for commit in commits.iter().rev().filter(|commit| commit.parents.len() < 2) {
            let source =
                Source::Commit { sha: commit.id.clone(), title: text::bounded(&commit.title(), 200).to_owned() };
            let mention = Mention { repo: repo.clone(), source, author: self.as_author(actor), at: cx.now() };
            for number in mentioned(&commit.message) {
                if left == 0 {
                    return Ok(());
                }
                left -= 1;
                if !merged.contains(&number) {
                    store::mentions::insert(tx, (repo.id, number), &mention).await?;
                }
            }
            if actor.kind == ActorKind::Own {
                continue;
            }
            for number in reference::closes(&commit.message).into_iter().take(20) {
                self.close_for(tx, cx, (place, number), actor, commit.id.as_str()).await?;
            }
        }
        Ok(())
    }

    /// Closes an open issue; the entry names what asked for it.
    async fn close_for(&self, tx: &mut Tx, cx: &Cx, at: (&Place, i64), actor: &ActorRef, words: &str) -> Result<()> {
        let ((place, number), repo) = (at, at.0.repository.id);
        let found = store::issues::by_number(tx, repo, number).await?;
        let Some(mut issue) = found.filter(|issue| issue.pull.is_none() && issue.state == State::Open) else {
            return Ok(());
        };
        issue.state = State::Closed;
        issue.closed = Some(cx.now());
        issue.updated = cx.now();
        store::issues::update(tx, repo, &issue).await?;
        store::repositories::count_open(tx, repo, false, -1).await?;
        let author = self.as_author(actor);
        self.say(tx, at, &author, EntryKind::Closed, words, cx).await?;
        let did = Did { who: &author, what: "closed this", entry: 0, at: cx.now() };
        self.notify(tx, repo, &issue, did).await?;
        self.tell(tx, &place.repository, actor.clone(), cx.now(), as_what(&issue, "closed", &[])).await?;
        let happening = Happening::Issue { issue: &issue, doing: Doing::Closed };
        self.announce(tx, (&place.repository, cx.now()), actor, happening).await
    }
}

/// Issues that a pull request asks to be closed, each once.
fn asked_by(pull: &Issue) -> BTreeSet<i64> {
    let texts = markdown::texts(&pull.body);
    let texts = texts.iter().map(String::as_str).chain([pull.title.as_str()]);
    texts.flat_map(reference::closes).take(20).collect()
}

/// Issues and pull requests of the same repository that a commit's message mentions, each once.
fn mentioned(message: &str) -> BTreeSet<i64> {
    let number = |found: reference::Found| match found.reference {
        Reference::Issue { repo: None, number } => Some(number),
        _ => None,
    };
    reference::find(message).into_iter().filter_map(number).take(20).collect()
}
