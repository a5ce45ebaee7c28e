//! The only place of this room that starts processes: the system's `git`, by argument vector, with an empty environment.
//!
//! Arguments are words of our own and absolute paths below the data directory, after `--`. Nothing of an event, a ref or
//! a path in a tree is ever an argument; what a client says travels on standard input. `git` reads no configuration but
//! the file that we wrote into the repository, and the settings below on its command line.

use std::ffi::OsStr;
use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;

use tokio::io::AsyncReadExt as _;
use tokio::process::Child;
use tokio::process::ChildStderr;
use tokio::process::Command;

use crate::git::Git;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::text::visible_line;

/// Settings that every `git` of ours gets. None of them can be changed by a repository.
const HARDENED: [&str; 15] = [
    "safe.directory=*",
    "protocol.allow=never",
    "core.fsmonitor=false",
    "core.useReplaceRefs=false",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "transfer.fsckObjects=true",
    "transfer.hideRefs=refs/forgehand",
    "transfer.hideRefs=refs/replace",
    "uploadpack.allowFilter=true",
    "gc.auto=0",
    "maintenance.auto=false",
    "receive.autogc=false",
    "pack.windowMemory=256m",
    // Larger blobs are copied in pieces, never held whole: a pack of a megabyte may hold one of a gigabyte.
    "core.bigFileThreshold=32m",
];

/// A `git` to be started.
pub(super) struct Start<'a> {
    /// What it is to do, with options of our own.
    pub verb: &'a [&'static str],
    /// Options whose value is a number of ours.
    pub words: &'a [String],
    /// The Git directory, given after `--`; none for verbs that take it from the environment.
    pub directory: Target<'a>,
    /// More settings, `key=value`.
    pub settings: &'a [String],
    /// More environment.
    pub environment: &'a [(&'static str, &'a str)],
}

/// How a verb learns which repository it is about.
pub(super) enum Target<'a> {
    /// As its last argument.
    Argument(&'a Path),
    /// By `GIT_DIR`.
    Environment(&'a Path),
}

impl Start<'_> {
    /// The words after `git`.
    fn arguments(&self) -> Vec<OsString> {
        let settings = HARDENED.iter().copied().chain(self.settings.iter().map(String::as_str));
        let mut words: Vec<OsString> =
            settings.flat_map(|setting| [OsStr::new("-c"), OsStr::new(setting)]).map(OsStr::to_owned).collect();
        words.extend(self.verb.iter().map(OsString::from));
        words.extend(self.words.iter().map(OsString::from));
        if let Target::Argument(directory) = self.directory {
            words.extend(["--".into(), directory.into()]);
        }
        words
    }
}

/// Starts `git` with all three streams piped. It is killed when the child is dropped.
pub(super) fn start(git: &Git, start: &Start<'_>) -> Result<Child> {
    #[expect(clippy::disallowed_methods, reason = "the one place of this room that starts processes")]
    let mut command = Command::new("git");
    command
        .args(start.arguments())
        .env_clear()
        .env("PATH", &git.settings().search_path)
        .env("HOME", "/nonexistent")
        .env("LC_ALL", "C")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .envs(start.environment.iter().copied())
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if let Target::Environment(directory) = start.directory {
        command.env("GIT_DIR", directory);
    }
    command.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::new(ErrorKind::Unavailable, "Cannot serve Git: there is no `git` here")
            .hint("install Git 2.39 or newer with the system's package manager")
            .source(error),
        _ => Error::internal("Cannot start `git`").source(error),
    })
}

/// Lets everybody else go first: for work that nobody waits for.
pub(super) fn yield_to_others(child: &Child) {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        rustix::process::setpriority_process(Some(pid), 19).ok();
    }
}

/// Reads what a process complains about, the first part of it, and lets it write on without end.
pub(super) async fn complaint(mut stderr: ChildStderr) -> String {
    let mut first = Vec::new();
    (&mut stderr).take(8 * 1024).read_to_end(&mut first).await.ok();
    tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await.ok();
    visible_line(String::from_utf8_lossy(&first).trim(), 2000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_never_an_option() {
        for path in ["/data/git/a/--upload-pack=x.git", "/data/git/-c/core.hooksPath=x.git", "/data/$(id)/`id`.git"] {
            let verb = ["upload-pack", "--stateless-rpc"];
            let directory = Target::Argument(Path::new(path));
            let words = Start { verb: &verb, words: &[], directory, settings: &[], environment: &[] }.arguments();
            let end = words.iter().position(|word| word == "--").unwrap();
            assert_eq!(words[end + 1..], [OsString::from(path)]);
            assert_eq!(end, HARDENED.len() * 2 + verb.len());
        }
    }
}
