//! The program of an agent that others wrote: a child in a process group of its own, spoken to by its standard streams, and
//! ended with everything that it started.
//!
//! Exit codes and the end of input mean little to such programs: some stay when nobody speaks any more, and some leave their own
//! children behind. So the whole group is killed when the agent is done, and the sandbox ends what moved away from it.

use std::collections::VecDeque;
use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Child;
use std::process::ChildStdin;
use std::process::Command;
use std::process::Stdio;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;

use rustix::process::Pid;
use rustix::process::Signal;

use crate::kit::Error;
use crate::kit::Result;
use crate::kit::text::visible_bytes;
use crate::kit::text::visible_line;

/// A program that runs. Ended when this is dropped.
pub(super) struct Program {
    child: Child,
    group: Option<Pid>,
    stderr: Receiver<String>,
}

/// Bytes of the end of standard error that are kept.
const STDERR: usize = 4 << 10;

/// Most bytes of one line; a longer one is cut.
pub(super) const LINE: u64 = 16 << 20;

/// How long the end of a program, and of what it prints, is waited for after it was killed.
const AFTER: Duration = Duration::from_millis(500);

impl Program {
    /// Starts it in the workspace. Gives its input and the lines that it prints, which end when it closes its output.
    pub(super) fn start(argv: &[String], root: &Path) -> Result<(Self, ChildStdin, Receiver<String>)> {
        let (name, arguments) = argv.split_first().ok_or_else(|| Error::invalid("The stack's `command` is empty"))?;
        #[expect(clippy::disallowed_methods, reason = "this program runs inside the sandbox; its commands do too")]
        let mut command = Command::new(name);
        command.args(arguments).current_dir(root).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| not_started(name, &error))?;
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let missing = || Error::invalid(format!("`{name}` has no standard streams"));
        let stdin = child.stdin.take().ok_or_else(missing)?;
        let stdout = child.stdout.take().ok_or_else(missing)?;
        let stderr = child.stderr.take().ok_or_else(missing)?;
        let (tell, lines) = mpsc::sync_channel(256);
        thread::spawn(move || read_lines(stdout, |line| tell.send(line).is_ok()));
        let (told, tail) = mpsc::channel();
        thread::spawn(move || told.send(end_of(stderr)));
        Ok((Self { child, group, stderr: tail }, stdin, lines))
    }

    /// Waits until it ends by itself; none when it does not in this time.
    pub(super) fn ended(&mut self, patience: Duration) -> Option<i32> {
        let begun = std::time::Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return status.code().or_else(|| status.signal().map(|signal| 128 + signal)),
                Ok(None) if begun.elapsed() < patience => thread::sleep(Duration::from_millis(5)),
                _ => return None,
            }
        }
    }

    /// Kills it and everything it started, and gives the end of what it complained about.
    pub(super) fn end(mut self) -> String {
        self.kill();
        self.stderr.recv_timeout(AFTER).unwrap_or_default()
    }

    fn kill(&mut self) {
        if let Some(group) = self.group {
            // It may be gone by itself.
            let _ = rustix::process::kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

fn not_started(name: &str, error: &io::Error) -> Error {
    let shown = visible_line(name, 200);
    let told = Error::invalid(format!("`{shown}` could not be started: {error}"));
    match error.kind() {
        io::ErrorKind::NotFound => told.hint(
            "an administrator shows folders of programs to agents by the setting `toolchains`; `PATH` inside has their `bin` and \
             `node_modules/.bin`",
        ),
        _ => told,
    }
}

/// Reads lines until the end, or until nobody wants them.
fn read_lines(from: impl Read, mut wants: impl FnMut(String) -> bool) {
    let mut from = BufReader::new(from);
    loop {
        let mut line = Vec::new();
        match from.by_ref().take(LINE).read_until(b'\n', &mut line) {
            Ok(1..) => {}
            _ => return,
        }
        if line.last() != Some(&b'\n') && line.len() as u64 == LINE && !skip_line(&mut from) {
            return;
        }
        if !wants(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned()) {
            return;
        }
    }
}

/// Passes over the rest of a line; false at the end.
fn skip_line(from: &mut impl BufRead) -> bool {
    loop {
        let Ok(buffer) = from.fill_buf() else { return false };
        if buffer.is_empty() {
            return false;
        }
        let (used, over) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffer.len(), false),
        };
        from.consume(used);
        if over {
            return true;
        }
    }
}

/// Reads to the end, keeping the end.
fn end_of(mut from: impl Read) -> String {
    let mut tail = VecDeque::new();
    let mut buffer = [0; 8192];
    while let Ok(got @ 1..) = from.read(&mut buffer) {
        tail.extend(&buffer[..got]);
        let over = tail.len().saturating_sub(STDERR);
        tail.drain(..over);
    }
    visible_bytes(&Vec::from(tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        let mut all = Vec::new();
        read_lines(text.as_bytes(), |line| {
            all.push(line);
            true
        });
        all
    }

    #[test]
    fn lines_are_read_to_the_last_which_may_have_no_end() {
        assert_eq!(lines("a\r\n\nb"), ["a", "", "b"]);
        assert_eq!(lines(""), [] as [&str; 0]);
    }

    #[test]
    fn what_a_program_leaves_running_dies_with_it() {
        let argv = ["sh", "-c", "sleep 1000 & echo oh >&2; echo $!; exec sleep 1000"].map(str::to_owned);
        let (program, _stdin, lines) = Program::start(&argv, Path::new("/")).unwrap();
        let child: i32 = lines.recv_timeout(Duration::from_secs(10)).unwrap().parse().unwrap();
        assert_eq!(program.end(), "oh\n");
        let state = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        assert!(state.is_empty() || state.contains(") Z "), "{state}");
    }

    #[test]
    fn a_program_that_is_not_there_is_told_with_the_setting_that_brings_it() {
        let told = Program::start(&["no-such-agent".to_owned()], Path::new("/")).err().unwrap();
        assert!(told.message().starts_with("`no-such-agent` could not be started"), "{}", told.message());
        assert!(told.hints().iter().any(|hint| hint.contains("toolchains")));
    }
}
