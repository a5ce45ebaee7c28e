//! The one implementation of [`Sandbox`]: Debian's `bubblewrap`, started by our launcher.

use std::io::PipeWriter;
use std::os::fd::OwnedFd;
use std::os::unix::fs::lchown;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use async_trait::async_trait;
use tokio::net::unix::pipe;
use tokio::sync::oneshot;

use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::sandbox::Cancel;
use crate::sandbox::Doctor;
use crate::sandbox::Ending;
use crate::sandbox::Input;
use crate::sandbox::Output;
use crate::sandbox::Running;
use crate::sandbox::Sandbox;
use crate::sandbox::Task;
use crate::sandbox::Workspace;
use crate::sandbox::Workspaces;
use crate::sandbox::arguments;
use crate::sandbox::group::Groups;
use crate::sandbox::stop::Stop;
use crate::sandbox::usage::Disk;
use crate::sandbox::usage::Memory;
use crate::sandbox::watch::Started;
use crate::sandbox::watch::Watch;
use crate::sandbox::wire;
use crate::sandbox::wire::Inside;
use crate::sandbox::wire::Launch;
use crate::sandbox::wire::ProcessBounds;

/// Runs tasks by `bwrap`.
#[derive(Debug)]
pub struct Bubblewrap {
    pub(super) program: PathBuf,
    pub(super) executable: PathBuf,
    pub(super) workspaces: Workspaces,
    pub(super) groups: Groups,
}

impl Bubblewrap {
    /// Finds `bwrap` on this machine. `executable` is our own program: it launches the sandbox and is shown inside.
    ///
    /// An error means that agents cannot run here, and says how to mend that. They never run without a sandbox.
    pub fn find(executable: PathBuf, workspaces: &Workspaces) -> Result<Self> {
        let program = PROGRAMS.iter().map(Path::new).find(|program| program.is_file()).ok_or_else(missing)?.to_owned();
        let groups = if workspaces.settings().control_groups { Groups::find() } else { Groups::default() };
        Ok(Self { program, executable, workspaces: workspaces.clone(), groups })
    }

    fn watch(&self, workspace: &Workspace, task: Task, stop: Arc<Stop>, stdin: OwnedFd) -> Result<Watch> {
        let now = Instant::now();
        let Task { argv, env, mut read_only, gateway_socket, stdin: _, limits } = task;
        let toolchains = &self.workspaces.settings().toolchains;
        read_only.extend(toolchains.shown());
        let drop_to = self.workspaces.drop_to();
        if let Some(id) = drop_to {
            lchown(&gateway_socket, Some(id), Some(id)).context("could not open the gateway's socket to the agent")?;
        }
        let taken = workspace.take()?;
        let name = workspace.name();
        workspace.mark_groups(&self.groups.paths(&name))?;
        let group = self.groups.make(&name, &limits).context("could not make the control groups of a sandbox")?;
        let bounded = self.groups.has("memory");
        let bounds = ProcessBounds {
            processes: limits.processes,
            file_bytes: limits.disk_bytes,
            data_bytes: (!bounded).then_some(limits.memory_bytes),
            temporary_bytes: limits.memory_bytes / 2,
        };
        let copied = if workspace.copy().is_some() { workspace.lower().bytes() } else { 0 };
        Ok(Watch {
            launch: Launch {
                parent: std::process::id(),
                attempt: workspace.dir().to_owned(),
                lower: workspace.lower().path().to_owned(),
                overlay: self.workspaces.settings().overlays,
                drop_to,
                bubblewrap: self.program.clone(),
                executable: self.executable.clone(),
                gateway_socket,
                read_only,
                bounds,
            },
            inside: Inside { argv, env: environment(toolchains.search_path(), env) },
            stdin,
            group,
            disk: Disk::new(workspace.written(), limits.disk_bytes + copied, now),
            memory: (!bounded).then(|| Memory::new(limits.memory_bytes, now)),
            wall: limits.wall,
            stop,
            workspace: taken,
        })
    }
}

