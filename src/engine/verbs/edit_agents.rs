//! A settings page never holds a setting of its own: an edit becomes a commit by that person.

use serde_json::json;

use crate::access::Action;
use crate::access::Cx;
use crate::engine::Engine;
use crate::forge::embedded::Place;
use crate::git;
use crate::kit::Error;
use crate::kit::Result;
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
}

impl Engine {
    /// Commits an edit of one file of `.agents/` to the default branch, in the person's name.
    pub async fn edit_agents(&self, cx: &Cx, place: &Place, edit: EditFile) -> Result<CommitId> {
        cx.authorize(Action::EditAgents, &place.standing)?;
        if !edit.path.as_str().starts_with(".agents/") {
            return Err(
                Error::invalid(format!("Cannot edit `{}` here: only files in `.agents/`", edit.path)).field("path")
            );
        }
        let branch = place.repository.default_branch.clone();
        let who = self.forge.signature(cx).await?;
        let verb = if edit.text.is_some() { "Edit" } else { "Remove" };
        let message = if edit.message.trim().is_empty() {
            format!("agents: {verb} {}", edit.path.file_name())
        } else {
            edit.message
        };
        let change = match edit.text {
            Some(text) => git::Change::Write { bytes: text.replace("\r\n", "\n").into_bytes(), executable: false },
            None => git::Change::Remove,
        };
        let commit = git::CommitFiles {
            branch,
            expected: edit.seen.map_or(git::Expected::Any, git::Expected::At),
            base: None,
            changes: vec![(edit.path.clone(), change)],
            author: who.clone(),
            committer: who,
            message,
        };
        let made = self.forge.commit_files(cx, place, commit).await?;
        let step = self.step(cx).await?;
        let details = json!({ "path": edit.path, "commit": made });
        step.finish("agents.edit", place.repository.reference().to_string(), details).await?;
        Ok(made)
    }
}
