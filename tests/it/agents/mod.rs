//! Agents against a door of the gateway, with models that behave and models that do not.
//!
//! The programs that run inside a sandbox run here in this process, over a real socket of the gateway, a real quarantine
//! repository and a checkout made by `git`. The sandbox itself has its own stories.

mod budgets;
mod builtin;
mod egress_out;
mod faults;
mod hostile;
mod mcp;
mod mock;
pub mod model;
mod others;
mod ports;
mod protocols;
mod scripted;

use std::ffi::OsString;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use forgehand::agents;
use forgehand::catalog::stack::CliAgent;
use forgehand::catalog::stack::ToolGroup;
use forgehand::egress;
use forgehand::egress::Egress;
use forgehand::gateway;
use forgehand::gateway::Budget;
use forgehand::gateway::brief::Limits;
use forgehand::gateway::brief::Prompt;
use forgehand::gateway::brief::Rights;
use forgehand::gateway::ports::Entry;
use forgehand::gateway::ports::EntryKind;
use forgehand::git;
use forgehand::kit::secret::Secret;
use forgehand::model::AttemptId;
use forgehand::model::RunId;
use forgehand::models;
use forgehand::models::ModelProfile;
use forgehand::models::Price;
use forgehand::models::Protocol;
use tokio::net::TcpListener;
use tokio::net::UnixStream;

use model::Model;
use ports::Desk;

/// The key that must never be seen inside.
pub const KEY: &str = "sk-very-secret-key-of-the-server";

/// The program that every story repairs.
pub const GREET: &str = "def greet(name):\n    return \"Helo \" + name\n";

/// One attempt: a checkout, a door, a model and people.
pub struct Stage {
    pub model: Model,
    pub desk: Arc<Desk>,
    pub open: gateway::Open,
    pub quarantine: git::Repository,
    folder: tempfile::TempDir,
    address: String,
}

/// How a stage is set.
pub struct Setting {
    pub agent: &'static str,
    pub script: &'static str,
    pub budget: Budget,
    pub price: Option<Price>,
    pub limits: models::Limits,
    pub may_propose: bool,
    /// Hosts that may be reached; they all are at 127.0.0.1.
    pub allow: Vec<String>,
    pub protocol: Protocol,
    /// How long a model is waited for that asks for it.
    pub longest_asked: Duration,
    pub context_bytes: usize,
    pub cli: CliAgent,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            agent: "builtin",
            script: "",
            budget: Budget::default(),
            price: None,
            limits: models::Limits::default(),
            may_propose: true,
            allow: Vec::new(),
            protocol: Protocol::Openai,
            longest_asked: Duration::from_millis(5),
            context_bytes: Limits::default().context_bytes,
            cli: CliAgent::default(),
        }
    }
}

impl Stage {
    /// The built-in agent with this model.
    pub async fn with(model: Model) -> Self {
        Self::set(model, Setting::default()).await
    }

    pub async fn set(model: Model, setting: Setting) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let run = RunId::make();
        let quarantine = quarantine(folder.path(), run).await;
        let desk = Arc::new(Desk::default());
        let brief = gateway::Brief {
            run,
            attempt: AttemptId::make(),
            agent: setting.agent.into(),
            resumed: false,
            model: Some("default".into()),
            protocol: setting.protocol,
            prompt: Prompt { system: "You repair things.".into(), task: "Fix the typo in greet.py.".into() },
            script: Some(setting.script.into()),
            limits: Limits { steps: 12, context_bytes: setting.context_bytes, ..Limits::default() },
            lane: None,
            cli: setting.cli,
            rights: Rights { write: setting.may_propose, network: false },
            tools: gateway::tools::offered(setting.may_propose, &[ToolGroup::Source, ToolGroup::Web]),
        };
        let profile = ModelProfile {
            name: "default".into(),
            protocol: setting.protocol,
            url: model.url().parse().unwrap(),
            key: Secret::new(KEY.into()),
            model: "the-model".into(),
            price: setting.price,
            limits: setting.limits,
        };
        let socket = folder.path().join("run/gateway.sock");
        let attempt = gateway::Attempt {
            socket,
            brief,
            model: Some(profile),
            budget: setting.budget,
            network: network(&setting.allow),
        };
        let ports = gateway::Ports {
            tools: desk.clone(),
            transcript: desk.clone(),
            ledger: desk.clone(),
            quarantine: quarantine.clone(),
            egress: egress(),
        };
        let open = impatient(setting.longest_asked).open(attempt, ports).await.unwrap();
        let address = bridge(open.socket()).await;
        git(&folder.path().join("work"), &["remote", "add", "origin", &format!("{address}/quarantine.git")]);
        Self { model, desk, open, quarantine, folder, address }
    }

    /// Lets the agent work to its end, and says its exit code.
    pub async fn play(&self, agent: &str) -> String {
        self.play_with(agent, &[]).await
    }

    /// The same with more arguments.
    pub async fn play_with(&self, agent: &str, more: &[&str]) -> String {
        let workspace = self.work().into_os_string();
        let home = self.folder.path().join("home").into_os_string();
        let mut flags: Vec<OsString> = vec![agent.into(), "--gateway".into(), self.address.clone().into()];
        flags.extend(["--workspace".into(), workspace, "--home".into(), home]);
        flags.extend(more.iter().map(Into::into));
        let code = tokio::task::spawn_blocking(|| agents::inside_main(flags.into_iter()));
        let code = format!("{:?}", code.await.unwrap());
        code.chars().filter(char::is_ascii_digit).collect()
    }

    /// The checkout.
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// What `greet.py` says now.
    pub fn greet(&self) -> String {
        std::fs::read_to_string(self.work().join("greet.py")).unwrap()
    }

    /// Sends something of our own through the door.
    pub async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> (u16, serde_json::Value) {
        let sent = reqwest::Client::new().post(format!("{}{path}", self.address)).body(body).send().await.unwrap();
        let status = sent.status().as_u16();
        (status, sent.json().await.unwrap_or_default())
    }

    /// Waits until a call is written down: its answer is there a moment before.
    pub async fn settled(&self) {
        while self.entries(EntryKind::ModelCall).is_empty() {
            tokio::task::yield_now().await;
        }
    }

    /// Entries of one kind.
    pub fn entries(&self, kind: EntryKind) -> Vec<Entry> {
        self.desk.entries().into_iter().filter(|entry| entry.kind == kind).collect()
    }

    pub fn address(&self) -> &str {
        &self.address
    }
}

