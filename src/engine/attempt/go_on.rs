//! An attempt that goes on: it begins with the work that was saved, and is told what happened and what a person says now.

use std::sync::Arc;

use serde_json::Value;

use crate::context::Continuation;
use crate::context::Piece;
use crate::context::Trust;
use crate::engine::Engine;
use crate::engine::attempt::gather;
use crate::engine::attempt::keep;
use crate::engine::attempt::save;
use crate::git::EntryKind;
use crate::git::FileSide;
use crate::git::Repository;
use crate::git::Side;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::kit::text::bounded;
use crate::kit::text::visible_line;
use crate::model::AttemptId;
use crate::model::RunId;
use crate::model::TreePath;
use crate::runs::Attempt;
use crate::runs::AttemptKind;
use crate::runs::Leased;
use crate::runs::Run;
use crate::runs::Saved;
use crate::runs::TranscriptEvent;
use crate::sandbox::Label;
use crate::sandbox::Laid;
use crate::sandbox::Workspace;

/// How many lines of the transcript are told again: the newest.
const MOST_LINES: i64 = 400;

/// How much of one line is told again.
const MOST_OF_A_LINE: usize = 400;

/// How many files of earlier work are laid into a workspace.
const MOST_FILES: usize = 20_000;

/// What an attempt is told beside the frozen bundle. Nothing for one that starts afresh.
pub(super) async fn continuation(engine: &Engine, leased: &Leased) -> Result<Continuation> {
    let attempt = &leased.attempt;
    let mut told = Continuation::default();
    if let Some(message) = &attempt.message {
        let trust = gather::trust_in(engine, &leased.run, &attempt.asked_by).await?;
        let source = format!("written by {}", attempt.asked_by);
        told.message = Some(Piece { source, text: message.clone(), trust });
    }
    let before = match attempt.kind {
        AttemptKind::First | AttemptKind::Retry => None,
        AttemptKind::Resume => Some(leased.run.id),
        AttemptKind::Fork => leased.run.dispatch.forked_from,
    };
    if let Some(before) = before {
        let lines = engine.runs.transcript_end(before, MOST_LINES).await?;
        let trust = Trust::Untrusted { why: "an agent's own words".into() };
        let source = format!("the transcript of run {}", before.short());
        told.earlier = Some(Piece { source, text: retold(&lines), trust }).filter(|piece| !piece.text.is_empty());
    }
    Ok(told)
}

/// Lays the work of the attempt that this one begins with into its workspace.
pub(super) async fn lay_earlier_work(engine: &Engine, leased: &Leased, workspace: &Arc<Workspace>) -> Result<()> {
    let Some((of, saved)) = earlier_work(engine, &leased.attempt).await? else { return Ok(()) };
    lay(engine, &leased.run, (of, &saved), workspace).await?;
    save::save(engine, &leased.run, leased.attempt.id, workspace).await.map(drop)
}

/// A fresh workspace with what was saved of an attempt.
pub(in crate::engine) async fn made_again(engine: &Engine, run: &Run, attempt: &Attempt) -> Result<Arc<Workspace>> {
    let nothing = || Error::conflict("Nothing of this work was saved");
    let (saved, commit) = attempt.saved.as_ref().zip(run.dispatch.code_commit.as_ref()).ok_or_else(nothing)?;
    let dispatch = &run.dispatch;
    let fresh = engine.workspace(&dispatch.repo, commit, dispatch.code_branch.as_ref(), keep::tier_of(run)).await?;
    let workspace = Arc::new(fresh);
    lay(engine, run, (run.id, saved), &workspace).await?;
    Ok(workspace)
}

/// The workspace that a server left which died while an agent worked in it.
pub(in crate::engine) async fn left_behind(engine: &Engine, run: &Run, label: &Label) -> Result<Option<Workspace>> {
    let Some(commit) = &run.dispatch.code_commit else { return Ok(None) };
    let lower = engine.checkout(&run.dispatch.repo, commit, run.dispatch.code_branch.as_ref(), label.tier).await?;
    let (workspaces, label) = (engine.workspaces.clone(), label.clone());
    let opened = tokio::task::spawn_blocking(move || workspaces.reopen(&label, &lower));
    opened.await.context("Opening a workspace broke off")?
}

async fn lay(engine: &Engine, run: &Run, (of, saved): (RunId, &Saved), workspace: &Arc<Workspace>) -> Result<()> {
    let quarantine = engine.git.quarantine_of(of);
    let gone = || Error::conflict("The work that this attempt begins with is gone").hint("retry the run instead");
    let commit = quarantine.commit(&saved.commit).await?.ok_or_else(gone)?;
    if commit.parents.first() != run.dispatch.code_commit.as_ref() {
        return Err(Error::conflict("The work that this attempt begins with was made on another commit")
            .hint("retry the run instead: it looks at the code as it is"));
    }
    let paths = laid(&quarantine, &commit.parents[0], saved).await?;
    let into = Arc::clone(workspace);
    tokio::task::spawn_blocking(move || into.lay(&paths)).await.context("Laying earlier work broke off")?
}

