//! The demonstration as a process of its own, which a story may kill at any moment and start again.

use std::io::BufRead as _;
use std::io::BufReader;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;

use crate::driver::program::forgehand;

/// How long a story waits for something that must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running demonstration.
pub struct Demo {
    child: Child,
    data: PathBuf,
    address: String,
    http: reqwest::Client,
    token: Option<String>,
}

impl Demo {
    /// Starts it and waits until it says where it listens.
    pub fn start(data: &Path) -> Self {
        let mut child = launched(data);
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let told = stdout.lines().map_while(Result::ok).find_map(|line| {
            let told: Value = serde_json::from_str(&line).ok()?;
            told["listening"].as_str().map(str::to_owned)
        });
        let address = told.expect("the demonstration says where it listens");
        // Another story may have chosen the same provider already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { child, data: data.to_owned(), address, http: reqwest::Client::new(), token: None }
    }

    /// Starts it and kills it after a while, wherever it is then.
    pub fn cut_off(data: &Path, after: Duration) {
        let mut child = launched(data);
        std::thread::park_timeout(after);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// `kill -9`, then the same again on the same directory.
    pub fn killed_and_started(mut self) -> Self {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let mut again = Self::start(&self.data);
        again.token = self.token.take();
        again
    }

    /// One request as bob, as JSON.
    pub async fn ask(&mut self, method: reqwest::Method, path: &str, body: Value) -> Value {
        let token = self.token.get_or_insert_with(|| token(&self.data)).clone();
        let request = self.http.request(method, format!("{}{path}", self.address));
        let answer = request.bearer_auth(token).json(&body).send().await.unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default()
    }

    /// Asks until the answer has what is looked for.
    pub async fn until<T>(&mut self, path: &str, look: impl Fn(&Value) -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            let answer = self.ask(reqwest::Method::GET, path, Value::Null).await;
            if let Some(found) = look(&answer) {
                return found;
            }
            assert!(began.elapsed() < PATIENCE, "{path} did not come to what the story needs: {answer}");
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }

    /// What `forgehand audit verify` exits with, once the server is gone.
    pub fn audit_is_good(mut self) -> bool {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        forgehand().args(["audit", "verify", "--data"]).arg(&self.data).output().unwrap().status.success()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have been killed by the story already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn launched(data: &Path) -> Child {
    let mut command = forgehand();
    command.args(["demo", "--json", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

fn token(data: &Path) -> String {
    let output =
        forgehand().args(["admin", "token", "add", "bob", "--scope", "all", "--data"]).arg(data).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
