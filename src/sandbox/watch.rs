//! The thread that starts one task, watches it from outside, and ends it.
//!
//! It is a thread of its own and not a task of the runtime, for two reasons. A deadline must hold when the runtime is
//! busy or stuck. And the kernel ties bubblewrap to the thread that started it, so that thread has to live as long.

use std::io;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Child;
use std::process::Command;
use std::process::ExitStatus;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::event::Timespec;
use rustix::event::poll;
use rustix::io::Errno;
use rustix::net::AddressFamily;
use rustix::net::RecvFlags;
use rustix::net::SocketFlags;
use rustix::net::SocketType;
use rustix::net::recv;
use rustix::net::socketpair;
use rustix::process::Pid;
use rustix::process::PidfdFlags;
use rustix::process::Signal;
use rustix::process::pidfd_open;
use rustix::process::pidfd_send_signal;
use tokio::sync::oneshot;

use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::kit::text;
use crate::sandbox::Ending;
use crate::sandbox::group::Group;
use crate::sandbox::leftovers;
use crate::sandbox::stop::Stop;
use crate::sandbox::usage::Disk;
use crate::sandbox::usage::Memory;
use crate::sandbox::usage::TICK;
use crate::sandbox::wire;
use crate::sandbox::wire::Inside;
use crate::sandbox::wire::Launch;
use crate::sandbox::wire::Report;
use crate::sandbox::workspace::Taken;

/// All that the thread needs.
pub struct Watch {
    pub launch: Launch,
    pub inside: Inside,
    pub stdin: OwnedFd,
    pub group: Group,
    pub disk: Disk,
    /// Where no control group bounds it.
    pub memory: Option<Memory>,
    pub wall: Duration,
    pub stop: Arc<Stop>,
    /// Held until no process of the task is left.
    pub workspace: Taken,
}

/// The other ends of the task's outputs.
pub struct Started {
    pub stdout: OwnedFd,
    pub stderr: OwnedFd,
}

/// How long a busy machine may take to get a task going.
const START: Duration = Duration::from_secs(30);

/// Longer than anything runs, and short enough to be added to any time.
const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// How long the kernel may take to end everything before we look away and say so in the log.
const PATIENCE: Duration = Duration::from_secs(4);

impl Watch {
    /// Runs the task to its end. `started` hears when it runs, or why it does not; `ended` hears how it ended. Both are
    /// told of an end only when groups and workspace are free again.
    pub fn run(self, started: oneshot::Sender<Result<Started>>, ended: oneshot::Sender<Ending>) {
        let mut started = Some(started);
        let result = Life::begin(self).and_then(|life| life.live(&mut started));
        match (result, started) {
            (Ok(ending), _) => drop(ended.send(ending)),
            (Err(error), Some(started)) => drop(started.send(Err(error))),
            (Err(_), None) => {}
        }
    }
}

/// A started launcher, and whatever it becomes.
struct Life {
    watch: Watch,
    /// The launcher, then bubblewrap: it ends when all inside has ended.
    child: Child,
    child_handle: OwnedFd,
    socket: OwnedFd,
    /// The first process inside: with it, the kernel ends all others there.
    first: Option<(u32, OwnedFd)>,
    phase: Phase,
    /// When the task's time is up; before it runs, when we give up on it.
    deadline: Instant,
    /// Nobody holds the other end of the socket any more.
    silent: bool,
    /// What the first process said of the task's end.
    told: Option<Ending>,
    /// Why we ended it, and when.
    killed: Option<(Ending, Instant)>,
}

enum Phase {
    Starting,
    Running,
    /// It never ran; why.
    Failed(String),
}

impl Life {
    fn begin(watch: Watch) -> Result<Self> {
        let (socket, theirs) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
            .context("no socket pair")?;
        let packed = || -> io::Result<_> { Ok([wire::packed(&watch.launch)?, wire::packed(&watch.inside)?]) };
        let [launch, inside] = packed().context("could not write down what to start")?;
        #[expect(clippy::disallowed_methods, reason = "this room starts sandboxes")]
        let child = Command::new(&watch.launch.executable)
            .arg("sandbox-launch")
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("could not start the launcher of sandboxes")?;
        leftovers::mark_process(&watch.workspace.marks(), child.id());
        let child_handle = handle(child.id()).context("could not get a handle of the launcher")?;
        let stdin = watch.stdin.try_clone().context("could not hand on the task's input")?;
        // Fails when the launcher is dead already; its end tells more.
        let _ = wire::send_descriptors(&socket, &[stdin, launch, inside]);
        Ok(Self {
            watch,
            child,
            child_handle,
            socket,
            first: None,
            phase: Phase::Starting,
            deadline: Instant::now() + START,
            silent: false,
            told: None,
            killed: None,
        })
    }

    fn live(mut self, started: &mut Option<oneshot::Sender<Result<Started>>>) -> Result<Ending> {
        let status = loop {
            self.judge(Instant::now());
            if let Some((_, at)) = self.killed
                && at.elapsed() > PATIENCE
            {
                tracing::error!(process = self.child.id(), "a killed sandbox does not end; its limits stay on it");
                break None;
            }
            self.sleep();
            // The end is asked for first, and heard last: what was said before it is in the socket by then.
            let ended = self.child.try_wait();
            self.listen();
            if matches!(self.phase, Phase::Running)
                && let Some(started) = started.take()
            {
                let _ = started.send(self.outputs());
            }
            if let Ok(Some(status)) = ended {
                break Some(status);
            }
        };
        match started {
            Some(_) => Err(self.why_not_started()),
            None => Ok(self.ending(status)),
        }
    }

