//! A pull request on its way to a merge: a draft that becomes ready, and a branch that is brought up to date.

use crate::access::Action;
use crate::access::Cx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::entry::EntryKind;
use crate::forge::embedded::issue::Issue;
use crate::forge::embedded::issue::State;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::store;
use crate::git;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::CommitId;

impl Embedded {
    /// Says that a pull request is a draft, or that it is ready. Its author may, and whoever may edit the text of others.
    pub async fn set_draft(&self, cx: &Cx, place: &Place, number: i64, draft: bool) -> Result<()> {
        let author = self.author(cx)?;
        let seen = self.pull(place, number).await?;
        let own = seen.author.account == author.account;
        cx.authorize(if own { Action::OpenIssue } else { Action::EditIssue }, &place.standing)?;
        let repo = place.repository.id;
        let mut tx = self.db().begin().await?;
        store::repositories::next_id(&mut tx, repo, cx.now()).await?;
        let issue = store::issues::by_number(&mut tx, repo, number).await?;
        let mut pull = issue.and_then(|issue| issue.pull).ok_or_else(|| Error::not_found("such pull request"))?;
        if pull.draft == draft {
            return Ok(());
        }
        pull.draft = draft;
        store::pulls::update(&mut tx, repo, number, &pull).await?;
        let words = if draft { "said that this is a draft" } else { "said that this is ready" };
        self.say(&mut tx, (place, number), &author, EntryKind::Drafted, words, cx).await?;
        store::issues::touch(&mut tx, repo, number, 0, cx.now()).await?;
        tx.commit().await?;
        self.rooms().poke.poke();
        if !draft {
            let issue = self.pull(place, number).await?;
            self.ask_owners(cx, place, &issue).await?;
        }
        Ok(())
    }

    /// How many commits the base of an open pull request has that its head has not.
    pub async fn commits_behind(&self, place: &Place, issue: &Issue) -> Result<u64> {
        let open = issue.state == State::Open;
        let Some(pull) = issue.pull.as_ref().filter(|_| open) else { return Ok(0) };
        let (_, behind) = self.git(&place.repository).ahead_behind(&pull.base_sha, &pull.head_sha).await?;
        Ok(behind)
    }

    /// Merges the base into the branch of a pull request, as its author would do by hand. Whoever may push to that branch
    /// may; says 409 when the head is not the one that was seen, or when both sides changed the same lines.
    pub async fn update_branch(&self, cx: &Cx, place: &Place, number: i64, seen: &CommitId) -> Result<CommitId> {
        let issue = self.pull(place, number).await?;
        let pull = issue.pull.as_ref().ok_or_else(|| Error::not_found("such pull request"))?;
        if issue.state == State::Closed {
            return Err(Error::conflict("Cannot update the branch of a closed pull request"));
        }
        if pull.head_sha != *seen {
            let told = format!("The pull request moved: its head is {} now", pull.head_sha.short());
            return Err(Error::conflict(told).code("HEAD_MOVED").hint("look at the new commits and try again"));
        }
        let home = match pull.fork {
            true => self.enter_by_id(cx, pull.head_repo).await?,
            false => place.clone(),
        };
        cx.authorize(Action::PushBranch, &home.standing)?;
        let (source, git) = (self.git(&place.repository), self.git(&home.repository));
        let unknown = || Error::conflict(format!("The branch `{}` is gone", pull.base_branch));
        let base = source.branch(&pull.base_branch).await?.ok_or_else(unknown)?;
        if pull.fork {
            git.import(&source, &base).await?;
        }
        let author = self.author(cx)?;
        let signature = self.signature(cx).await?;
        let order = git::Merge {
            base: pull.head_branch.clone(),
            expected: pull.head_sha.clone(),
            head: base,
            style: git::Style::Merge,
            author: signature.clone(),
            committer: signature,
            message: format!("Merge branch '{}' into {}\n", pull.base_branch, pull.head_branch),
        };
        let begun = self.begin_push(cx, &home, self.actor(&author), None, None).await?;
        let done = git.merge(order).await;
        match self.end_push(home.repository.id, begun, done).await? {
            git::Merged::Done(commit) => Ok(commit),
            git::Merged::Conflict(paths) => {
                let shown: Vec<&str> = paths.iter().take(5).map(String::as_str).collect();
                Err(Error::conflict(format!("Cannot update the branch: both sides changed `{}`", shown.join("`, `")))
                    .code("MERGE_CONFLICT")
                    .hint("merge the base by hand, mend the conflict and push"))
            }
        }
    }
}
