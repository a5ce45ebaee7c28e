//! How long a person waits from an accepted mention to the agent's first word, warm: events, rules, permission review,
//! context, workspace, sandbox and the start of the agent in between.
//!
//! Counted from when the answer to the comment arrived here to the moment that the transcript has for the agent's first
//! word, on the same clock. Nobody asks the server meanwhile: asking again and again takes a core from the two that work.

use std::process::Command;
use std::process::Stdio;
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

const WARM: usize = 3;
const RUNS: usize = 40;
const PATIENCE: Duration = Duration::from_secs(20);
/// How long nobody looks: an agent is mostly done by then, and the next mention finds a quiet server.
const UNSEEN: Duration = Duration::from_millis(500);
/// The API tells times in seconds, the table in microseconds.
const FIRST_WORD: &str = "select min(at) from run_events where origin = 'agent' and run > $1";

/// Mentions the helper of the demonstration in an issue, again and again.
pub fn measure() -> anyhow::Result<Vec<Figure>> {
    let home = tempfile::tempdir()?;
    let data = home.path().join("data");
    let mut child = Command::new(server::BINARY)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .args(["demo", "--json", "--listen", "127.0.0.1:7397", "--data"])
        .arg(&data)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let measured = tokio::runtime::Runtime::new()?.block_on(mentions(&data));
    child.kill()?;
    child.wait()?;
    let mut waits = measured?;
    waits.sort_by(f64::total_cmp);
    let p95 = waits[waits.len() * 95 / 100];
    Ok(vec![
        Figure::median("mention to the agent's first word, p50", "ms", waits),
        Figure::once("mention to the agent's first word, p95", "ms", p95),
    ])
}

struct Client {
    http: reqwest::Client,
    token: String,
}

impl Client {
    async fn ask(&self, method: reqwest::Method, path: &str, body: Value) -> anyhow::Result<Value> {
        let request = self.http.request(method, format!("http://127.0.0.1:7397{path}"));
        let request = request.bearer_auth(&self.token).header("accept", "application/json");
        Ok(request.json(&body).send().await?.json().await?)
    }
}

async fn mentions(data: &std::path::Path) -> anyhow::Result<Vec<f64>> {
    // Nothing here speaks TLS, but a client wants to know how it would.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::new();
    let began = Instant::now();
    while http.get("http://127.0.0.1:7397/api/v1/repos/acme/leap/branches").send().await.is_err() {
        ensure!(began.elapsed() < PATIENCE, "the demonstration did not start");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Its own first runs are over by then.
    tokio::time::sleep(Duration::from_secs(4)).await;
    let mut command = Command::new(server::BINARY);
    let output = command.args(["admin", "token", "add", "bob", "--scope", "all", "--data"]).arg(data).output()?;
    let client = Client { http, token: String::from_utf8(output.stdout)?.trim().to_owned() };
    let issue = json!({ "title": "Measured", "body": "" });
    let issue = client.ask(reqwest::Method::POST, "/api/v1/repos/acme/leap/issues", issue).await?;
    let number = issue["number"].as_i64().context("an issue has a number")?;
    let mut waits = Vec::new();
    let transcripts = Connection::open_with_flags(data.join("forgehand.sqlite"), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    for turn in 0..WARM + RUNS {
        let wait = mention(&client, &transcripts, number, turn).await?;
        if turn >= WARM {
            waits.push(wait.as_secs_f64() * 1000.0);
        }
    }
    Ok(waits)
}

async fn mention(client: &Client, transcripts: &Connection, number: i64, turn: usize) -> anyhow::Result<Duration> {
    let before: String = transcripts.query_row("select coalesce(max(id), '') from runs", [], |row| row.get(0))?;
    let comment = json!({ "body": format!("@helper what do the tests say? ({turn})") });
    client.ask(reqwest::Method::POST, &format!("/api/v1/repos/acme/leap/issues/{number}/comments"), comment).await?;
    let accepted = jiff::Timestamp::now().as_microsecond();
    let begun = Instant::now();
    loop {
        ensure!(begun.elapsed() < PATIENCE, "the agent said nothing");
        tokio::time::sleep(UNSEEN).await;
        let first: Option<i64> = transcripts.query_row(FIRST_WORD, [&before], |row| row.get(0))?;
        if let Some(first) = first {
            return Ok(Duration::from_micros(first.saturating_sub(accepted).unsigned_abs()));
        }
    }
}
