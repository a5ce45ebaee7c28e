//! What a server that died left running and lying around.
//!
//! Nothing should run on: bubblewrap dies with its parent and the namespace with bubblewrap. This is for the cases where
//! that went wrong, and to remove control groups and folders.

use std::fs;
use std::path::Path;

use rustix::process::Pid;
use rustix::process::Signal;
use rustix::process::kill_process;

use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::sandbox::group;
use crate::sandbox::kept;
use crate::sandbox::workspace;
use crate::sandbox::workspaces;

/// Names of the files below `marks/`.
pub const GROUPS: &str = "groups";
const PROCESS: &str = "process";

/// Writes down which process to kill if we cannot.
pub fn mark_process(marks: &Path, pid: u32) {
    if let Some(started) = started(pid) {
        // Without the mark only the second safety net is missing; the task may run.
        let _ = fs::write(marks.join(PROCESS), format!("{pid} {started}"));
    }
}

/// Kills every attempt in the folder; puts those away that are labelled, and removes the others and what earlier removals
/// did not finish.
pub fn reap(attempts: &Path, trash: &Path, shelf: &Path) -> Result<()> {
    for attempt in fs::read_dir(attempts).context("could not list leftover workspaces")? {
        let attempt = attempt.context("could not list leftover workspaces")?.path();
        let marks = attempt.join(workspace::MARKS);
        if let Ok(mark) = fs::read_to_string(marks.join(PROCESS)) {
            kill_marked(&mark);
        }
        if let Ok(groups) = fs::read_to_string(marks.join(GROUPS)) {
            groups.lines().map(Path::new).for_each(group::end);
        }
        if kept::put_away(&attempt, shelf) {
            tracing::info!(path = %attempt.display(), "kept a workspace of a server that died");
            continue;
        }
        tracing::info!(path = %attempt.display(), "removed a workspace of a server that died");
        workspaces::discard(&attempt, trash);
    }
    for doomed in fs::read_dir(trash).context("could not list discarded workspaces")? {
        workspaces::discard(&doomed.context("could not list discarded workspaces")?.path(), trash);
    }
    Ok(())
}

/// Kills a process if it is still the one that was marked: its number may have been given to another since.
fn kill_marked(mark: &str) {
    let Some((pid, then)) = mark.split_once(' ') else { return };
    let Ok(pid) = pid.parse::<u32>() else { return };
    if started(pid).is_some_and(|now| now == then)
        && let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw)
    {
        let _ = kill_process(pid, Signal::KILL);
    }
}

/// When a process started, in ticks since the machine did. The machine's start is part of it: numbers repeat after one.
fn started(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let ticks = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.to_owned();
    Some(format!("{ticks} {}", workspaces::boot()))
}
