//! Commits everything in the workspace and pushes it to `origin`, the run's quarantine remote.

use std::time::Duration;

use crate::agents::inside::command;
use crate::agents::inside::workspace::Workspace;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::BranchName;

/// How long each step of Git may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Who the agent is in its own commits. What becomes of them is written by the server, under other names.
const WHO: [&str; 4] = ["-c", "user.name=agent", "-c", "user.email=agent@forgehand.invalid"];

/// Commits what changed, if something did, and pushes it to the branch.
pub(super) fn push(workspace: &Workspace, branch: &str, message: &str) -> Result<String> {
    let branch: BranchName = branch.parse()?;
    git(workspace, &["add", "--all"])?;
    if git(workspace, &["status", "--porcelain"])?.trim() != "" {
        git(workspace, &[&WHO[..], &["commit", "--quiet", "--no-verify", "-m", message]].concat())?;
    }
    git(workspace, &["push", "--quiet", "--force", "origin", &format!("HEAD:{}", branch.as_ref_name())])?;
    Ok(format!("pushed to {branch}"))
}

fn git(workspace: &Workspace, arguments: &[&str]) -> Result<String> {
    let argv = [&["git"], arguments].concat();
    let ran = command::run(&argv, workspace.root(), PATIENCE)?;
    if ran.exit == Some(0) {
        return Ok(ran.output);
    }
    Err(Error::invalid(format!("`git {}` failed: {}", arguments.join(" "), ran.told().trim())))
}
