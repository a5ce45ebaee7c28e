//! What it costs to start an agent, to hold one that waits, and what is left when a hundred have ended: through the running
//! server, with scripted agents, which cost nothing themselves.
//!
//! "Ready" is from the lease of an attempt to the agent's first instruction, as the transcript has it: context, quarantine,
//! workspace, gateway and sandbox lie between. Beside it stands what `git` needs for files alone, on the same machine.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context as _;
use anyhow::ensure;
use rusqlite::Connection;
use rusqlite::OpenFlags;
use serde_json::Value;
use serde_json::json;

use crate::figure::Figure;
use crate::server;
use crate::server::Server;

const WARM: usize = 3;
const RUNS: usize = 25;
const IN_A_ROW: usize = 100;
const AT_ONCE: usize = 8;
const PATIENCE: Duration = Duration::from_secs(60);

/// Measures repositories of two sizes, so that a cost that grows with the files is seen.
pub fn measure() -> anyhow::Result<Vec<Figure>> {
    let runtime = tokio::runtime::Runtime::new()?;
    let mut figures = Vec::new();
    for files in [100, 100_000] {
        figures.extend(runtime.block_on(ready(files))?);
    }
    figures.extend(runtime.block_on(held_and_left())?);
    Ok(figures)
}

/// A server with one repository, and somebody who may do everything.
pub struct World {
    home: tempfile::TempDir,
    server: Server,
    http: reqwest::Client,
    token: String,
}

impl World {
    async fn with(files: usize) -> anyhow::Result<Self> {
        Self::with_more(files, &[], &[]).await
    }

