//! Making repositories: empty, with a first commit, or as a fork.

use crate::access::Action;
use crate::access::Cx;
use crate::db::Tx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::repository::NewRepository;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::repository::Repository;
use crate::forge::embedded::store;
use crate::forge::embedded::text;
use crate::git;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::CommitId;
use crate::model::OwnerName;
use crate::model::RepoId;
use crate::model::What;

impl Embedded {
    /// Makes a repository. Who may is asked where its owner is.
    pub async fn create(&self, cx: &Cx, new: NewRepository) -> Result<Repository> {
        let standing = self.rooms().access.standing_at_owner(cx, new.owner).await?;
        cx.authorize(Action::CreateRepository, &standing)?;
        text::line("description", &new.description, 2048)?;
        if new.name.as_str().eq_ignore_ascii_case("brain") {
            let error = Error::invalid("`brain` is an address of the server, which no repository can have");
            return Err(error.hint("the company brain lies in the repository `company-brain`").field("name"));
        }
        let mut tx = self.db().begin().await?;
        let repository = self.insert(&mut tx, cx, &new, None).await?;
        if new.readme {
            let first = self.write_readme(cx, &repository).await?;
            self.first_commit(&mut tx, cx, &repository, &first).await?;
        }
        tx.commit().await?;
        self.rooms().poke.poke();
        Ok(repository)
    }

    /// Makes a fork that whoever acts owns: the default branch with its history.
    pub async fn fork(&self, cx: &Cx, place: &Place) -> Result<Repository> {
        let author = self.author(cx)?;
        let standing = self.rooms().access.standing_at_owner(cx, author.account).await?;
        cx.authorize(Action::CreateRepository, &standing)?;
        let source = &place.repository;
        let new = NewRepository {
            owner: author.account,
            owner_name: author.login,
            name: source.name.clone(),
            description: source.description.clone(),
            private: source.private,
            default_branch: source.default_branch.clone(),
            readme: false,
        };
        let head = self.git(source).branch(&source.default_branch).await?;
        let mut tx = self.db().begin().await?;
        let repository = self.insert(&mut tx, cx, &new, Some(source.id)).await?;
        tx.commit().await?;
        if let Some(head) = head {
            // Copying takes as long as the history is long, so no transaction waits for it.
            let at = self.enter_by_id(cx, repository.id).await?;
            let begun = self.begin_push(cx, &at, self.actor(&self.author(cx)?), None, None).await?;
            let done = self.copy_branch(source, &repository, &head).await;
            self.end_push(repository.id, begun, done).await?;
        }
        Ok(repository)
    }

    async fn copy_branch(&self, source: &Repository, fork: &Repository, head: &CommitId) -> Result<()> {
        let git = self.git(fork);
        git.import(&self.git(source), head).await?;
        git.update_ref(&source.default_branch.as_ref_name(), &git::Expected::Absent, Some(head)).await
    }

    /// The row first, so that a name is taken once; then the Git directory, before the row can be seen.
    async fn insert(&self, tx: &mut Tx, cx: &Cx, new: &NewRepository, fork_of: Option<RepoId>) -> Result<Repository> {
        let id = RepoId::make();
        store::repositories::insert(tx, id, new, fork_of, cx.now()).await?;
        let unborn = self.rooms().git.repository(&new.owner_name, &new.name);
        if unborn.exists().await {
            self.sweep(&unborn, &new.owner_name, new).await?;
        }
        self.rooms().git.create(&new.owner_name, &new.name, &new.default_branch).await?;
        let found = store::repositories::by_id(tx, id).await?;
        found.ok_or_else(|| Error::internal("A repository that was just made is not there"))
    }

    /// A directory without a row is left from a crash half-way: it is swept while it is empty, and never otherwise.
    async fn sweep(&self, unborn: &git::Repository, owner: &OwnerName, new: &NewRepository) -> Result<()> {
        if !unborn.all_refs().await?.is_empty() {
            return Err(Error::conflict(format!("There is a Git directory for `{owner}/{}` already", new.name))
                .hint("an administrator has to move it away from the data directory"));
        }
        self.rooms().git.delete(owner, &new.name).await
    }

    async fn write_readme(&self, cx: &Cx, repository: &Repository) -> Result<CommitId> {
        let who = self.signature(cx).await?;
        let mut text = format!("# {}\n", repository.name);
        if !repository.description.is_empty() {
            text.push_str(&format!("\n{}\n", repository.description));
        }
        let change = git::Change::Write { bytes: text.into_bytes(), executable: false };
        let commit = git::CommitFiles {
            branch: repository.default_branch.clone(),
            expected: git::Expected::Absent,
            base: None,
            changes: vec![("README.md".parse()?, change)],
            author: who.clone(),
            committer: who,
            message: "Initial commit\n".into(),
        };
        self.git(repository).commit_files(commit).await
    }

    async fn first_commit(&self, tx: &mut Tx, cx: &Cx, repository: &Repository, first: &CommitId) -> Result<()> {
        let branch = repository.default_branch.clone();
        store::refs::moved(tx, (repository.id, &branch), None, Some(first)).await?;
        let what = What::Push { branch, before: None, after: Some(first.clone()), paths: vec!["README.md".into()] };
        let actor = self.actor(&self.author(cx)?);
        self.tell(tx, repository, actor, cx.now(), what).await
    }
}
