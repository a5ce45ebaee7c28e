//! The hand that writes on the embedded forge for agents, as any other forge's.

use async_trait::async_trait;

use crate::access::Cx;
use crate::forge::Marker;
use crate::forge::NewIssue;
use crate::forge::NewPull;
use crate::forge::Writer;
use crate::forge::Written;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::entry::ReviewState;
use crate::forge::embedded::issue;
use crate::forge::embedded::label_issue::Labelling;
use crate::forge::embedded::line_comment::NewLineComment;
use crate::forge::embedded::pull::PullRequest;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::reviews::NewReview;
use crate::forge::embedded::status::NewStatus;
use crate::forge::embedded::status::StatusState;
use crate::forge::embedded::store;
use crate::git;
use crate::kit::Result;
use crate::kit::text::visible_line;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::RepoId;
use crate::model::RepoRef;
use crate::model::effect::ReviewVerdict;
use crate::model::effect::ReviewWords;

impl Embedded {
    fn hand(&self) -> Cx {
        Cx::system(&self.rooms().clock)
    }

    async fn pull_with(&self, place: &Place, marker: &Marker) -> Result<Option<Written>> {
        let repo = place.repository.id;
        let found = store::issues::by_marker(&mut *self.db().read().await?, repo, marker).await?;
        Ok(found.map(|number| pull_written(place, number, true)))
    }

    pub(super) async fn status_with(&self, repo: RepoId, marker: &Marker) -> Result<Option<i64>> {
        store::statuses::by_marker(&mut *self.db().read().await?, repo, marker).await
    }
}

/// The unique marker refuses the second of two that write at once; what the first wrote then counts for both.
#[async_trait]
impl Writer for Embedded {
    async fn comment(&self, repo: &RepoRef, number: i64, body: &str, behalf: &str, marker: &Marker) -> Result<Written> {
        if let Some(written) = self.find_comment(repo, marker).await? {
            return Ok(written);
        }
        let place = self.behind(repo).await?;
        let author = self.own_author(Some(behalf));
        let body = marker.sign(body);
        let done = self.write_comment(&self.hand(), (&place, number), author, &body, Some(marker)).await;
        match done {
            Ok(entry) => Ok(comment_written(&place, number, entry.id, false)),
            Err(error) => self.find_comment(repo, marker).await?.ok_or(error),
        }
    }

    async fn find_comment(&self, repo: &RepoRef, marker: &Marker) -> Result<Option<Written>> {
        let place = self.behind(repo).await?;
        let found = store::entries::by_marker(&mut *self.db().read().await?, repo.id, marker).await?;
        Ok(found.map(|entry| comment_written(&place, entry.number, entry.id, true)))
    }

    async fn push(
        &self,
        repo: &RepoRef,
        branch: &BranchName,
        commit: &CommitId,
        expected: Option<&CommitId>,
    ) -> Result<Written> {
        let place = self.behind(repo).await?;
        let git = self.git(&place.repository);
        let written = |already| Written {
            id: commit.to_string(),
            url: format!("/{}/commit/{commit}", place.repository.reference()),
            already,
        };
        if git.branch(branch).await?.as_ref() == Some(commit) {
            return Ok(written(true));
        }
        let claim = Some((branch.clone(), commit.clone()));
        let actor = self.actor(&self.own_author(None));
        let begun = self.begin_push(&self.hand(), &place, actor, claim, None).await?;
        let expected = git::Expected::exactly(expected);
        let done = git.update_ref(&branch.as_ref_name(), &expected, Some(commit)).await;
        self.end_push(place.repository.id, begun, done).await?;
        Ok(written(false))
    }

    async fn open_pull(&self, repo: &RepoRef, new: &NewPull, behalf: &str, marker: &Marker) -> Result<Written> {
        let place = self.behind(repo).await?;
        if let Some(written) = self.pull_with(&place, marker).await? {
            return Ok(written);
        }
        let request = PullRequest {
            title: new.title.clone(),
            body: marker.sign(&new.body),
            base: new.base.clone(),
            head_repo: place.repository.id,
            head: new.head.clone(),
            draft: false,
            labels: Vec::new(),
        };
        let author = self.own_author(Some(behalf));
        let done = self.write_pull(&self.hand(), &place, author, request, Some(marker)).await;
        match done {
            Ok(issue) => Ok(pull_written(&place, issue.number, false)),
            Err(error) => self.pull_with(&place, marker).await?.ok_or(error),
        }
    }

    async fn find_pull(&self, repo: &RepoRef, head: &BranchName) -> Result<Option<Written>> {
        let place = self.behind(repo).await?;
        let found = self.pulls_from(&place, head).await?;
        Ok(found.first().map(|issue| pull_written(&place, issue.number, true)))
    }

