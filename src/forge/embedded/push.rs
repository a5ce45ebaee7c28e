//! Moving branches: pushes over Git's own protocol, commits made on pages and by APIs, branches made and deleted.

use futures_util::future::BoxFuture;

use crate::access::Action;
use crate::access::Cx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::refs::Begun;
use crate::forge::embedded::refs::PendingPush;
use crate::forge::embedded::refs::PushId;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::store;
use crate::git;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::ActorRef;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::RepoId;

impl Embedded {
    /// Serves a push over smart HTTP. Protected branches refuse it with a sentence on how to propose instead; afterwards,
    /// also when the client went away, the branches are reconciled.
    pub async fn receive_pack(&self, cx: &Cx, place: &Place, request: git::Request) -> Result<git::Reply> {
        cx.authorize(Action::PushBranch, &place.standing)?;
        let author = self.author(cx)?;
        if place.repository.mirror {
            // An answer that the client's `git` prints, where an error would be a number.
            let push = git::Push { closed: place.repository.mirrored(), ..git::Push::default() };
            return self.git(&place.repository).receive_pack(request, push).await;
        }
        let protections = self.protections(place).await?;
        let protected = protections.into_iter().map(|protection| protection.branch.to_string()).collect();
        let begun = self.begin_push(cx, place, self.actor(&author), None, None).await?;
        let after = Some(self.after_push(place.repository.id, begun));
        let push = git::Push { protected, advice: advice(place), after, ..git::Push::default() };
        self.git(&place.repository).receive_pack(request, push).await
    }

    /// Makes one commit on a branch, in the name of whoever acts. `commit.author` and `commit.committer` are taken as
    /// they are.
    pub async fn commit_files(&self, cx: &Cx, place: &Place, commit: git::CommitFiles) -> Result<CommitId> {
        cx.authorize(Action::PushBranch, &place.standing)?;
        let author = self.author(cx)?;
        self.refuse_protected(place, &commit.branch).await?;
        let begun = self.begin_push(cx, place, self.actor(&author), None, None).await?;
        let done = self.git(&place.repository).commit_files(commit).await;
        self.end_push(place.repository.id, begun, done).await
    }

    /// Makes, moves or deletes (`new` is none) a branch that is as expected.
    pub async fn move_branch(
        &self,
        cx: &Cx,
        place: &Place,
        branch: &BranchName,
        expected: &git::Expected,
        new: Option<&CommitId>,
    ) -> Result<()> {
        cx.authorize(Action::PushBranch, &place.standing)?;
        let author = self.author(cx)?;
        if *expected != git::Expected::Absent {
            self.refuse_protected(place, branch).await?;
        }
        if new.is_none() && place.repository.default_branch == *branch {
            return Err(Error::denied(format!("Cannot delete `{branch}`: it is the default branch")));
        }
        let begun = self.begin_push(cx, place, self.actor(&author), None, None).await?;
        let name = branch.as_ref_name();
        let done = self.git(&place.repository).update_ref(&name, expected, new).await;
        self.end_push(place.repository.id, begun, done).await
    }

    /// Notes that a push begins, before Git moves.
    pub(super) async fn begin_push(
        &self,
        cx: &Cx,
        place: &Place,
        actor: ActorRef,
        claim: Option<(BranchName, CommitId)>,
        merges: Option<i64>,
    ) -> Result<Begun> {
        place.repository.refuse_if_mirror()?;
        self.note_push(cx, place, actor, (claim, merges)).await
    }

    /// The same for a mirror that follows its origin, which nobody in particular moves.
    pub(super) async fn begin_push_of_mirror(&self, cx: &Cx, place: &Place) -> Result<Begun> {
        self.note_push(cx, place, Self::nobody(), (None, None)).await
    }

    async fn note_push(
        &self,
        cx: &Cx,
        place: &Place,
        actor: ActorRef,
        (claim, merges): (Option<(BranchName, CommitId)>, Option<i64>),
    ) -> Result<Begun> {
        let repo = place.repository.id;
        let begun = self.0.under_way.begin(PushId::make());
        let push = PendingPush { id: begun.id, claim, merges, actor, begun: cx.now() };
        let mut tx = self.db().begin().await?;
        store::repositories::next_id(&mut tx, repo, cx.now()).await?;
        let merging = |one: &PendingPush| merges.is_some() && one.merges == merges;
        if store::refs::pending(&mut tx, repo).await?.iter().any(merging) {
            return Err(Error::conflict("Somebody else is merging this pull request").hint("look again in a moment"));
        }
        store::refs::begin_push(&mut tx, repo, &push).await?;
        tx.commit().await?;
        Ok(begun)
    }

    /// Reconciles after Git answered, and hands its answer on. A push that failed is only struck out with what else
    /// happened.
    pub(super) async fn end_push<T>(&self, repo: RepoId, push: Begun, done: Result<T>) -> Result<T> {
        let told = self.reconcile(repo, &[push.id]).await;
        let done = done?;
        told?;
        Ok(done)
    }

    fn after_push(&self, repo: RepoId, push: Begun) -> Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send> {
        let forge = self.clone();
        Box::new(move || {
            Box::pin(async move {
                if let Err(error) = forge.reconcile(repo, &[push.id]).await {
                    tracing::error!(repo.id = %repo, error = error.chain(), "Cannot tell what a push did; the next one will");
                }
            })
        })
    }

    async fn refuse_protected(&self, place: &Place, branch: &BranchName) -> Result<()> {
        if self.protection(place, branch).await?.is_none() {
            return Ok(());
        }
        Err(Error::denied(format!("The branch `{branch}` is protected: it takes pull requests only"))
            .hint("commit on another branch and open a pull request"))
    }
}

fn advice(place: &Place) -> String {
    format!(
        "To propose this change, push it to a branch of another name and open a pull request:\n  \
         git push origin HEAD:refs/heads/my-change\n  /{}/pulls",
        place.repository.reference()
    )
}
