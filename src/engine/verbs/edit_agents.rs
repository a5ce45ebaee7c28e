//! A settings page never holds a setting of its own: an edit becomes a commit by that person, or a pull
//! request of theirs.

use serde_json::json;

use crate::access::Action;
use crate::access::Cx;
use crate::engine::Engine;
use crate::engine::frame::Deed;
use crate::forge::embedded::Place;
use crate::forge::embedded::PullRequest;
use crate::git;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::digest::Digest;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::TreePath;

/// A file of `.agents/` as a person leaves it.
#[derive(Clone, Debug)]
pub struct EditFile {
    /// The path.
    pub path: TreePath,
    /// The whole text; none deletes the file.
    pub text: Option<String>,
    /// What the person says about it; made up when empty.
    pub message: String,
    /// The commit that the person saw; if the branch moved since, the edit is refused.
    pub seen: Option<CommitId>,
    /// Where the commit is to go.
    pub onto: Onto,
}

/// Where an edit goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onto {
    /// The default branch, when it takes commits.
    DefaultBranch,
    /// A new branch with a pull request from it.
    PullRequest,
}

/// What became of an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edited {
    /// A commit on the default branch.
    Committed(CommitId),
    /// A pull request, by its number.
    Proposed(i64),
}

impl Engine {
    /// Commits an edit of one file of `.agents/` in the person's name, on the default branch or for a pull request.
    pub async fn edit_agents(&self, cx: &Cx, place: &Place, edit: EditFile) -> Result<Edited> {
        cx.authorize(Action::EditAgents, &place.standing)?;
        if !edit.path.as_str().starts_with(".agents/") {
            return Err(
                Error::invalid(format!("Cannot edit `{}` here: only files in `.agents/`", edit.path)).field("path")
            );
        }
        let text = edit.text.as_deref().map(|text| Digest::plain(text.replace("\r\n", "\n").as_bytes()));
        let details = json!({ "path": edit.path, "text": text, "seen": edit.seen });
        let deed = Deed { action: "agents.edit", refused: "agents.edit_refused", place, details };
        self.told_first(cx, deed, self.land(cx, place, edit)).await
    }

    async fn land(&self, cx: &Cx, place: &Place, edit: EditFile) -> Result<Edited> {
        let default = place.repository.default_branch.clone();
        let verb = if edit.text.is_some() { "Edit" } else { "Remove" };
        let title = match edit.message.trim() {
            "" => format!("agents: {verb} {}", edit.path.file_name()),
            typed => typed.to_owned(),
        };
        let (branch, expected, base) = match edit.onto {
            Onto::DefaultBranch => {
                (default.clone(), edit.seen.clone().map_or(git::Expected::Any, git::Expected::At), None)
            }
            Onto::PullRequest => (self.free_branch(place, &edit.path).await?, git::Expected::Absent, edit.seen.clone()),
        };
        let who = self.forge.signature(cx).await?;
        let change = match edit.text {
            Some(text) => git::Change::Write { bytes: text.replace("\r\n", "\n").into_bytes(), executable: false },
            None => git::Change::Remove,
        };
        let commit = git::CommitFiles {
            branch: branch.clone(),
            expected,
            base,
            changes: vec![(edit.path, change)],
            author: who.clone(),
            committer: who,
            message: title.clone(),
        };
        let made = self.forge.commit_files(cx, place, commit).await?;
        if edit.onto == Onto::DefaultBranch {
            return Ok(Edited::Committed(made));
        }
        let pull = PullRequest {
            title: title.lines().next().unwrap_or_default().to_owned(),
            body: String::new(),
            base: default,
            head_repo: place.repository.id,
            head: branch,
            draft: false,
            labels: Vec::new(),
        };
        Ok(Edited::Proposed(self.forge.open_pull(cx, place, pull).await?.number))
    }

    /// A branch for an edit of this file that does not exist yet: `agents/stacks-fixer`, `agents/stacks-fixer-2`, …
    async fn free_branch(&self, place: &Place, path: &TreePath) -> Result<BranchName> {
        let stem = path.as_str().trim_start_matches(".agents/").replace('/', "-");
        let stem = stem.trim_end_matches(".yaml").trim_end_matches(".md");
        let git = self.forge.git(&place.repository);
        for number in 1..100 {
            let name = if number == 1 { format!("agents/{stem}") } else { format!("agents/{stem}-{number}") };
            let branch: BranchName = name.parse()?;
            if git.branch(&branch).await?.is_none() {
                return Ok(branch);
            }
        }
        Err(Error::conflict(format!("There are a hundred branches `agents/{stem}-…` already"))
            .hint("merge or delete those that are done"))
    }
}
