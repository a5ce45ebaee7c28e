//! The disk fails, or the process dies, at a call to the file system: what was acknowledged is kept, nothing happens twice,
//! and the story comes to its end.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

use crate::driver::Clone;
use crate::driver::Gone;
use crate::driver::Server;
use crate::driver::Told;
use crate::driver::forgehand;
use crate::driver::scripts;

const REPO: &str = "/api/v1/repos/alice/slug";
const AGENTS: &str = "/api/agents/v1";

/// How long a story waits for something that must come.
const PATIENCE: Duration = Duration::from_secs(60);

const SCRIPT: &str = r#"- edit: {path: greet.sh, find: Helo, replace: Hello}
- propose: {kind: pull_request, title: Greet in English, body: It said Helo., branch: mend-greeting}
- propose: {kind: comment, body: I looked at it.}
- finish: A pull request and an answer wait.
"#;

/// What stands on the disk before each story: people, their tokens, a repository with a rule, and issue 1.
struct Start {
    directory: TempDir,
    alice: String,
    bob: String,
}

/// What was acknowledged, as whoever asked wrote it down.
#[derive(Default)]
struct Acknowledged {
    /// Our number of each delivery.
    deliveries: Vec<String>,
    /// The id of the comment that begins the run.
    comment: Option<i64>,
    decided: bool,
}

/// One story: from a comment to what was approved, however often the server has to be started for it.
struct Story<'a> {
    start: &'a Start,
    known: Acknowledged,
    /// Answers that said that the server could not do it now.
    refused: Vec<Told>,
}

impl Start {
    fn make() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("data");
        let people = ["alice", "bob"].map(|name| {
            let password =
                format!("echo a-long-password | \"$0\" admin user add {name} --password-stdin --data \"$1\"");
            let made = shell(&password, &data);
            assert!(made.contains(name), "{made}");
            let token = format!("\"$0\" admin token add {name} --scope all --data \"$1\"");
            shell(&token, &data).trim().to_owned()
        });
        let [alice, bob] = people;
        Self { directory, alice, bob }
    }

    /// Made once for all stories of this process.
    async fn made() -> &'static Self {
        static MADE: tokio::sync::OnceCell<Start> = tokio::sync::OnceCell::const_new();
        MADE.get_or_init(|| async {
            let start = Self::make();
            let server = Server::start(&start.directory.path().join("data"));
            let ask = async |line: &str, body: Value| {
                let told = server.ask(&start.alice, line, body).await.unwrap();
                assert!(told.status < 300, "{line}: {} {}", told.status, told.text);
            };
            ask("POST /api/v1/user/repos", json!({"name": "slug"})).await;
            ask(&format!("PUT {REPO}/collaborators/bob"), json!({"permission": "write"})).await;
            let address = server.address.replace("http://", &format!("http://alice:{}@", start.alice));
            let clone = Clone::of(&format!("{address}/alice/slug.git"), start.directory.path().join("clone"));
            clone.write("greet.sh", "echo Helo\n");
            clone.write(".agents/rules/mend.yaml", scripts::ON_MENTION);
            clone.write(".agents/stacks/fixer.yaml", &scripts::stack(SCRIPT));
            clone.push("main", "Start");
            ask(&format!("POST {REPO}/issues"), json!({"title": "The greeting is odd"})).await;
            server.kill();
            start
        })
        .await
    }

    /// A copy of the directory for one story.
    fn copy(&self) -> (TempDir, PathBuf) {
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("data");
        #[expect(clippy::disallowed_methods, reason = "the quickest way to copy a directory as it is")]
        let mut command = Command::new("cp");
        assert!(command.arg("-a").arg(self.directory.path().join("data")).arg(&data).status().unwrap().success());
        (home, data)
    }
}

