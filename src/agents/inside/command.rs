//! Runs a command of the agent: in a process group of its own, for a bounded time, keeping the start and the end of what
//! it prints.

use std::io;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::process::ExitStatus;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::Pid;
use rustix::process::Signal;

use crate::kit::Error;
use crate::kit::Result;

/// What came of a command.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ran {
    /// The exit code; none when it was ended.
    pub(super) exit: Option<i32>,
    /// What it printed, both streams, the middle left out when it was much.
    pub(super) output: String,
    /// It took too long.
    pub(super) late: bool,
}

/// Bytes of the start and of the end of the output that are kept.
const KEPT: usize = 24 << 10;

/// How long output is read on after the command ended: what it left running holds the stream open.
const AFTER: Duration = Duration::from_millis(500);

/// Runs a line of shell in the workspace.
pub(super) fn shell(line: &str, root: &Path, patience: Duration) -> Result<Ran> {
    run(&["sh", "-c", line], root, patience)
}

/// Runs a program.
pub(super) fn run(argv: &[&str], root: &Path, patience: Duration) -> Result<Ran> {
    let failed = |error: io::Error| Error::invalid(format!("`{}` could not be started: {error}", argv[0]));
    let (reader, writer) = io::pipe().map_err(failed)?;
    let again = writer.try_clone().map_err(failed)?;
    #[expect(clippy::disallowed_methods, reason = "this program runs inside the sandbox; its commands do too")]
    let mut command = Command::new(argv[0]);
    command.args(&argv[1..]).current_dir(root).process_group(0);
    command.stdin(Stdio::null()).stdout(writer).stderr(again);
    let mut child = command.spawn().map_err(failed)?;
    // The command holds the only other writing ends: without this the output would never end.
    drop(command);
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let (printed, output) = mpsc::channel();
    thread::spawn(move || printed.send(keep(reader)));
    let (ended, end) = mpsc::channel();
    thread::spawn(move || ended.send(child.wait()));
    let (status, late) = match end.recv_timeout(patience) {
        Ok(status) => (status.ok(), false),
        Err(_) => {
            kill(group);
            (end.recv_timeout(AFTER).ok().and_then(io::Result::ok), true)
        }
    };
    let output = output.recv_timeout(AFTER).or_else(|_| {
        kill(group);
        output.recv_timeout(AFTER)
    });
    let output = output.unwrap_or_else(|_| "[something it left running holds the output open]".into());
    Ok(Ran { exit: status.and_then(code), output, late })
}

/// Ends everything that the command started and did not move away.
fn kill(group: Option<Pid>) {
    if let Some(group) = group {
        // It may be gone by itself.
        let _ = rustix::process::kill_process_group(group, Signal::KILL);
    }
}

fn code(status: ExitStatus) -> Option<i32> {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal))
}

/// Reads to the end, keeping the start and the end.
fn keep(mut from: impl Read) -> String {
    let mut head = Vec::new();
    let mut tail = std::collections::VecDeque::new();
    let mut total = 0_usize;
    let mut buffer = [0; 8192];
    while let Ok(got @ 1..) = from.read(&mut buffer) {
        total += got;
        let fresh = &buffer[..got];
        let for_head = got.min(KEPT - head.len());
        head.extend_from_slice(&fresh[..for_head]);
        tail.extend(&fresh[for_head..]);
        let over = tail.len().saturating_sub(KEPT);
        tail.drain(..over);
    }
    let tail: Vec<u8> = tail.into();
    let left_out = total - head.len() - tail.len();
    let (head, tail) = (String::from_utf8_lossy(&head), String::from_utf8_lossy(&tail));
    if left_out == 0 {
        return format!("{head}{tail}");
    }
    format!("{head}\n[{left_out} bytes are left out here]\n{tail}")
}

impl Ran {
    /// As the model reads it.
    pub(super) fn told(&self) -> String {
        let end = match (self.late, self.exit) {
            (true, _) => "took too long and was ended".to_owned(),
            (false, Some(code)) => format!("exit code {code}"),
            (false, None) => "ended without an exit code".to_owned(),
        };
        format!("[{end}]\n{}", self.output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(line: &str, milliseconds: u64) -> Ran {
        shell(line, Path::new("/"), Duration::from_millis(milliseconds)).unwrap()
    }

    #[test]
    fn both_streams_and_the_code_are_told() {
        let ran = sh("echo out; echo err >&2; exit 3", 10_000);
        assert_eq!(ran.told(), "[exit code 3]\nout\nerr\n");
        assert_eq!(sh("kill -9 $$", 10_000).exit, Some(137));
        assert!(shell("true", Path::new("/nowhere"), Duration::from_secs(1)).is_err());
    }

    #[test]
    fn much_output_keeps_its_start_and_its_end() {
        let ran = sh("echo start; yes | head -c 1000000; echo end", 30_000);
        assert!(ran.output.starts_with("start\n") && ran.output.ends_with("end\n"));
        assert!(ran.output.contains("bytes are left out here") && ran.output.len() < 50_000);
    }

    #[test]
    fn a_command_that_never_ends_is_ended_with_its_children() {
        let ran = sh("echo on; (while :; do :; done) & while :; do :; done", 300);
        assert!(ran.late && ran.output.contains("on"));
    }

    #[test]
    fn a_child_that_stays_does_not_hold_us() {
        let ran = sh("(trap '' HUP; while :; do read x < /dev/zero; done) & echo gone", 10_000);
        assert_eq!(ran.exit, Some(0));
        assert!(ran.output.contains("gone"), "{}", ran.output);
    }
}
