//! What happened to branches: Git moves first, and the database follows.
//!
//! A push is noted before it begins and struck out when its moves are known. [`Embedded::reconcile`] compares what Git
//! holds with what was last seen; each difference becomes a push event, moves the heads of pull requests, and may turn out
//! to be a merge. All of it is one transaction whose writes expect what was read: whoever comes second reads again. So it
//! may run at any time, by anybody, and after a crash it finds what nobody told.
//!
//! Two pushes may overlap, and then one reconciliation sees the moves of both. Our own hand therefore claims the exact move
//! before it makes it: a move that is claimed is ours, and no other ever is.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use crate::access::Cx;
use crate::db::Tx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::edit_issue::as_what;
use crate::forge::embedded::entry::EntryKind;
use crate::forge::embedded::hooks::announce::Doing;
use crate::forge::embedded::hooks::announce::Happening;
use crate::forge::embedded::hooks::announce::Pushed;
use crate::forge::embedded::issue::Author;
use crate::forge::embedded::issue::Issue;
use crate::forge::embedded::issue::State;
use crate::forge::embedded::list::MOST_PATHS;
use crate::forge::embedded::notice::Did;
use crate::forge::embedded::pull::Merged;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::store;
use crate::forge::embedded::upkeep::AFTER_A_PUSH;
use crate::git;
use crate::git::Side;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::ActorRef;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::RepoId;
use crate::model::What;

crate::id!(
    /// A push that began.
    PushId
);

/// A push that began and whose moves are not all known.
#[derive(Clone, Debug)]
pub struct PendingPush {
    /// Its id.
    pub id: PushId,
    /// The exact move that it makes, when that is known before.
    pub claim: Option<(BranchName, CommitId)>,
    /// The pull request that it merges.
    pub merges: Option<i64>,
    /// Who pushes.
    pub actor: ActorRef,
    /// When it began.
    pub begun: Timestamp,
}

/// Pushes that this process is about to end. A push whose request is dropped half-way falls out, and is left over.
#[derive(Debug, Default)]
pub(super) struct UnderWay(Mutex<HashSet<PushId>>);

/// A push that this process is about to end.
#[must_use = "a push that is dropped is left over"]
pub(super) struct Begun {
    pub(super) id: PushId,
    under_way: Arc<UnderWay>,
}

/// A branch that is elsewhere than it was last seen.
struct Move {
    branch: BranchName,
    before: Option<CommitId>,
    after: Option<CommitId>,
    paths: Vec<String>,
    actor: ActorRef,
    /// Commits that are new on the branch, when it had been there.
    brings: Vec<git::Commit>,
    /// The same for hooks, also of a new branch; nothing when none wants to know.
    told: Vec<Pushed>,
}

/// A pull request whose head moved.
struct Moved {
    place: Place,
    issue: Issue,
    actor: ActorRef,
    paths: Vec<String>,
}

/// The trailer by which a squash names its pull request.
pub(super) const MERGES: &str = "Merges";

/// How often a reconciliation starts again when somebody else was faster.
const TURNS: usize = 20;

impl UnderWay {
    pub(super) fn begin(self: &Arc<Self>, id: PushId) -> Begun {
        self.pushes().insert(id);
        Begun { id, under_way: self.clone() }
    }

    fn holds(&self, id: PushId) -> bool {
        self.pushes().contains(&id)
    }

    fn pushes(&self) -> MutexGuard<'_, HashSet<PushId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.under_way.pushes().remove(&self.id);
    }
}

impl Embedded {
    /// Compares Git with what was last seen, tells what happened, and strikes out these pushes. Idempotent.
    pub async fn reconcile(&self, repo: RepoId, ended: &[PushId]) -> Result<()> {
        let cx = Cx::system(&self.rooms().clock);
        let place = self.enter_by_id(&cx, repo).await?;
        for _ in 0..TURNS {
            if self.reconcile_once(&cx, &place, ended).await? {
                self.rooms().poke.poke();
                return Ok(());
            }
        }
        Err(Error::conflict(format!(
            "The branches of `{}` move faster than they can be told",
            place.repository.reference()
        )))
    }