    /// Decides whether it is time to end the task, and ends it.
    fn judge(&mut self, now: Instant) {
        if let Some((_, at)) = self.killed {
            if now - at > Duration::from_secs(1) {
                self.kill_all();
            }
            return;
        }
        let why = if self.watch.stop.wanted() {
            Ending::Cancelled
        } else if now >= self.deadline {
            Ending::Deadline
        } else if self.watch.disk.exceeded(now) {
            Ending::DiskExceeded
        } else if self.memory_exceeded(now) {
            Ending::MemoryExceeded
        } else {
            return;
        };
        self.killed = Some((why, now));
        match &self.first {
            // Bubblewrap then waits for the kernel to end all others, and exits.
            Some((_, first)) => drop(pidfd_send_signal(first, Signal::KILL)),
            None => self.kill_all(),
        }
    }

    fn memory_exceeded(&mut self, now: Instant) -> bool {
        match (&mut self.watch.memory, &self.first) {
            (Some(memory), Some((first, _))) => memory.exceeded(now, *first),
            _ => false,
        }
    }

    fn kill_all(&self) {
        let _ = pidfd_send_signal(&self.child_handle, Signal::KILL);
        self.watch.group.kill();
    }

    /// Waits for a report, the wish to stop, the end, or the next look.
    fn sleep(&self) {
        let until = self.deadline.saturating_duration_since(Instant::now());
        let nap = if self.killed.is_some() { TICK } else { TICK.min(until) };
        let nap = Timespec { tv_sec: 0, tv_nsec: nap.as_nanos().min(999_999_999) as i64 };
        let mut awaited = vec![PollFd::new(&self.child_handle, PollFlags::IN)];
        if !self.silent {
            awaited.push(PollFd::new(&self.socket, PollFlags::IN));
        }
        if self.killed.is_none() {
            awaited.push(PollFd::new(&*self.watch.stop, PollFlags::IN));
        }
        let _ = poll(&mut awaited, Some(&nap));
    }

    fn listen(&mut self) {
        let mut words = [0; wire::MOST];
        loop {
            let length = match recv(&self.socket, &mut words, RecvFlags::DONTWAIT) {
                Ok((length, _)) => length,
                // Whoever ended with a word of ours unread is told of first, and what it said comes after.
                Err(Errno::CONNRESET | Errno::INTR) => continue,
                Err(_) => return,
            };
            if length == 0 {
                self.silent = true;
                return;
            }
            match Report::parse(&String::from_utf8_lossy(&words[..length])) {
                Some(Report::First(pid)) => self.meet(pid),
                Some(Report::Copied(why)) => tracing::warn!(%why, "copied a checkout: no overlay can be mounted here"),
                Some(Report::Running) => {
                    self.phase = Phase::Running;
                    self.deadline = Instant::now() + self.watch.wall.min(LONGEST);
                }
                Some(Report::Exited(code)) => self.told = Some(Ending::Exited(code)),
                Some(Report::Signalled(signal)) => self.told = Some(Ending::Signalled(signal)),
                Some(Report::Failed(why)) if matches!(self.phase, Phase::Starting) => self.phase = Phase::Failed(why),
                Some(Report::Failed(_)) | None => {}
            }
        }
    }

    /// Puts the first process inside under the task's limits and lets it go on.
    fn meet(&mut self, pid: u32) {
        let met = handle(pid).and_then(|handle| {
            self.watch.group.take_in(pid)?;
            Ok((pid, handle))
        });
        match met {
            Ok(first) => {
                self.first = Some(first);
                wire::send_go(&self.socket);
            }
            Err(error) => {
                self.phase = Phase::Failed(format!("cannot limit it: {error}"));
                self.kill_all();
            }
        }
    }

    fn outputs(&mut self) -> Result<Started> {
        let missing = || Error::internal("the outputs of a sandbox were taken twice");
        let stdout = self.child.stdout.take().ok_or_else(missing)?.into();
        let stderr = self.child.stderr.take().ok_or_else(missing)?.into();
        Ok(Started { stdout, stderr })
    }

    fn why_not_started(&mut self) -> Error {
        match (&self.phase, self.killed) {
            (Phase::Failed(why), _) => refused(why),
            (_, Some((Ending::Cancelled, _))) => Error::conflict("The task was cancelled before it ran"),
            (_, Some(_)) => refused("it took too long"),
            _ => {
                let mut said = Vec::new();
                if let Some(stderr) = self.child.stderr.take() {
                    let _ = stderr.take(4096).read_to_end(&mut said);
                }
                let said = String::from_utf8_lossy(&said);
                refused(if said.trim().is_empty() { "it ended without a word" } else { said.trim() })
            }
        }
    }

    fn ending(&self, status: Option<ExitStatus>) -> Ending {
        if let Some((why, _)) = self.killed {
            return why;
        }
        let told = self.told.unwrap_or_else(|| match status {
            Some(status) if status.signal().is_some() => Ending::Signalled(status.signal().unwrap_or_default()),
            // Bubblewrap says it like a shell. Nobody told the end: the first process inside was killed.
            Some(status) => Ending::Signalled(status.code().unwrap_or_default() - 128),
            None => Ending::Signalled(0),
        });
        match told {
            Ending::Exited(0) => told,
            _ if self.watch.group.killed_for_memory() > 0 => Ending::MemoryExceeded,
            // A single file that grows too large is stopped by the kernel before we look.
            _ if self.watch.disk.full() => Ending::DiskExceeded,
            _ => told,
        }
    }
}

fn refused(why: &str) -> Error {
    let why = text::visible_line(why, 400);
    Error::new(ErrorKind::Unavailable, format!("Cannot start the sandbox: {why}"))
        .hint("run `forgehand sandbox doctor` to see what this machine can do")
}

fn handle(pid: u32) -> io::Result<OwnedFd> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidInput)?;
    Ok(pidfd_open(pid, PidfdFlags::empty())?)
}
