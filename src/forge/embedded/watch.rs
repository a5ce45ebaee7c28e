//! Watching a repository: hearing of everything that is said in its issues and pull requests.

use crate::access::Action;
use crate::access::Cx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::repository::Repository;
use crate::forge::embedded::store;
use crate::kit::Result;
use crate::kit::clock::Timestamp;

impl Embedded {
    /// Begins to watch a repository, or ends it.
    pub async fn watch(&self, cx: &Cx, place: &Place, watch: bool) -> Result<()> {
        cx.authorize(Action::Comment, &place.standing)?;
        let account = self.author(cx)?.account;
        let mut tx = self.db().begin().await?;
        match watch {
            true => store::watches::insert(&mut tx, account, place.repository.id, cx.now()).await?,
            false => store::watches::delete(&mut tx, account, place.repository.id).await?,
        }
        tx.commit().await
    }

    /// Since when whoever acts watches a repository; none when they do not.
    pub async fn watched_since(&self, cx: &Cx, place: &Place) -> Result<Option<Timestamp>> {
        let Some(account) = cx.person() else { return Ok(None) };
        store::watches::since(&mut *self.db().read().await?, account, place.repository.id).await
    }

    /// Repositories that whoever acts watches and may still read.
    pub async fn watched(&self, cx: &Cx) -> Result<Vec<Repository>> {
        let account = self.author(cx)?.account;
        let mut found = Vec::new();
        for repo in store::watches::of_account(&mut *self.db().read().await?, account).await? {
            if let Ok(place) = self.enter_by_id(cx, repo).await {
                found.push(place.repository);
            }
        }
        Ok(found)
    }
}
