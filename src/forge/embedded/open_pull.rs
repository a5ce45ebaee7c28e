//! Opening a pull request.

use crate::access::Action;
use crate::access::Cx;
use crate::forge::Marker;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::edit_issue::as_what;
use crate::forge::embedded::hooks::announce::Doing;
use crate::forge::embedded::hooks::announce::Happening;
use crate::forge::embedded::issue::Author;
use crate::forge::embedded::issue::Issue;
use crate::forge::embedded::issue::State;
use crate::forge::embedded::notice::Did;
use crate::forge::embedded::open_issue::known_labels;
use crate::forge::embedded::pull::Pull;
use crate::forge::embedded::pull::PullRequest;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::store;
use crate::forge::embedded::text;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::BranchName;
use crate::model::CommitId;

impl Embedded {
    /// Opens a pull request from a branch of the same repository, or of a fork that whoever acts may read.
    pub async fn open_pull(&self, cx: &Cx, place: &Place, new: PullRequest) -> Result<Issue> {
        cx.authorize(Action::OpenPull, &place.standing)?;
        if !new.labels.is_empty() {
            cx.authorize(Action::LabelIssue, &place.standing)?;
        }
        let author = self.author(cx)?;
        self.write_pull(cx, place, author, new, None).await
    }

    pub(super) async fn write_pull(
        &self,
        cx: &Cx,
        place: &Place,
        author: Author,
        new: PullRequest,
        marker: Option<&Marker>,
    ) -> Result<Issue> {
        text::title(&new.title)?;
        text::body(&new.body)?;
        let pull = self.pull_between(cx, place, &new).await?;
        let heard = self.heard(cx, place, &new.body).await?;
        let repo = place.repository.id;
        let mut issue = Issue {
            number: 0,
            id: 0,
            title: new.title,
            body: new.body,
            author: author.clone(),
            state: State::Open,
            labels: Vec::new(),
            assignees: Vec::new(),
            milestone: None,
            comments: 0,
            pull: Some(pull.clone()),
            created: cx.now(),
            updated: cx.now(),
            closed: None,
        };
        let paths = self.paths_of(place, &issue).await?;
        if paths.is_empty() {
            return Err(nothing_to_merge(&pull));
        }
        let mut tx = self.db().begin().await?;
        issue.number = store::repositories::next_number(&mut tx, repo, true).await?;
        issue.id = store::repositories::next_id(&mut tx, repo, cx.now()).await?;
        let open = store::pulls::open_by_head(&mut tx, repo, pull.head_repo, &pull.head_branch).await?;
        let twin = |other: &Issue| other.pull.as_ref().is_some_and(|other| other.base_branch == pull.base_branch);
        if let Some(other) = open.iter().find(|other| twin(other)) {
            return Err(Error::conflict(format!(
                "There is a pull request of these branches already: #{}",
                other.number
            ))
            .code("PULL_EXISTS"));
        }
        issue.labels = known_labels(&mut tx, repo, &new.labels).await?;
        store::issues::insert(&mut tx, repo, &issue, marker).await?;
        store::pulls::insert(&mut tx, repo, issue.number, &pull).await?;
        for label in &issue.labels {
            store::labels::put_on(&mut tx, repo, issue.number, label.id).await?;
        }
        let did = Did { who: &author, what: "opened this", entry: 0, at: cx.now() };
        self.notify(&mut tx, repo, &issue, did).await?;
        self.mention(&mut tx, (place, issue.number, 0), &author, cx.now(), &heard).await?;
        let actor = self.actor(&author);
        self.tell(&mut tx, &place.repository, actor.clone(), cx.now(), as_what(&issue, "opened", &paths)).await?;
        let happening = Happening::Issue { issue: &issue, doing: Doing::Opened };
        self.announce(&mut tx, (&place.repository, cx.now()), &actor, happening).await?;
        self.tell_labels(&mut tx, &place.repository, &actor, &issue, &issue.label_names()).await?;
        tx.commit().await?;
        self.rooms().poke.poke();
        self.keep_head(place, issue.number, &pull.head_sha).await?;
        if let Err(error) = self.ask_owners(cx, place, &issue).await {
            tracing::warn!(error = error.chain(), "Owners of code are not asked for a review");
        }
        Ok(issue)
    }

    /// Both branches where they are now; the objects of a fork's branch are taken over.
    async fn pull_between(&self, cx: &Cx, place: &Place, new: &PullRequest) -> Result<Pull> {
        let fork = new.head_repo != place.repository.id;
        if !fork && new.base == new.head {
            return Err(Error::invalid("A pull request needs two branches").field("head"));
        }
        let git = self.git(&place.repository);
        let base_sha = git.branch(&new.base).await?.ok_or_else(|| no_branch("base", &new.base))?;
        let head_sha = if fork {
            let from = self.enter_by_id(cx, new.head_repo).await?;
            if from.repository.fork_of != Some(place.repository.id) {
                return Err(Error::invalid("The other repository is no fork of this one").field("head"));
            }
            let source = self.git(&from.repository);
            let sha = source.branch(&new.head).await?.ok_or_else(|| no_branch("head", &new.head))?;
            git.import(&source, &sha).await?;
            sha
        } else {
            git.branch(&new.head).await?.ok_or_else(|| no_branch("head", &new.head))?
        };
        Ok(Pull {
            base_branch: new.base.clone(),
            base_sha,
            head_repo: new.head_repo,
            head_branch: new.head.clone(),
            head_sha,
            fork,
            draft: new.draft,
            merged: None,
        })
    }
}

fn no_branch(field: &'static str, branch: &BranchName) -> Error {
    Error::invalid(format!("There is no branch `{branch}`")).hint("push the branch first").field(field)
}

fn nothing_to_merge(pull: &Pull) -> Error {
    let head: &CommitId = &pull.head_sha;
    let message =
        format!("`{}` at {} brings nothing that `{}` has not", pull.head_branch, head.short(), pull.base_branch);
    Error::invalid(message).field("head")
}