    async fn review(
        &self,
        repo: &RepoRef,
        (number, head): (i64, Option<&CommitId>),
        review: &ReviewWords,
        behalf: &str,
        marker: &Marker,
    ) -> Result<Written> {
        if let Some(written) = self.find_comment(repo, marker).await? {
            return Ok(written);
        }
        let place = self.behind(repo).await?;
        let state = match review.verdict {
            ReviewVerdict::Comment => ReviewState::Commented,
            ReviewVerdict::RequestChanges => ReviewState::ChangesRequested,
        };
        let new = NewReview {
            state,
            body: marker.sign(&review.body),
            looked_at: head.cloned(),
            lines: review.lines.iter().map(NewLineComment::from).collect(),
        };
        let author = self.own_author(Some(behalf));
        let done = self.review_as(&self.hand(), (&place, number), (&author, Some(marker)), new).await;
        match done {
            Ok(entry) => Ok(comment_written(&place, number, entry.id, false)),
            Err(error) => self.find_comment(repo, marker).await?.ok_or(error),
        }
    }

    async fn open_issue(&self, repo: &RepoRef, new: &NewIssue, behalf: &str, marker: &Marker) -> Result<Written> {
        if let Some(written) = self.find_issue(repo, marker).await? {
            return Ok(written);
        }
        let place = self.behind(repo).await?;
        let NewIssue { title, body, labels } = new.clone();
        let body = marker.sign(&body);
        let opening = issue::NewIssue { title, body, labels, assignees: Vec::new(), milestone: None };
        let author = self.own_author(Some(behalf));
        let done = self.write_issue(&self.hand(), &place, author, opening, Some(marker)).await;
        match done {
            Ok(issue) => Ok(issue_written(&place, issue.number, false)),
            Err(error) => self.find_issue(repo, marker).await?.ok_or(error),
        }
    }

    async fn find_issue(&self, repo: &RepoRef, marker: &Marker) -> Result<Option<Written>> {
        let place = self.behind(repo).await?;
        let found = store::issues::by_marker(&mut *self.db().read().await?, repo.id, marker).await?;
        Ok(found.map(|number| issue_written(&place, number, true)))
    }

    async fn set_labels(&self, repo: &RepoRef, number: i64, add: &[String], remove: &[String]) -> Result<Written> {
        let place = self.behind(repo).await?;
        let labelling = Labelling::Change { add: add.to_vec(), remove: remove.to_vec() };
        let author = self.own_author(None);
        let issue = self.write_labels(&self.hand(), (&place, number), &author, labelling).await?;
        let url = format!(
            "/{}/{}/{number}",
            place.repository.reference(),
            if issue.pull.is_some() { "pulls" } else { "issues" }
        );
        Ok(Written { id: number.to_string(), url, already: false })
    }

    async fn rerun_check(
        &self,
        repo: &RepoRef,
        sha: &CommitId,
        check: &str,
        behalf: &str,
        marker: &Marker,
    ) -> Result<Written> {
        let place = self.behind(repo).await?;
        let url = format!("/{}/commit/{sha}", place.repository.reference());
        if let Some(id) = self.status_with(repo.id, marker).await? {
            return Ok(Written { id: id.to_string(), url, already: true });
        }
        let status = NewStatus {
            context: check.to_owned(),
            state: StatusState::Pending,
            description: format!("Rerun requested by {}", visible_line(behalf, 80)),
            target_url: String::new(),
        };
        let author = self.own_author(Some(behalf));
        let done = self.write_status(&self.hand(), &place, sha, (author, status), Some(marker)).await;
        match done {
            Ok(status) => Ok(Written { id: status.id.to_string(), url, already: false }),
            Err(error) => {
                let found = self.status_with(repo.id, marker).await?;
                let id = found.ok_or(error)?;
                Ok(Written { id: id.to_string(), url, already: true })
            }
        }
    }
}

fn comment_written(place: &Place, number: i64, id: i64, already: bool) -> Written {
    let url = format!("/{}/issues/{number}#comment-{id}", place.repository.reference());
    Written { id: id.to_string(), url, already }
}

fn issue_written(place: &Place, number: i64, already: bool) -> Written {
    let url = format!("/{}/issues/{number}", place.repository.reference());
    Written { id: number.to_string(), url, already }
}

fn pull_written(place: &Place, number: i64, already: bool) -> Written {
    let url = format!("/{}/pulls/{number}", place.repository.reference());
    Written { id: number.to_string(), url, already }
}