    /// Reconciles every repository with a push that began before and that this process will not end itself, and strikes
    /// those pushes out: after a crash, and after a request that was dropped. With several servers on one database,
    /// `before` lies an hour back, so that none strikes out what another one is about to end. Answers how many
    /// repositories it looked at.
    pub async fn reconcile_left_over(&self, before: Timestamp) -> Result<usize> {
        let repos = store::refs::dirty(&mut *self.db().read().await?, before).await?;
        let mut looked_at = 0;
        for repo in &repos {
            let pending = store::refs::pending(&mut *self.db().read().await?, *repo).await?;
            let left = |push: &&PendingPush| push.begun <= before && !self.0.under_way.holds(push.id);
            let left: Vec<PushId> = pending.iter().filter(left).map(|push| push.id).collect();
            if !left.is_empty() {
                self.reconcile(*repo, &left).await?;
                looked_at += 1;
            }
        }
        Ok(looked_at)
    }

    /// False when somebody else noted a move since it was read here.
    async fn reconcile_once(&self, cx: &Cx, place: &Place, ended: &[PushId]) -> Result<bool> {
        let repo = place.repository.id;
        let mut connection = self.db().read().await?;
        let seen = store::refs::seen(&mut connection, repo).await?;
        let pending = store::refs::pending(&mut connection, repo).await?;
        drop(connection);
        let moves = self.moves(place, &seen, &pending, ended).await?;
        let heads = self.moved_heads(cx, place, &moves).await?;
        let merges = self.merges(place, &moves, &pending, ended).await?;
        self.adopt_default_branch(cx, place, &seen, &moves).await?;

        let mut tx = self.db().begin().await?;
        store::repositories::next_id(&mut tx, repo, cx.now()).await?;
        for one in &moves {
            let place_of = (repo, &one.branch);
            if !store::refs::moved(&mut tx, place_of, one.before.as_ref(), one.after.as_ref()).await? {
                return Ok(false);
            }
            let what = What::Push {
                branch: one.branch.clone(),
                before: one.before.clone(),
                after: one.after.clone(),
                paths: one.paths.clone(),
            };
            self.tell(&mut tx, &place.repository, one.actor.clone(), cx.now(), what).await?;
            let (branch, before, after) = (&one.branch, one.before.as_ref(), one.after.as_ref());
            let happening = Happening::Push { branch, before, after, commits: &one.told };
            self.announce(&mut tx, (&place.repository, cx.now()), &one.actor, happening).await?;
        }
        for moved in &heads {
            self.follow_head(&mut tx, cx, moved).await?;
        }
        let merged: Vec<i64> = merges.iter().map(|(number, ..)| *number).collect();
        for (number, sha, actor) in merges {
            self.note_merge(&mut tx, cx, (place, number), &sha, actor).await?;
        }
        for one in moves.iter().filter(|one| one.branch == place.repository.default_branch) {
            self.follow_commits(&mut tx, cx, place, &one.brings, (&one.actor, &merged)).await?;
        }
        for one in &moves {
            if let Some(after) = &one.after {
                store::pulls::base_moved(&mut tx, repo, &one.branch, after).await?;
            }
        }
        store::refs::end_pushes(&mut tx, ended).await?;
        if !ended.is_empty() {
            store::repositories::ask_for_upkeep(&mut tx, repo, cx.now().plus(AFTER_A_PUSH)).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Every branch that is elsewhere than it was seen.
    async fn moves(
        &self,
        place: &Place,
        seen: &[(BranchName, CommitId)],
        pending: &[PendingPush],
        ended: &[PushId],
    ) -> Result<Vec<Move>> {
        let git = self.git(&place.repository);
        let was: BTreeMap<&BranchName, &CommitId> = seen.iter().map(|(branch, sha)| (branch, sha)).collect();
        let branches = git.branches().await?;
        let is: BTreeMap<&BranchName, &CommitId> = branches.iter().map(|one| (&one.name, &one.commit)).collect();
        let gone = was.keys().filter(|branch| !is.contains_key(*branch)).copied();
        let differs = is.keys().filter(|branch| was.get(*branch) != is.get(*branch)).copied();
        let mut moves = Vec::new();
        for branch in gone.chain(differs) {
            let (before, after) = (was.get(branch).copied(), is.get(branch).copied());
            moves.push(Move {
                branch: branch.clone(),
                before: before.cloned(),
                after: after.cloned(),
                paths: self.pushed_paths(place, &git, before, after).await?,
                actor: who_moved(branch, after, pending, ended),
                told: self.pushed(&place.repository, before, after).await?,
                brings: match (before, after) {
                    (Some(before), Some(after)) => git.commits_between(before, after, 1000).await?,
                    _ => Vec::new(),
                },
            });
        }
        Ok(moves)
    }

    /// Paths that a push changed: since the branch's last commit, or since a new branch left the default one.
    async fn pushed_paths(
        &self,
        place: &Place,
        git: &git::Repository,
        before: Option<&CommitId>,
        after: Option<&CommitId>,
    ) -> Result<Vec<String>> {
        let Some(after) = after else { return Ok(Vec::new()) };
        let mut from = before.cloned();
        if from.is_none()
            && let Some(default) = git.branch(&place.repository.default_branch).await?
            && default != *after
        {
            from = git.merge_base(&default, after).await?;
        }
        let from = from.as_ref().map_or(Side::Empty, Side::Commit);
        git.changed_paths(from, Side::Commit(after), MOST_PATHS).await
    }

    /// Open pull requests, here and in repositories that this one is a fork of, whose head moved.
    async fn moved_heads(&self, cx: &Cx, place: &Place, moves: &[Move]) -> Result<Vec<Moved>> {
        let repo = place.repository.id;
        let names: Vec<&BranchName> = moves.iter().filter(|one| one.after.is_some()).map(|one| &one.branch).collect();
        let bases = store::pulls::bases_of_heads(&mut *self.db().read().await?, repo, &names).await?;
        let mut heads = Vec::new();
        for base in bases {
            let at = self.enter_by_id(cx, base).await?;
            for one in moves {
                let Some(after) = &one.after else { continue };
                let found = store::pulls::open_by_head(&mut *self.db().read().await?, base, repo, &one.branch).await?;
                for mut issue in found {
                    let Some(pull) = issue.pull.as_mut().filter(|pull| pull.head_sha != *after) else { continue };
                    if pull.fork {
                        self.git(&at.repository).import(&self.git(&place.repository), after).await?;
                    }
                    pull.head_sha = after.clone();
                    self.keep_head(&at, issue.number, after).await?;
                    let paths = self.paths_of(&at, &issue).await?;
                    heads.push(Moved { place: at.clone(), issue, actor: one.actor.clone(), paths });
                }
            }
        }
        Ok(heads)
    }

    /// Keeps the head of a pull request reachable, and fetchable, on `refs/pull/N/head`.
    pub(super) async fn keep_head(&self, place: &Place, number: i64, head: &CommitId) -> Result<()> {
        let name = format!("refs/pull/{number}/head");
        self.git(&place.repository).update_ref(&name, &git::Expected::Any, Some(head)).await
    }

    async fn follow_head(&self, tx: &mut Tx, cx: &Cx, moved: &Moved) -> Result<()> {
        let (repo, number) = (moved.place.repository.id, moved.issue.number);
        store::repositories::next_id(tx, repo, cx.now()).await?;
        let Some(pull) = &moved.issue.pull else { return Ok(()) };
        store::pulls::update(tx, repo, number, pull).await?;
        store::issues::touch(tx, repo, number, 0, cx.now()).await?;
        let author = self.as_author(&moved.actor);
        self.say(tx, (&moved.place, number), &author, EntryKind::Pushed, pull.head_sha.as_str(), cx).await?;
        let what = as_what(&moved.issue, "synchronize", &moved.paths);
        self.tell(tx, &moved.place.repository, moved.actor.clone(), cx.now(), what).await?;
        let happening = Happening::Issue { issue: &moved.issue, doing: Doing::Synchronized };
        self.announce(tx, (&moved.place.repository, cx.now()), &moved.actor, happening).await
    }

    /// Pull requests that these moves merged: the one that a push says it merges, and those whose head is now part of
    /// their base, however it came there.
    async fn merges(
        &self,
        place: &Place,
        moves: &[Move],
        pending: &[PendingPush],
        ended: &[PushId],
    ) -> Result<Vec<(i64, CommitId, ActorRef)>> {
        let mut merges = Vec::new();
        for one in moves {
            let open =
                store::pulls::open_by_base(&mut *self.db().read().await?, place.repository.id, &one.branch).await?;
            for issue in open {
                let Some(pull) = &issue.pull else { continue };
                let said = pending.iter().find(|push| push.merges == Some(issue.number) && ended.contains(&push.id));
                let sha = match (contains(&one.brings, &pull.head_sha), said) {
                    (Some(sha), _) => Some(sha),
                    (None, Some(_)) => self.find_merge(place, &issue, &one.brings).await?,
                    (None, None) => None,
                };
                if let Some(sha) = sha {
                    let actor = said.map_or(&one.actor, |push| &push.actor);
                    merges.push((issue.number, sha, actor.clone()));
                }
            }
        }
        Ok(merges)
    }

    /// The commit that a squash or a rebase of this pull request made, among those that came: only asked when a push said
    /// that it merges, because that push may have failed, or died before Git moved.
    async fn find_merge(&self, place: &Place, issue: &Issue, brings: &[git::Commit]) -> Result<Option<CommitId>> {
        let Some(pull) = &issue.pull else { return Ok(None) };
        let Some(head) = self.git(&place.repository).commit(&pull.head_sha).await? else { return Ok(None) };
        let number = format!("#{}", issue.number);
        let made = |commit: &&git::Commit| {
            let squashed = commit.trailer(MERGES) == Some(&number);
            squashed || (commit.message == head.message && commit.author == head.author)
        };
        Ok(brings.iter().find(made).map(|commit| commit.id.clone()))
    }

    async fn note_merge(&self, tx: &mut Tx, cx: &Cx, at: (&Place, i64), sha: &CommitId, actor: ActorRef) -> Result<()> {
        let ((place, number), repo) = (at, at.0.repository.id);
        let author = self.as_author(&actor);
        if !store::pulls::merged(tx, (repo, number), sha, (author.account, &author.login), cx.now()).await? {
            return Ok(());
        }
        let Some(mut issue) = store::issues::by_number(tx, repo, number).await? else { return Ok(()) };
        if issue.state == State::Open {
            store::repositories::count_open(tx, repo, true, -1).await?;
        }
        issue.state = State::Closed;
        issue.closed = Some(cx.now());
        issue.updated = cx.now();
        if let Some(pull) = &mut issue.pull {
            pull.merged =
                Some(Merged { at: cx.now(), account: author.account, by: author.login.clone(), sha: sha.clone() });
        }
        store::issues::update(tx, repo, &issue).await?;
        self.say(tx, at, &author, EntryKind::Merged, sha.as_str(), cx).await?;
        let did = Did { who: &author, what: "merged this", entry: 0, at: cx.now() };
        self.notify(tx, repo, &issue, did).await?;
        self.tell(tx, &place.repository, actor.clone(), cx.now(), as_what(&issue, "merged", &[])).await?;
        let happening = Happening::Issue { issue: &issue, doing: Doing::Closed };
        self.announce(tx, (&place.repository, cx.now()), &actor, happening).await?;
        self.close_by_pull(tx, cx, place, &issue, &actor).await
    }

    /// The first push decides which branch comes first, when the one that should is not in it.
    async fn adopt_default_branch(
        &self,
        cx: &Cx,
        place: &Place,
        seen: &[(BranchName, CommitId)],
        moves: &[Move],
    ) -> Result<()> {
        let default = &place.repository.default_branch;
        if !seen.is_empty() || moves.is_empty() || moves.iter().any(|one| one.branch == *default) {
            return Ok(());
        }
        let known = ["main", "master", "trunk"];
        let preferred = moves.iter().find(|one| known.contains(&one.branch.as_str())).or(moves.first());
        let Some(first) = preferred else { return Ok(()) };
        self.git(&place.repository).set_head_branch(&first.branch).await?;
        let mut repository = place.repository.clone();
        repository.default_branch = first.branch.clone();
        let mut tx = self.db().begin().await?;
        store::repositories::update(&mut tx, &repository, cx.now()).await?;
        tx.commit().await
    }

    /// Whoever moved a branch, as an entry names them; our own account for nobody in particular.
    pub(super) fn as_author(&self, actor: &ActorRef) -> Author {
        match (actor.account, actor.login.parse()) {
            (Some(account), Ok(login)) => Author { account, login, behalf: None },
            _ => self.own_author(None),
        }
    }
}

/// The commit by which a pull request's head came: the one that merged it, or the head itself.
fn contains(brings: &[git::Commit], head: &CommitId) -> Option<CommitId> {
    let came = brings.iter().any(|commit| commit.id == *head);
    let merged = brings.iter().find(|commit| commit.parents.len() > 1 && commit.parents.contains(head));
    came.then(|| merged.map_or_else(|| head.clone(), |commit| commit.id.clone()))
}

/// A claim of exactly this move names who made it; otherwise the push that just ended, or any other that is under way.
fn who_moved(branch: &BranchName, after: Option<&CommitId>, pending: &[PendingPush], ended: &[PushId]) -> ActorRef {
    let claims =
        |push: &&PendingPush| push.claim.as_ref().is_some_and(|(claimed, sha)| claimed == branch && Some(sha) == after);
    let mut unclaimed = pending.iter().filter(|push| push.claim.is_none());
    let found = pending
        .iter()
        .find(claims)
        .or_else(|| unclaimed.clone().find(|push| ended.contains(&push.id)))
        .or_else(|| unclaimed.next());
    found.map_or_else(Embedded::nobody, |push| push.actor.clone())
}
