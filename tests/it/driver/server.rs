//! The server as a process of its own, on a disk that a story lets fail: `strace` kills it at a call to the file system, or
//! lets that call answer with an error.

use std::io::BufRead as _;
use std::io::BufReader;
use std::path::Path;
use std::process::Child;
use std::process::ChildStdout;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use reqwest::Method;
use serde_json::Value;

use super::hooks;
use super::program::forgehand;
use super::world::Told;

/// No answer takes longer, however slow the machine and its disk are.
const LONGEST: Duration = Duration::from_secs(20);

/// A running server.
pub struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
    pub address: String,
    http: reqwest::Client,
}

/// The server died, or did not answer to the end.
#[derive(Debug)]
pub struct Gone;

impl Server {
    /// Starts it on this directory and waits until it listens.
    pub fn start(data: &Path) -> Self {
        Self::by(serve(forgehand(), data)).expect("a server that nothing happens to says where it listens")
    }

    /// Starts it with faults that `strace` injects, such as `fsync:signal=SIGKILL:when=3`. None when it dies before it listens.
    pub fn with_faults(data: &Path, faults: &[String]) -> Option<Self> {
        let calls: Vec<&str> = faults.iter().filter_map(|fault| fault.split(':').next()).collect();
        // The program is the child and `strace` its grandchild; programs that it starts are let go.
        let mut words = vec!["-D".to_owned(), "-f".into(), "-qq".into(), "-b".into(), "execve".into()];
        words.extend(["-o".to_owned(), "/dev/null".into(), "-e".into(), format!("trace={}", calls.join(","))]);
        for fault in faults {
            words.extend(["-e".to_owned(), format!("inject={fault}")]);
        }
        Self::by(serve(wrapped("strace", &words), data))
    }

    /// Starts it with room for so many agents.
    pub fn with_runners(data: &Path, runners: usize) -> Self {
        let mut command = serve(forgehand(), data);
        command.env("FORGEHAND_RUNNERS", runners.to_string());
        Self::by(command).expect("it says where it listens")
    }

    /// Starts it where no `bwrap` is to be found.
    pub fn without_bubblewrap(data: &Path) -> Self {
        let words = ["--die-with-parent", "--dev-bind", "/", "/", "--ro-bind", "/dev/null", "/usr/bin/bwrap"];
        let words = words.map(str::to_owned);
        Self::by(serve(wrapped("bwrap", &words), data)).expect("it serves without a sandbox too")
    }

    fn by(mut command: Command) -> Option<Self> {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        // Another story may have chosen the same provider already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().timeout(LONGEST).build().unwrap();
        let mut server = Self { child, stdout, address: String::new(), http };
        server.address = server.says("listening")?;
        Some(server)
    }

    /// Reads what it prints until it says this. None when it ends before that.
    pub fn says(&mut self, key: &str) -> Option<String> {
        loop {
            let mut line = String::new();
            if self.stdout.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let told: Value = serde_json::from_str(&line).unwrap_or_default();
            if let Some(value) = told[key].as_str() {
                return Some(value.to_owned());
            }
        }
    }

    /// One request with a token.
    pub async fn ask(&self, token: &str, line: &str, body: Value) -> Result<Told, Gone> {
        let (method, path) = line.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        let request = self.http.request(method, format!("{}{path}", self.address)).bearer_auth(token).json(&body);
        read(request).await
    }

    /// Asks until the answer is so.
    pub async fn until(&self, token: &str, line: &str, so: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let told = self.ask(token, line, Value::Null).await.unwrap();
            if so(&told.json()) {
                return told.json();
            }
            assert!(began.elapsed() < LONGEST, "{line} does not come to what the story needs: {}", told.text);
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// One signed webhook.
    pub async fn hook(&self, id: &str, body: &str) -> Result<Told, Gone> {
        read(hooks::signed(self.http.post(format!("{}/hooks/github", self.address)), id, body)).await
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(mut self) {
        let process = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw).unwrap();
        rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
        assert!(self.child.wait().unwrap().success());
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been killed by the story already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn read(request: reqwest::RequestBuilder) -> Result<Told, Gone> {
    let answer = request.header("accept", "application/json").send().await.map_err(|_| Gone)?;
    let status = answer.status().as_u16();
    Ok(Told { status, text: answer.text().await.map_err(|_| Gone)? })
}

/// A program that starts ours.
fn wrapped(program: &str, words: &[String]) -> Command {
    #[expect(clippy::disallowed_methods, reason = "the story is about what happens to our program")]
    let mut command = Command::new(program);
    command.args(words).arg(env!("CARGO_BIN_EXE_forgehand"));
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
    command
}

fn serve(mut command: Command, data: &Path) -> Command {
    command.args(["serve", "--json", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    command.env("FORGEHAND_HOOK_SECRET_GITHUB", hooks::SECRET).env("FORGEHAND_CHECKPOINT_SECONDS", "1");
    command
}
