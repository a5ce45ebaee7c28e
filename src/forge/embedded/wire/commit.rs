//! Commits, in the three shapes that clients know.

use serde::Serialize;

use crate::forge::embedded::Repository;
use crate::git;
use crate::model::CommitId;

/// A commit in a list or alone.
#[derive(Serialize)]
pub struct Commit {
    url: String,
    sha: String,
    created: String,
    html_url: String,
    commit: RepoCommit,
    author: Option<()>,
    committer: Option<()>,
    parents: Vec<CommitMeta>,
    stats: Option<()>,
}

#[derive(Serialize)]
struct RepoCommit {
    url: String,
    author: CommitUser,
    committer: CommitUser,
    message: String,
    tree: CommitMeta,
    verification: Option<()>,
}

/// Who, in a commit.
#[derive(Serialize)]
struct CommitUser {
    name: String,
    email: String,
    date: String,
}

/// A commit or a tree in a word.
#[derive(Serialize)]
struct CommitMeta {
    url: String,
    sha: String,
    created: String,
}

/// The tip of a branch.
#[derive(Serialize)]
pub struct PayloadCommit {
    id: String,
    message: String,
    url: String,
    author: PayloadUser,
    committer: PayloadUser,
    verification: Option<()>,
    timestamp: String,
    added: Vec<String>,
    removed: Vec<String>,
    modified: Vec<String>,
}

#[derive(Serialize)]
struct PayloadUser {
    name: String,
    email: String,
    username: &'static str,
}

/// The commit that a change of a file made.
#[derive(Serialize)]
pub struct FileCommit {
    url: String,
    sha: String,
    created: String,
    html_url: String,
    author: CommitUser,
    committer: CommitUser,
    parents: Vec<CommitMeta>,
    message: String,
    tree: CommitMeta,
}

impl Commit {
    /// A commit of a repository.
    pub fn new(base: &str, repository: &Repository, commit: &git::Commit) -> Self {
        let file = FileCommit::new(base, repository, commit);
        Self {
            url: file.url.clone(),
            sha: file.sha,
            created: file.created,
            html_url: file.html_url,
            commit: RepoCommit {
                url: file.url,
                author: file.author,
                committer: file.committer,
                message: file.message,
                tree: file.tree,
                verification: None,
            },
            author: None,
            committer: None,
            parents: file.parents,
            stats: None,
        }
    }
}

impl FileCommit {
    /// A commit of a repository.
    pub fn new(base: &str, repository: &Repository, commit: &git::Commit) -> Self {
        let git::Commit { id, tree, parents, author, committer, message } = commit;
        let full_name = repository.reference();
        let api = format!("{base}/api/v1/repos/{full_name}/git");
        let created = committer.at.rfc3339();
        let parent = |id: &CommitId| CommitMeta {
            url: format!("{api}/commits/{id}"),
            sha: id.to_string(),
            created: created.clone(),
        };
        Self {
            url: format!("{api}/commits/{id}"),
            sha: id.to_string(),
            html_url: format!("{base}/{full_name}/commit/{id}"),
            author: CommitUser::new(author),
            committer: CommitUser::new(committer),
            parents: parents.iter().map(parent).collect(),
            message: message.clone(),
            tree: CommitMeta { url: format!("{api}/trees/{tree}"), sha: tree.to_string(), created: created.clone() },
            created,
        }
    }
}

impl PayloadCommit {
    /// The tip of a branch, or a commit that came with a push.
    pub fn new(base: &str, repository: &Repository, commit: &git::Commit) -> Self {
        let user = |who: &git::Who| PayloadUser { name: who.name.clone(), email: who.email.clone(), username: "" };
        Self {
            id: commit.id.to_string(),
            message: commit.message.clone(),
            url: format!("{base}/{}/commit/{}", repository.reference(), commit.id),
            author: user(&commit.author),
            committer: user(&commit.committer),
            verification: None,
            timestamp: commit.committer.at.rfc3339(),
            added: Vec::new(),
            removed: Vec::new(),
            modified: Vec::new(),
        }
    }

    /// The same with the files that it changed, as webhooks tell it.
    pub fn with_files(mut self, added: Vec<String>, removed: Vec<String>, modified: Vec<String>) -> Self {
        (self.added, self.removed, self.modified) = (added, removed, modified);
        self
    }
}

impl CommitUser {
    fn new(who: &git::Who) -> Self {
        let git::Who { name, email, at } = who;
        Self { name: name.clone(), email: email.clone(), date: at.rfc3339() }
    }
}