    /// With more of an environment, and more stacks: names and files.
    pub async fn with_more(files: usize, more: &[(&str, &str)], stacks: &[(&str, &str)]) -> anyhow::Result<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let home = tempfile::tempdir()?;
        let data = home.path().join("data");
        let runners = AT_ONCE.to_string();
        let environment =
            [("FORGEHAND_RUNNERS", runners.as_str()), ("FORGEHAND_CHECKS", "0"), ("FORGEHAND_KEEP_HOURS", "0")];
        let environment = [&environment[..], more].concat();
        shell("echo a-long-password | \"$0\" admin user add ann --password-stdin --admin --data \"$1\"", &data)?;
        let token = shell("\"$0\" admin token add ann --scope all --data \"$1\"", &data)?;
        let server = Server::forgehand(&data, &environment)?;
        let world = Self { http: reqwest::Client::new(), token, server, home };
        world.ask(reqwest::Method::POST, "/api/v1/user/repos", json!({"name": "large"})).await?;
        world.fill(files, stacks)?;
        Ok(world)
    }

    pub fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    async fn ask(&self, method: reqwest::Method, path: &str, body: Value) -> anyhow::Result<Value> {
        let request = self.http.request(method, format!("http://{}{path}", self.server.address));
        let request = request.bearer_auth(&self.token).header("accept", "application/json");
        Ok(request.json(&body).send().await?.json().await?)
    }

    /// Pushes one commit with many files of a few kilobytes, and stacks.
    fn fill(&self, files: usize, stacks: &[(&str, &str)]) -> anyhow::Result<()> {
        let mut stream =
            String::from("commit refs/heads/main\ncommitter A <a@example.org> 1600000000 +0000\ndata 4\nfill\n");
        let mut add =
            |path: &str, content: &str| writeln!(stream, "M 100644 inline {path}\ndata {}\n{content}", content.len());
        for number in 0..files {
            let content = format!("line of file {number}\n").repeat(60);
            add(&format!("d{}/e{}/f{number}", number % 200, number % 7), &content)?;
        }
        for (name, script) in [("short", "- finish: Done.\n"), ("waits", "- sleep_ms: 20000\n  - finish: Done.\n")] {
            let stack = format!("description: Plays\nagent: scripted\nbudget: {{minutes: 5}}\nprompt: |\n  {script}");
            add(&format!(".agents/stacks/{name}.yaml"), &stack)?;
        }
        for (name, stack) in stacks {
            add(&format!(".agents/stacks/{name}.yaml"), stack)?;
        }
        let bare = self.home.path().join("fill.git");
        git(&["init", "--quiet", "--bare", path(&bare)?])?;
        let mut command = Command::new("git");
        command.args(["--git-dir", path(&bare)?, "fast-import", "--quiet"]).stdin(Stdio::piped());
        let mut child = command.spawn()?;
        child.stdin.take().expect("standard input is piped").write_all(stream.as_bytes())?;
        ensure!(child.wait()?.success(), "`git fast-import` failed");
        let address = format!("http://ann:{}@{}/ann/large.git", self.token, self.server.address);
        git(&["--git-dir", path(&bare)?, "push", "--quiet", &address, "main"])
    }

    pub async fn dispatch(&self, stack: &str) -> anyhow::Result<String> {
        let wanted = json!({"stack": stack, "task": "", "prompt": "Go on.", "source": {}});
        let made = self.ask(reqwest::Method::POST, "/api/agents/v1/repos/ann/large/runs", wanted).await?;
        Ok(made["id"].as_str().with_context(|| format!("no run: {made}"))?.to_owned())
    }

    pub async fn until(&self, run: &str, states: &[&str]) -> anyhow::Result<()> {
        let began = Instant::now();
        loop {
            let found = self.ask(reqwest::Method::GET, &format!("/api/agents/v1/runs/{run}"), Value::Null).await?;
            if found["state"].as_str().is_some_and(|state| states.contains(&state)) {
                return Ok(());
            }
            ensure!(began.elapsed() < PATIENCE, "the run did not come so far: {found}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Lets a run end, and says how long its agent took to be ready, in milliseconds.
    async fn one(&self) -> anyhow::Result<f64> {
        let run = self.dispatch("short").await?;
        self.until(&run, &["succeeded", "failed"]).await?;
        let table =
            Connection::open_with_flags(self.data().join("forgehand.sqlite"), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let at = |state: &str| -> rusqlite::Result<i64> {
            let sql = "select min(at) from run_events where run = $1 and kind = 'state' and body like $2";
            table.query_row(sql, [&run, &format!("%\"{state}\"%")], |row| row.get(0))
        };
        Ok((at("running")? - at("starting")?) as f64 / 1000.0)
    }
}

async fn ready(files: usize) -> anyhow::Result<Vec<Figure>> {
    let world = World::with(files).await?;
    let cold = world.one().await?;
    let (mut warm, mut worktree, mut clone) = (Vec::new(), Vec::new(), Vec::new());
    let bare = world.data().join("git/ann/large.git");
    for turn in 0..WARM + RUNS {
        let took = world.one().await?;
        if turn >= WARM {
            warm.push(took);
        }
    }
    for turn in 0..3 {
        let tree = world.home.path().join(format!("tree-{turn}"));
        worktree.push(timed(|| {
            git(&["--git-dir", path(&bare)?, "worktree", "add", "--quiet", "--detach", path(&tree)?, "main"])
        })?);
        fs::remove_dir_all(&tree)?;
        clone.push(timed(|| git(&["clone", "--quiet", "--shared", "--branch", "main", path(&bare)?, path(&tree)?]))?);
        fs::remove_dir_all(&tree)?;
    }
    warm.sort_by(f64::total_cmp);
    let p95 = warm[warm.len() * 95 / 100];
    Ok(vec![
        Figure::median(format!("agent ready, p50, {files} files"), "ms", warm),
        Figure::once(format!("agent ready, p95, {files} files"), "ms", p95),
        Figure::once(format!("agent ready, first of a commit, {files} files"), "ms", cold),
        Figure::median(format!("git worktree add, {files} files"), "ms", worktree),
        Figure::median(format!("git clone --shared, {files} files"), "ms", clone),
    ])
}

async fn held_and_left() -> anyhow::Result<Vec<Figure>> {
    let world = World::with(100).await?;
    for _ in 0..WARM {
        world.one().await?;
    }
    settle();
    let before = Held::by(&world)?;
    let mut runs = Vec::new();
    for _ in 0..AT_ONCE {
        runs.push(world.dispatch("waits").await?);
    }
    for run in &runs {
        world.until(run, &["running"]).await?;
    }
    settle();
    let during = Held::by(&world)?;
    for run in &runs {
        world.ask(reqwest::Method::POST, &format!("/api/agents/v1/runs/{run}/cancel"), json!({})).await?;
    }
    for run in &runs {
        world.until(run, &["cancelled"]).await?;
    }
    let outside = (during.around_agents + during.resident - before.resident) / AT_ONCE as f64;
    for _ in 0..IN_A_ROW {
        world.one().await?;
    }
    let mut at_once = Vec::new();
    for _ in 0..3 * AT_ONCE {
        at_once.push(world.dispatch("short").await?);
    }
    for run in &at_once {
        world.until(run, &["succeeded"]).await?;
    }
    settle();
    let after = Held::by(&world)?;
    let more = |name: &str, was: f64, is: f64| {
        Figure::once(
            format!("{name} left by {IN_A_ROW} runs in a row, {AT_ONCE} cancelled and {} at once", 3 * AT_ONCE),
            "",
            is - was,
        )
    };
    Ok(vec![
        Figure::once(format!("memory of one of {AT_ONCE} idle runs, outside the agent"), "MiB", outside),
        more("processes", before.processes, after.processes),
        more("descriptors", before.descriptors, after.descriptors),
        more("threads", before.threads, after.threads),
        more("mounts", before.mounts, after.mounts),
        more("folders of attempts", before.folders, after.folders),
        Figure::once("resident after them, more than before", "MiB", after.resident - before.resident),
    ])
}

/// What a server holds now.
struct Held {
    resident: f64,
    /// The proportional share of bubblewrap and of the first process inside, in MiB.
    around_agents: f64,
    processes: f64,
    descriptors: f64,
    threads: f64,
    mounts: f64,
    folders: f64,
}

impl Held {
    fn by(world: &World) -> anyhow::Result<Self> {
        let pid = world.server.id();
        let count = |path: String| fs::read_dir(path).map_or(0.0, |entries| entries.count() as f64);
        let below = below(pid);
        let around = below.iter().filter(|(_, line)| !line.contains("agent-inside")).map(|(pid, _)| share(*pid)).sum();
        let lines = |path: String| fs::read_to_string(path).map_or(0.0, |text| text.lines().count() as f64);
        Ok(Self {
            resident: world.server.resident()?,
            around_agents: around,
            processes: below.len() as f64,
            descriptors: count(format!("/proc/{pid}/fd")),
            threads: count(format!("/proc/{pid}/task")),
            mounts: lines(format!("/proc/{pid}/mountinfo")),
            folders: count(world.data().join("workspaces/attempts").display().to_string())
                + count(world.data().join("workspaces/trash").display().to_string()),
        })
    }
}

/// Every process below one, with its command line.
fn below(first: u32) -> Vec<(u32, String)> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for pid in fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
    {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
        children.entry(parent.unwrap_or(0)).or_default().push(pid);
    }
    let (mut found, mut open) = (Vec::new(), vec![first]);
    while let Some(parent) = open.pop() {
        for pid in children.remove(&parent).unwrap_or_default() {
            open.push(pid);
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            found.push((pid, String::from_utf8_lossy(&line).replace('\0', " ")));
        }
    }
    found
}

/// The proportional share of a process, in MiB.
fn share(pid: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap_or("0 kB");
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) / 1024.0
}

/// What goes on in the background after an end, such as deleting, is done by then.
fn settle() {
    thread::sleep(Duration::from_secs(3));
}

fn timed(work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let began = Instant::now();
    work()?;
    Ok(began.elapsed().as_secs_f64() * 1000.0)
}

fn path(path: &Path) -> anyhow::Result<&str> {
    path.to_str().context("a path that is no text")
}

fn git(words: &[&str]) -> anyhow::Result<()> {
    ensure!(Command::new("git").args(words).status()?.success(), "`git {}` failed", words.join(" "));
    Ok(())
}

/// Runs a line of shell in which `$0` is our program and `$1` the data directory.
fn shell(line: &str, data: &Path) -> anyhow::Result<String> {
    let output = Command::new("sh").args(["-c", line, server::BINARY]).arg(data).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