/// Runs a line of a shell in which `$0` is our program and `$1` a directory.
fn shell(line: &str, data: &Path) -> String {
    #[expect(clippy::disallowed_methods, reason = "the command line is what people use")]
    let mut command = Command::new("sh");
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
    let output = command.args(["-c", line, env!("CARGO_BIN_EXE_forgehand")]).arg(data).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

impl Story<'_> {
    /// Goes on from what is acknowledged to the end of the run.
    async fn go_on(&mut self, server: &Server) -> Result<(), Gone> {
        while self.known.deliveries.len() < 3 {
            let (id, body) = delivery(self.known.deliveries.len());
            let told = server.hook(&id, &body).await?;
            if let Some(told) = self.done(told) {
                self.known.deliveries.push(told.json()["delivery"].as_str().unwrap().to_owned());
            } else if self.refused.len() > 20 {
                break;
            }
        }
        while self.known.comment.is_none() {
            if let Some(written) = self.mentions(server).await?.first() {
                self.known.comment = written["id"].as_i64();
                break;
            }
            let line = format!("POST {REPO}/issues/1/comments");
            let told = server.ask(&self.start.alice, &line, json!({"body": "@fixer mend it"})).await?;
            self.known.comment = self.done(told).and_then(|told| told.json()["id"].as_i64());
        }
        self.approve(server).await?;
        let mut retried = 0;
        let mut run = self.run(server, is_over).await?;
        // What the disk made fail says so, and a person tries it again.
        while run["state"] == "failed" && retried < 3 {
            assert!(run["summary"].as_str().is_some_and(|why| !why.is_empty()), "{run}");
            let line = format!("POST {AGENTS}/runs/{}/retry", run["id"].as_str().unwrap());
            let told = server.ask(&self.start.bob, &line, json!({})).await?;
            retried += usize::from(self.done(told).is_some());
            self.approve(server).await?;
            run = self.run(server, is_over).await?;
        }
        Ok(())
    }

    /// Bob approves what the run asks, once its agent is done.
    async fn approve(&mut self, server: &Server) -> Result<(), Gone> {
        let ready = |run: &Value| run["state"] == "awaiting_approval" || is_over(run);
        if self.run(server, ready).await?["state"] != "awaiting_approval" {
            return Ok(());
        }
        let began = Instant::now();
        while let Some(approval) = self.open_approvals(server).await?.first() {
            let line = format!("POST {AGENTS}/approvals/{}/decision", approval["id"].as_str().unwrap());
            let told = server.ask(&self.start.bob, &line, json!({"decision": "approve", "reason": "fine"})).await?;
            self.known.decided |= self.done(told).is_some();
            assert!(began.elapsed() < PATIENCE, "nobody can decide: {:?}", self.refused.last());
        }
        Ok(())
    }

    /// The answer, when it is no refusal. A refusal says clearly that it is one.
    fn done(&mut self, told: Told) -> Option<Told> {
        if told.status < 300 {
            return Some(told);
        }
        assert!(told.status >= 500, "{} {}", told.status, told.text);
        let (agents, forge) = (&told.json()["error"]["message"], &told.json()["message"]);
        assert!(agents.is_string() || forge.is_string(), "{} {}", told.status, told.text);
        self.refused.push(told);
        None
    }

    async fn list(&mut self, server: &Server, line: &str) -> Result<Value, Gone> {
        let began = Instant::now();
        loop {
            let told = server.ask(&self.start.bob, line, Value::Null).await?;
            if let Some(told) = self.done(told) {
                return Ok(told.json());
            }
            assert!(began.elapsed() < PATIENCE, "{line} is never answered: {:?}", self.refused.last());
        }
    }

    async fn comments(&mut self, server: &Server, text: &str) -> Result<Vec<Value>, Gone> {
        let list = self.list(server, &format!("GET {REPO}/issues/1/comments")).await?;
        let with = |one: &&Value| one["body"].as_str().unwrap_or_default().contains(text);
        Ok(list.as_array().unwrap().iter().filter(with).cloned().collect())
    }

    async fn mentions(&mut self, server: &Server) -> Result<Vec<Value>, Gone> {
        self.comments(server, "@fixer mend it").await
    }

    async fn open_approvals(&mut self, server: &Server) -> Result<Vec<Value>, Gone> {
        let list = self.list(server, &format!("GET {AGENTS}/approvals?state=open")).await?;
        Ok(list["approvals"].as_array().unwrap().clone())
    }

    /// The only run, once it is so.
    async fn run(&mut self, server: &Server, so: impl Fn(&Value) -> bool) -> Result<Value, Gone> {
        let began = Instant::now();
        loop {
            let list = self.list(server, &format!("GET {AGENTS}/runs")).await?;
            let runs = list["runs"].as_array().unwrap();
            assert!(runs.len() < 2, "{list}");
            if let Some(run) = runs.iter().find(|run| so(run)) {
                return Ok(run.clone());
            }
            assert!(began.elapsed() < PATIENCE, "the run does not get on: {list}");
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// Nothing that was acknowledged is lost, and nothing is there twice.
    async fn compare(&mut self, server: &Server, what: &str) {
        for (number, known) in self.known.deliveries.clone().iter().enumerate() {
            let (id, body) = delivery(number);
            let told = server.hook(&id, &body).await.unwrap();
            assert_eq!(
                (told.status, told.json()["delivery"].as_str()),
                (200, Some(known.as_str())),
                "{what}: {told:?}"
            );
        }
        let mentions = self.mentions(server).await.unwrap();
        if let Some(comment) = self.known.comment {
            assert_eq!(mentions.iter().map(|one| one["id"].as_i64()).collect::<Vec<_>>(), [Some(comment)], "{what}");
        }
        if self.known.decided {
            assert!(self.open_approvals(server).await.unwrap().is_empty(), "{what}: the decision is gone");
        }
    }

    async fn ended_well(&mut self, server: &Server, what: &str) {
        let run = self.run(server, is_over).await.unwrap();
        assert_eq!(run["state"], "succeeded", "{what}: {run}");
        let pulls = self.list(server, &format!("GET {REPO}/pulls?state=all")).await.unwrap();
        assert_eq!(pulls.as_array().map(Vec::len), Some(1), "{what}: {pulls}");
        let branches = self.list(server, &format!("GET {REPO}/branches")).await.unwrap();
        assert_eq!(branches.as_array().map(Vec::len), Some(2), "{what}: {branches}");
        assert_eq!(self.comments(server, "I looked at it.").await.unwrap().len(), 1, "{what}");
    }
}

fn is_over(run: &Value) -> bool {
    ["succeeded", "failed", "lost", "refused", "cancelled"].iter().any(|state| run["state"] == *state)
}

fn delivery(number: usize) -> (String, String) {
    (format!("id-{number}"), format!("{{\"n\": {number}}}"))
}

fn audit_is_good(data: &Path, what: &str) {
    let verified = forgehand().args(["audit", "verify", "--data"]).arg(data).output().unwrap();
    assert!(verified.status.success(), "{what}: {verified:?}");
}

/// Tells the story with the fault, then without, and compares. Says whether the server died of it.
async fn tell(faults: &[String]) -> bool {
    let what = faults.join(" ");
    let start = Start::made().await;
    let (_home, data) = start.copy();
    let mut story = Story { start, known: Acknowledged::default(), refused: Vec::new() };
    let died = match Server::with_faults(&data, faults) {
        Some(server) => {
            let died = story.go_on(&server).await.is_err();
            server.kill();
            died
        }
        None => true,
    };
    let server = Server::start(&data);
    story.compare(&server, &what).await;
    story.go_on(&server).await.unwrap();
    story.compare(&server, &what).await;
    story.ended_well(&server, &what).await;
    server.kill();
    audit_is_good(&data, &what);
    died
}

/// A spread of calls: a story ends at about the 35th `fsync` and the 500th `pwrite64` of the server's writer.
const KILLS: [&str; 20] = [
    "fsync:3",
    "fsync:7",
    "fsync:11",
    "fsync:15",
    "fsync:19",
    "fsync:23",
    "fsync:26",
    "fsync:29",
    "fsync:32",
    "pwrite64:65",
    "pwrite64:161",
    "pwrite64:233",
    "pwrite64:301",
    "pwrite64:391",
    "rename:2",
    "renameat:3",
    "renameat:4",
    "renameat:5",
    "mkdir:9",
    "unlinkat:4",
];

/// Calls that fail once in each thread. What fails at the first calls of a thread fails in every new connection too, so these
/// are later ones.
const FAILURES: [(&str, &str); 8] = [
    ("fsync:8", "EIO"),
    ("fsync:11", "EIO"),
    ("fsync:18", "EIO"),
    ("fsync:22", "EIO"),
    ("fsync:29", "EIO"),
    ("pwrite64:97", "ENOSPC"),
    ("pwrite64:171", "ENOSPC"),
    ("pwrite64:251", "ENOSPC"),
];

async fn killed(at: &[&str]) {
    let mut died = 0;
    for call in at {
        let (name, number) = call.split_once(':').unwrap();
        died += usize::from(tell(&[format!("{name}:signal=SIGKILL:when={number}")]).await);
    }
    assert!(died * 2 > at.len(), "the faults hit the server: {died} of {}", at.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_loses_nothing_and_does_nothing_twice() {
    killed(&KILLS[..9]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_at_other_calls_loses_nothing_either() {
    killed(&KILLS[9..]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_disk_fails_says_so_keeps_its_word_and_goes_on() {
    for (call, error) in FAILURES {
        let (name, number) = call.split_once(':').unwrap();
        assert!(!tell(&[format!("{name}:error={error}:when={number}")]).await, "{call} {error}: it goes on");
    }
}