#[async_trait]
impl Sandbox for Bubblewrap {
    async fn start(&self, workspace: &Workspace, task: Task) -> Result<Box<dyn Running>> {
        let stop = Arc::new(Stop::new()?);
        let (stdin, write) = input(&task.stdin).context("could not make the task's input")?;
        let watch = self.watch(workspace, task, Arc::clone(&stop), stdin)?;
        // From here on a caller that goes away ends the task.
        let mut task = Attached { stop, stdin: None, stdout: None, stderr: None, ending: None, told: None };
        let (tell_started, started) = oneshot::channel();
        let (tell_ended, ended) = oneshot::channel();
        thread::Builder::new()
            .name("sandbox".to_owned())
            .spawn(move || watch.run(tell_started, tell_ended))
            .context("could not start the thread that watches a sandbox")?;
        let Started { stdout, stderr } = started.await.context("the thread that watches a sandbox is gone")??;
        task.stdin = write.map(|write| pipe::Sender::from_owned_fd(write.into())).transpose().context("no input")?;
        task.stdout = Some(pipe::Receiver::from_owned_fd(stdout).context("no output")?);
        task.stderr = Some(pipe::Receiver::from_owned_fd(stderr).context("no output")?);
        task.ending = Some(ended);
        Ok(Box::new(task))
    }

    async fn doctor(&self) -> Doctor {
        self.examine().await
    }
}

/// A task that runs; ended when this is dropped.
struct Attached {
    stop: Arc<Stop>,
    stdin: Option<pipe::Sender>,
    stdout: Option<Output>,
    stderr: Option<Output>,
    ending: Option<oneshot::Receiver<Ending>>,
    told: Option<Ending>,
}

#[async_trait]
impl Running for Attached {
    fn stdin(&mut self) -> Option<pipe::Sender> {
        self.stdin.take()
    }

    fn stdout(&mut self) -> Option<Output> {
        self.stdout.take()
    }

    fn stderr(&mut self) -> Option<Output> {
        self.stderr.take()
    }

    async fn ended(&mut self) -> Result<Ending> {
        if let Some(ending) = &mut self.ending {
            self.told = Some(ending.await.context("the thread that watches a sandbox is gone")?);
            self.ending = None;
        }
        self.told.ok_or_else(|| Error::internal("a sandbox has no ending"))
    }

    fn cancel_handle(&self) -> Cancel {
        Cancel::new(Arc::clone(&self.stop))
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.stop.request();
    }
}

/// Where distributions put it. Never looked up in `PATH`: as root we would run what somebody left there.
const PROGRAMS: [&str; 3] = ["/usr/bin/bwrap", "/bin/bwrap", "/usr/local/bin/bwrap"];

fn missing() -> Error {
    let error = Error::new(ErrorKind::Unavailable, "Cannot run agents: `bwrap` is not installed on this machine");
    let installers = [
        ("/usr/bin/apt-get", "apt-get install bubblewrap"),
        ("/usr/bin/dnf", "dnf install bubblewrap"),
        ("/usr/bin/pacman", "pacman -S bubblewrap"),
        ("/sbin/apk", "apk add bubblewrap"),
        ("/usr/bin/zypper", "zypper install bubblewrap"),
    ];
    match installers.iter().find(|(program, _)| Path::new(program).exists()) {
        Some((_, command)) => error.hint(format!("run `{command}` as root, then start the server again")),
        None => error.hint("install the package `bubblewrap` of your system, then start the server again"),
    }
}

/// Our few names, then the caller's, which win.
fn environment(path: String, given: Vec<(String, String)>) -> Vec<(String, String)> {
    let own =
        [("PATH", path.as_str()), ("HOME", arguments::HOME), ("LANG", "C.UTF-8"), ("TERM", "dumb"), ("TMPDIR", "/tmp")];
    own.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().chain(given).collect()
}

fn input(stdin: &Input) -> std::io::Result<(OwnedFd, Option<PipeWriter>)> {
    Ok(match stdin {
        Input::Nothing => (std::fs::File::open("/dev/null")?.into(), None),
        Input::Bytes(bytes) => (wire::memory_file(bytes)?, None),
        Input::Piped => {
            let (read, write) = std::io::pipe()?;
            (read.into(), Some(write))
        }
    })
}