/// A gateway that waits as little as a test can.
fn impatient(longest_asked: Duration) -> gateway::Gateway {
    let settings = gateway::Settings {
        silence: Duration::from_secs(1),
        retries: 2,
        backoff: Duration::from_millis(1),
        longest_wait: Duration::from_millis(5),
        longest_asked,
        entries: 200,
        ..gateway::Settings::default()
    };
    gateway::Gateway::new(settings).unwrap()
}

fn network(allow: &[String]) -> gateway::Network {
    if allow.is_empty() {
        return gateway::Network::shut("the stack's `sandbox.network` is `none`");
    }
    gateway::Network { allow: allow.iter().map(|host| host.parse().unwrap()).collect(), ..gateway::Network::default() }
}

/// The way out, with names that all lead to this machine.
fn egress() -> Egress {
    let settings =
        egress::Settings { allow: egress::Allow::parse(&["127.0.0.1".into()]).unwrap(), ..Default::default() };
    Egress::with(settings, Arc::new(Here)).unwrap()
}

struct Here;

#[async_trait::async_trait]
impl egress::Resolver for Here {
    async fn look_up(&self, host: &str) -> std::io::Result<Vec<std::net::IpAddr>> {
        let inside = host.starts_with("inside.");
        Ok(vec![if inside { [127, 0, 0, 2].into() } else { [127, 0, 0, 1].into() }])
    }
}

/// Makes a repository with one file, its checkout in `work`, and a quarantine repository.
async fn quarantine(folder: &Path, run: RunId) -> git::Repository {
    let git_room = git::Git::open(folder, &git::Settings::default()).await.unwrap();
    let (owner, name, branch) = ("acme".parse().unwrap(), "app".parse().unwrap(), "main".parse().unwrap());
    let source = git_room.create(&owner, &name, &branch).await.unwrap();
    let work = folder.join("work");
    std::fs::create_dir(&work).unwrap();
    std::fs::write(work.join("greet.py"), GREET).unwrap();
    git(&work, &["init", "--quiet", "--initial-branch=main"]);
    git(&work, &["add", "."]);
    git(&work, &["commit", "--quiet", "-m", "Start"]);
    let path = folder.join("git/acme/app.git");
    git(&work, &["push", "--quiet", path.to_str().unwrap(), "main"]);
    git_room.quarantine(run, &source).await.unwrap()
}

/// Runs `git` as a person on their own machine does.
pub fn git(directory: &Path, arguments: &[&str]) -> String {
    #[expect(clippy::disallowed_methods, reason = "the client of the story")]
    let mut command = Command::new("git");
    command.args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]).args(arguments).current_dir(directory);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What the sandbox does: a loopback address that leads to the socket.
async fn bridge(socket: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let socket = socket.to_owned();
    #[expect(clippy::disallowed_methods, reason = "ends with the runtime of the test")]
    tokio::spawn(async move {
        let mut connections = tokio::task::JoinSet::new();
        while let Ok((mut outside, _)) = listener.accept().await {
            let socket = socket.clone();
            connections.spawn(async move {
                let Ok(mut inside) = UnixStream::connect(&socket).await else { return };
                let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
            });
        }
    });
    address
}
