//! Real sandboxes on this machine, with agents that want out.

mod changes;
mod checkouts;
mod escapes;
mod limits;
mod starting;

use std::ffi::OsString;
use std::fs;
use std::io::Read as _;
use std::io::Write as _;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use forgehand::sandbox::Bubblewrap;
use forgehand::sandbox::Ending;
use forgehand::sandbox::Input;
use forgehand::sandbox::Limits;
use forgehand::sandbox::Running;
use forgehand::sandbox::Sandbox;
use forgehand::sandbox::Settings;
use forgehand::sandbox::Task;
use forgehand::sandbox::Workspace;
use forgehand::sandbox::Workspaces;
use tokio::io::AsyncReadExt as _;

/// A server's sandboxes in a folder of their own.
pub struct Yard {
    pub sandbox: Bubblewrap,
    pub workspaces: Workspaces,
    pub folder: tempfile::TempDir,
}

/// What came of a task.
pub struct Outcome {
    pub ending: Ending,
    pub stdout: String,
    pub stderr: String,
}

impl Yard {
    pub fn new() -> Self {
        Self::with(Settings::default())
    }

    pub fn with(settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let workspaces = Workspaces::open(&folder.path().join("work"), settings).unwrap();
        let sandbox = Bubblewrap::find(program(), &workspaces).unwrap();
        Self { sandbox, workspaces, folder }
    }

    /// A workspace over a checkout with these files; a gateway that answers `gateway: ` and what it was told.
    pub fn workspace(&self, files: &[(&str, &str)]) -> Workspace {
        let lower = self.workspaces.cached(&format!("{files:?}"), |dir| {
            for (path, content) in files {
                write(&dir.join(path), content);
            }
            Ok(())
        });
        let workspace = self.workspaces.open_attempt(&lower.unwrap()).unwrap();
        let gateway = UnixListener::bind(workspace.gateway_socket()).unwrap();
        std::thread::spawn(move || {
            for mut connection in gateway.incoming().flatten() {
                let mut told = String::new();
                let _ = connection.read_to_string(&mut told);
                let _ = write!(connection, "gateway: {told}");
            }
        });
        workspace
    }

    pub async fn start(&self, workspace: &Workspace, task: Task) -> Box<dyn Running> {
        self.sandbox.start(workspace, task).await.unwrap()
    }

    /// Runs a task to its end.
    pub async fn finish(&self, workspace: &Workspace, task: Task) -> Outcome {
        let mut running = self.start(workspace, task).await;
        let (mut out, mut err) = (running.stdout().unwrap(), running.stderr().unwrap());
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let (ending, _, _) = tokio::join!(running.ended(), out.read_to_end(&mut stdout), err.read_to_end(&mut stderr));
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Outcome { ending: ending.unwrap(), stdout: text(stdout), stderr: text(stderr) }
    }

    /// Runs a shell script to its end.
    pub async fn shell(&self, workspace: &Workspace, script: &str) -> Outcome {
        self.finish(workspace, shell(workspace, script)).await
    }
}

/// A task that runs a shell script within generous limits.
pub fn shell(workspace: &Workspace, script: &str) -> Task {
    task(workspace, ["/bin/sh", "-c", script])
}

pub fn task<const N: usize>(workspace: &Workspace, argv: [&str; N]) -> Task {
    Task {
        argv: argv.map(OsString::from).to_vec(),
        env: Vec::new(),
        read_only: Vec::new(),
        gateway_socket: workspace.gateway_socket(),
        stdin: Input::Nothing,
        limits: Limits {
            memory_bytes: 1 << 30,
            disk_bytes: 1 << 30,
            processes: 64,
            wall: Duration::from_secs(60),
            cpu_percent: None,
        },
    }
}

pub fn write(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

pub fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_forgehand"))
}
