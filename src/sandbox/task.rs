//! What is run, within which limits, and how it ended.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::net::unix::pipe;

use crate::kit::Result;
use crate::sandbox::Doctor;
use crate::sandbox::Workspace;
use crate::sandbox::stop::Stop;

/// Starts tasks in workspaces.
#[async_trait]
pub trait Sandbox: Send + Sync {
    /// Starts a task; returns when its first instruction is about to run. An error means that nothing of it ran.
    async fn start(&self, workspace: &Workspace, task: Task) -> Result<Box<dyn Running>>;

    /// Tries out what this machine can do. Takes a few tens of milliseconds and starts processes.
    async fn doctor(&self) -> Doctor;
}

/// A task that was started. Dropping it kills the task.
#[async_trait]
pub trait Running: Send {
    /// The other end of the task's standard input, once, if the task has [`Input::Piped`].
    fn stdin(&mut self) -> Option<pipe::Sender>;

    /// The task's standard output, once. Nobody reads it on its own: a full pipe makes the task wait.
    fn stdout(&mut self) -> Option<Output>;

    /// The task's standard error, once.
    fn stderr(&mut self) -> Option<Output>;

    /// Waits until no process of the task is left.
    async fn ended(&mut self) -> Result<Ending>;

    /// A handle that ends the task from anywhere.
    fn cancel_handle(&self) -> Cancel;
}

/// What a task writes.
pub type Output = pipe::Receiver;

/// A program and what it is given.
#[derive(Clone, Debug)]
pub struct Task {
    /// The program, looked up in the task's `PATH`, and its arguments.
    pub argv: Vec<OsString>,
    /// Added to `PATH`, `HOME`, `LANG`, `TERM` and `TMPDIR`, or in place of them. Nothing else is inherited.
    pub env: Vec<(String, String)>,
    /// Folders and files shown read-only: (outside, inside).
    pub read_only: Vec<(PathBuf, PathBuf)>,
    /// The Unix socket that the gateway listens on, outside.
    pub gateway_socket: PathBuf,
    /// What the task reads from its standard input.
    pub stdin: Input,
    /// What it may use.
    pub limits: Limits,
}

/// A task's standard input.
#[derive(Clone, Debug, Default)]
pub enum Input {
    /// End of file at once.
    #[default]
    Nothing,
    /// These bytes, then end of file.
    Bytes(Vec<u8>),
    /// What is written to [`Running::stdin`], for as long as that is open.
    Piped,
}

/// What a task may use.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Memory of all its processes together, `/tmp` included.
    pub memory_bytes: u64,
    /// What it may write to its workspace and home together.
    pub disk_bytes: u64,
    /// Processes and threads at one time.
    pub processes: u32,
    /// Time from its first instruction until it is killed.
    pub wall: Duration,
    /// Share of the processors in hundredths of one; nothing: whatever the server leaves idle.
    pub cpu_percent: Option<u32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 4 << 30,
            disk_bytes: 8 << 30,
            processes: 512,
            wall: Duration::from_secs(30 * 60),
            cpu_percent: None,
        }
    }
}

/// Why a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It exited with this code.
    Exited(i32),
    /// It died of this signal, not sent by us.
    Signalled(i32),
    /// Its time was up.
    Deadline,
    /// It used more memory than allowed, and died of that.
    MemoryExceeded,
    /// It wrote more than allowed.
    DiskExceeded,
    /// Somebody ended it by [`Cancel`].
    Cancelled,
}

/// Ends a task, from any thread; all clones end the same one.
#[derive(Clone, Debug)]
pub struct Cancel(Arc<Stop>);

impl Cancel {
    pub(super) fn new(stop: Arc<Stop>) -> Self {
        Self(stop)
    }

    /// Has every process of the task killed. Returns at once; [`Running::ended`] tells when none is left, which takes
    /// milliseconds and never more than five seconds. Does nothing to a task that has ended.
    pub fn now(&self) {
        self.0.request();
    }
}
