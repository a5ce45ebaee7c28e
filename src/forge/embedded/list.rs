//! Reading issues, pull requests and conversations of a repository that somebody has entered.

use crate::forge::embedded::Embedded;
use crate::forge::embedded::entry::Edit;
use crate::forge::embedded::entry::Entry;
use crate::forge::embedded::issue::Issue;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::search::Search;
use crate::forge::embedded::status::Status;
use crate::forge::embedded::store;
use crate::forge::embedded::store::entries::Which;
use crate::forge::embedded::store::issues::Found;
use crate::git::Side;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::model::BranchName;
use crate::model::CommitId;

/// The most paths that an event names.
pub(super) const MOST_PATHS: usize = 3000;

impl Embedded {
    /// The issue or pull request with this number.
    pub async fn issue(&self, place: &Place, number: i64) -> Result<Issue> {
        let found = store::issues::by_number(&mut *self.db().read().await?, place.repository.id, number).await?;
        found.ok_or_else(|| Error::not_found("such issue"))
    }

    /// The pull request with this number; an issue is none.
    pub async fn pull(&self, place: &Place, number: i64) -> Result<Issue> {
        let found = self.issue(place, number).await.ok().filter(|issue| issue.pull.is_some());
        found.ok_or_else(|| Error::not_found("such pull request"))
    }

    /// Issues and pull requests that a search picks.
    pub async fn issues(&self, place: &Place, search: &Search, paging: Paging) -> Result<Page<Issue>> {
        Ok(self.search(place, search, paging).await?.page)
    }

    /// The same, with how many are open and closed among what the rest of the search picks.
    pub async fn search(&self, place: &Place, search: &Search, paging: Paging) -> Result<Found> {
        store::issues::list(&mut *self.db().read().await?, place.repository.id, search, paging).await
    }

    /// Open pull requests whose changes come from this branch of the repository.
    pub async fn pulls_from(&self, place: &Place, head: &BranchName) -> Result<Vec<Issue>> {
        let repo = place.repository.id;
        store::pulls::open_by_head(&mut *self.db().read().await?, repo, repo, head).await
    }

    /// The conversation of an issue or pull request, oldest first.
    pub async fn entries(&self, place: &Place, number: i64, which: Which, paging: Paging) -> Result<Page<Entry>> {
        store::entries::list(&mut *self.db().read().await?, (place.repository.id, number), which, paging).await
    }

    /// Comments of all conversations of the repository, oldest first.
    pub async fn comments_everywhere(&self, place: &Place, paging: Paging) -> Result<Page<Entry>> {
        store::entries::comments_of_repo(&mut *self.db().read().await?, place.repository.id, paging).await
    }

    /// One entry of any conversation of the repository.
    pub async fn entry(&self, place: &Place, id: i64) -> Result<Entry> {
        let found = store::entries::by_id(&mut *self.db().read().await?, place.repository.id, id).await?;
        found.ok_or_else(|| Error::not_found("such comment"))
    }

    /// What an opening text or a comment said before each edit, oldest first.
    pub async fn edits(&self, place: &Place, id: i64) -> Result<Vec<Edit>> {
        store::entries::edits(&mut *self.db().read().await?, place.repository.id, id).await
    }

    /// Every status of a commit, newest first.
    pub async fn statuses(&self, place: &Place, sha: &CommitId, paging: Paging) -> Result<Page<Status>> {
        store::statuses::list(&mut *self.db().read().await?, place.repository.id, sha, paging).await
    }

    /// The newest status of each context, for each of these commits.
    pub async fn newest_statuses(&self, place: &Place, shas: &[&CommitId]) -> Result<Vec<Status>> {
        store::statuses::newest(&mut *self.db().read().await?, place.repository.id, shas).await
    }

    /// The commit that a pull request's changes start from: the best common ancestor of base and head.
    pub async fn merge_base(&self, place: &Place, pull: &Issue) -> Result<Option<CommitId>> {
        let Some(parts) = &pull.pull else { return Ok(None) };
        self.git(&place.repository).merge_base(&parts.base_sha, &parts.head_sha).await
    }

    /// Paths that differ between base and head; none for an issue.
    pub(super) async fn paths_of(&self, place: &Place, issue: &Issue) -> Result<Vec<String>> {
        let Some(pull) = &issue.pull else { return Ok(Vec::new()) };
        let from = self.merge_base(place, issue).await?;
        let from = from.as_ref().map_or(Side::Empty, Side::Commit);
        self.git(&place.repository).changed_paths(from, Side::Commit(&pull.head_sha), MOST_PATHS).await
    }
}
