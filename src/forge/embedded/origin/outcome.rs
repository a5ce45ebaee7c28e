//! What came is made the repository's, or why nothing came is written down.

use std::time::Duration;

use crate::access::Cx;
use crate::db::Tx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::origin::Origin;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::repository::Repository;
use crate::forge::embedded::store;
use crate::forge::embedded::upkeep::AFTER_A_PUSH;
use crate::git::Fetched;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::text::bounded;
use crate::model::BranchName;

/// The first wait after a failure of a mirror; each one more doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(60);
/// The longest wait of a mirror that looks only when somebody asks is none; of any other this, or its period.
const LONGEST_WAIT: Duration = Duration::from_secs(6 * 3600);

impl Embedded {
    /// Makes what came the repository's own. The first time no event tells of it; later each branch that moved is a push.
    pub async fn take_over(&self, cx: &Cx, origin: &Origin, fetched: Fetched) -> Result<()> {
        let place = self.enter_by_id(cx, origin.repo).await?;
        match place.repository.unfinished {
            true => self.finish_import(cx, &place, fetched).await?,
            false => self.follow_origin(cx, &place, fetched).await?,
        }
        let now = cx.now();
        let due = Some(origin.period).filter(|period| !period.is_zero()).map(|period| now.plus(period));
        let mut tx = self.db().begin().await?;
        // Whoever turned it into a repository of its own meanwhile is not overruled.
        let mirror = store::repositories::by_id(&mut tx, origin.repo).await?.is_some_and(|repo| repo.mirror);
        store::origins::succeeded(&mut tx, origin.repo, due.filter(|_| mirror), now).await?;
        if !mirror {
            self.keep_credentials(&mut tx, origin.repo, None, now).await?;
        }
        tx.commit().await
    }

    /// Refs first, then the row: whoever dies in between finds the same refs at the next try.
    async fn finish_import(&self, cx: &Cx, place: &Place, fetched: Fetched) -> Result<()> {
        let git = self.ground(&place.repository).await?;
        let branch = first_branch(&place.repository, &fetched);
        git.follow(fetched.refs).await?;
        git.set_head_branch(&branch).await?;
        let mut repository = place.repository.clone();
        repository.default_branch = branch;
        let branches = git.branches().await?;
        let mut tx = self.db().begin().await?;
        store::repositories::next_id(&mut tx, repository.id, cx.now()).await?;
        for branch in &branches {
            store::refs::moved(&mut tx, (repository.id, &branch.name), None, Some(&branch.commit)).await?;
        }
        store::repositories::update(&mut tx, &repository, cx.now()).await?;
        store::repositories::finish(&mut tx, repository.id).await?;
        store::repositories::ask_for_upkeep(&mut tx, repository.id, cx.now().plus(AFTER_A_PUSH)).await?;
        tx.commit().await
    }

    async fn follow_origin(&self, cx: &Cx, place: &Place, fetched: Fetched) -> Result<()> {
        let git = self.git(&place.repository);
        let branch = first_branch(&place.repository, &fetched);
        let begun = self.begin_push_of_mirror(cx, place).await?;
        let done = git.follow(fetched.refs).await;
        self.end_push(place.repository.id, begun, done).await?;
        if branch != place.repository.default_branch {
            git.set_head_branch(&branch).await?;
            let repository = Repository { default_branch: branch, ..place.repository.clone() };
            let mut tx = self.db().begin().await?;
            store::repositories::update(&mut tx, &repository, cx.now()).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Writes down why nothing came. A mirror is tried again, after a wait that doubles; an import waits for a person.
    pub async fn note_failure(&self, origin: &Origin, why: &str, now: Timestamp) -> Result<()> {
        let mut tx = self.db().begin().await?;
        let repository = store::repositories::by_id(&mut tx, origin.repo).await?;
        let again = repository.is_some_and(|repo| repo.mirror && !repo.unfinished);
        let due = wait(origin).filter(|_| again).map(|wait| now.plus(wait));
        store::origins::failed(&mut tx, origin.repo, bounded(why, 1000), due).await?;
        tx.commit().await
    }

    /// Writes down that somebody stopped it.
    pub async fn note_stop(&self, tx: &mut Tx, origin: &Origin, now: Timestamp) -> Result<()> {
        let repository = store::repositories::by_id(tx, origin.repo).await?;
        let again = repository.is_some_and(|repo| repo.mirror && !repo.unfinished);
        let due = Some(origin.period).filter(|period| again && !period.is_zero()).map(|period| now.plus(period));
        store::origins::cancelled(tx, origin.repo, due).await
    }
}

/// How long until a mirror that failed is tried again; none for one that looks only when somebody asks.
fn wait(origin: &Origin) -> Option<Duration> {
    let most = Some(origin.period).filter(|period| !period.is_zero())?.min(LONGEST_WAIT);
    Some(FIRST_WAIT.saturating_mul(2_u32.saturating_pow(origin.failures.min(16))).min(most))
}

/// The branch that is shown first: what the other side says, while that is a branch here.
fn first_branch(repository: &Repository, fetched: &Fetched) -> BranchName {
    let there = |branch: &BranchName| fetched.refs.contains_key(&branch.as_ref_name());
    let known = ["main", "master", "trunk"].into_iter().filter_map(|name| name.parse().ok());
    let any = fetched.refs.keys().filter_map(|name| name.strip_prefix("refs/heads/")?.parse().ok());
    let mut choices =
        fetched.head.clone().into_iter().chain([repository.default_branch.clone()]).chain(known).chain(any);
    choices.find(there).unwrap_or_else(|| repository.default_branch.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::embedded::origin::OriginState;
    use crate::model::RepoId;

    #[test]
    fn a_mirror_that_fails_waits_longer_each_time_and_never_longer_than_its_period() {
        let origin = |failures, period| Origin {
            repo: RepoId::make(),
            url: "https://example.com/x.git".parse().unwrap(),
            username: None,
            period: Duration::from_secs(period),
            state: OriginState::Failed,
            due: None,
            tried: None,
            fresh: None,
            error: None,
            failures,
        };
        let waits =
            |period| [0, 1, 2, 5, 40].map(|failures| wait(&origin(failures, period)).map(|wait| wait.as_secs()));
        assert_eq!(waits(86_400), [Some(60), Some(120), Some(240), Some(1920), Some(21_600)]);
        assert_eq!(waits(600), [Some(60), Some(120), Some(240), Some(600), Some(600)]);
        assert_eq!(waits(0), [None; 5]);
    }
}