/// What is saved of the attempt that this one begins with, or of the one that that one began with; and whose run it is.
pub(in crate::engine) async fn earlier_work(engine: &Engine, attempt: &Attempt) -> Result<Option<(RunId, Saved)>> {
    let mut before: Option<AttemptId> = attempt.begins_with;
    while let Some(id) = before {
        let found = engine.runs.attempt(id).await?;
        if let Some(saved) = found.saved {
            return Ok(Some((found.run, saved)));
        }
        before = found.begins_with;
    }
    Ok(None)
}

async fn laid(
    quarantine: &Repository,
    parent: &crate::model::CommitId,
    saved: &Saved,
) -> Result<Vec<(TreePath, Laid)>> {
    let (changed, _) = quarantine.changes(Side::Commit(parent), Side::Commit(&saved.commit), MOST_FILES).await?;
    let mut paths = Vec::new();
    for one in changed {
        // A name that is not UTF-8 is never in a checkpoint.
        let Some(path) = String::from_utf8(one.path).ok().and_then(|path| path.parse().ok()) else { continue };
        if let Some(laid) = state(quarantine, one.new.as_ref()).await? {
            paths.push((path, laid));
        }
    }
    Ok(paths)
}

async fn state(quarantine: &Repository, side: Option<&FileSide>) -> Result<Option<Laid>> {
    let Some(side) = side else { return Ok(Some(Laid::Removed)) };
    let missing = || Error::internal("A file of a checkpoint is missing");
    let bytes = async || quarantine.blob(&side.id).await?.ok_or_else(missing);
    Ok(match side.kind {
        EntryKind::File => Some(Laid::File { bytes: bytes().await?, executable: false }),
        EntryKind::Executable => Some(Laid::File { bytes: bytes().await?, executable: true }),
        EntryKind::Link => Some(Laid::Link { target: bytes().await? }),
        EntryKind::Directory | EntryKind::Submodule => None,
    })
}

/// The transcript, shortened to what an agent needs to go on.
fn retold(lines: &[TranscriptEvent]) -> String {
    let told: Vec<String> = lines.iter().filter_map(line).collect();
    told.join("\n")
}

fn line(event: &TranscriptEvent) -> Option<String> {
    let word =
        |value: &Value| visible_line(bounded(value.as_str().unwrap_or_default(), MOST_OF_A_LINE), MOST_OF_A_LINE);
    let (text, detail) = (word(&event.body["text"]), &event.body["detail"]);
    let told = match event.kind.as_str() {
        "message" => format!("said: {text}"),
        "tool_call" => {
            let arguments = &detail["arguments"];
            let told =
                ["command", "path", "pattern", "title", "question"].iter().find_map(|key| arguments[*key].as_str());
            format!("called {} {}", word(&detail["tool"]), visible_line(told.unwrap_or_default(), MOST_OF_A_LINE))
        }
        "tool_result" => format!("  {text}"),
        "question" => format!("asked people: {text}"),
        "answer" | "told" => format!("{} answered: {text}", word(&event.body["by"])),
        "proposal" => format!("proposed: {} ({})", word(&event.body["kind"]), word(&event.body["verdict"])),
        "decision" => {
            format!("{}: {} {}", word(&event.body["by"]), word(&event.body["decision"]), word(&event.body["why"]))
        }
        "state" if event.body["summary"].is_string() => format!("ended: {}", word(&event.body["summary"])),
        _ => return None,
    };
    Some(told.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::clock::Timestamp;
    use crate::runs::Origin;
    use serde_json::json;

    fn event(kind: &str, body: Value) -> TranscriptEvent {
        TranscriptEvent { sequence: 1, attempt: None, at: Timestamp(0), origin: Origin::Agent, kind: kind.into(), body }
    }

    #[test]
    fn what_happened_is_told_shortly() {
        let call =
            json!({"text": "run_command", "detail": {"tool": "run_command", "arguments": {"command": "make test"}}});
        let lines = [
            event("thought", json!({"text": "hm"})),
            event("message", json!({"text": "I look\nat it."})),
            event("tool_call", call),
            event("tool_result", json!({"text": "x".repeat(1000)})),
            event("answer", json!({"by": "alice", "text": "42"})),
        ];
        let told = retold(&lines);
        assert!(told.starts_with("said: I look"), "{told}");
        assert!(told.contains("\ncalled run_command make test\n") && told.ends_with("alice answered: 42"));
        assert!(told.len() < 600, "{}", told.len());
    }
}
