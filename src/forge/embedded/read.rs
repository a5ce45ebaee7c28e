//! The embedded forge as any other reader of a forge sees it.

use async_trait::async_trait;

use crate::access::Cx;
use crate::forge::Reader;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::store;
use crate::forge::embedded::store::entries::Which;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::RepoRef;
use crate::model::Role;
use crate::model::event;

impl Embedded {
    /// The repository as the server itself sees it: by its id, which survives a new name.
    pub(super) async fn behind(&self, repo: &RepoRef) -> Result<Place> {
        self.enter_by_id(&Cx::system(&self.rooms().clock), repo.id).await
    }
}

#[async_trait]
impl Reader for Embedded {
    async fn default_branch(&self, repo: &RepoRef) -> Result<BranchName> {
        Ok(self.behind(repo).await?.repository.default_branch)
    }

    async fn branch_head(&self, repo: &RepoRef, branch: &BranchName) -> Result<Option<CommitId>> {
        let place = self.behind(repo).await?;
        self.git(&place.repository).branch(branch).await
    }

    async fn issue(&self, repo: &RepoRef, number: i64) -> Result<Option<event::Issue>> {
        let found = store::issues::by_number(&mut *self.db().read().await?, repo.id, number).await?;
        Ok(found.filter(|issue| issue.pull.is_none()).map(|issue| issue.as_event()))
    }

    async fn pull(&self, repo: &RepoRef, number: i64) -> Result<Option<event::Pull>> {
        let found = store::issues::by_number(&mut *self.db().read().await?, repo.id, number).await?;
        Ok(found.and_then(|issue| issue.as_pull_event()))
    }

    async fn pull_of_branch(&self, repo: &RepoRef, head: &BranchName) -> Result<Option<event::Pull>> {
        let found = store::pulls::open_by_head(&mut *self.db().read().await?, repo.id, repo.id, head).await?;
        Ok(found.first().and_then(|issue| issue.as_pull_event()))
    }

    async fn conversation(&self, repo: &RepoRef, number: i64, most: u32) -> Result<Vec<event::Comment>> {
        let mut connection = self.db().read().await?;
        let at = (repo.id, number);
        let entries = store::entries::newest(&mut connection, at, Which::Words, i64::from(most)).await?;
        let lines = store::reviews::newest_lines(&mut connection, at, i64::from(most)).await?;
        let mut said: Vec<_> = entries.iter().map(|entry| (entry.created, entry.id, entry.as_event())).collect();
        said.extend(lines.iter().map(|line| (line.created, line.id, line.as_event())));
        said.sort_by_key(|(at, id, _)| (*at, *id));
        let older = said.len().saturating_sub(most as usize);
        Ok(said.into_iter().skip(older).map(|(_, _, comment)| comment).collect())
    }

    async fn checks(&self, repo: &RepoRef, sha: &CommitId) -> Result<Vec<event::Check>> {
        let statuses = store::statuses::newest(&mut *self.db().read().await?, repo.id, &[sha]).await?;
        Ok(statuses.iter().map(|status| status.as_event()).collect())
    }

    async fn role(&self, repo: &RepoRef, login: &str) -> Result<Option<Role>> {
        let place = match self.behind(repo).await {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(Error::not_found("such repository")),
            other => other?,
        };
        let Ok(login) = login.parse() else { return Ok(None) };
        let Some(person) = self.rooms().identity.person_by_login(&login).await? else { return Ok(None) };
        let role = self.rooms().access.role_of(person.id, &place.repository.facts()).await?;
        Ok(if person.site_admin { Some(Role::Admin) } else { role })
    }
}
