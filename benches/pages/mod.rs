//! How soon the main pages come, for a person who is signed in, over a database with 100,000 runs and 10,000 issues.
//!
//! The demonstration plays its story once; `seed.sql` then makes many rows of the few that it left, in one transaction past
//! the doors, which a bench may do. Each page is asked for at a moderate pace (p50 and p99, from the moment at which a
//! request was due) and as fast as it is answered (how many a second). That no page sends more statements for more rows is
//! held by a story.

use std::fs;
use std::io::Read as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use anyhow::ensure;

use crate::figure::Figure;
use crate::load;
use crate::server;
use crate::server::Server;

const SEED: &str = include_str!("seed.sql");

const CONNECTIONS: usize = 4;
/// One request a connection in this time: 80 a second in all.
const PACE: Duration = Duration::from_millis(50);
const PACED: Duration = Duration::from_secs(3);
const FLAT_OUT: Duration = Duration::from_millis(1500);

/// What they are called, and where they are; the run is the one with the long transcript.
const PAGES: [(&str, &str); 10] = [
    ("dashboard", "/"),
    ("code", "/acme/slug"),
    ("issues", "/acme/slug/issues"),
    ("issue", "/acme/slug/issues/5000"),
    ("pull requests", "/acme/slug/pulls"),
    ("pull request", "/acme/slug/pulls/1"),
    ("runs", "/acme/slug/runs"),
    ("run", "/runs/01900000000000000000000000015f91"),
    ("approvals", "/approvals"),
    ("hooks", "/acme/slug/hooks"),
];

/// Measures each page by itself.
pub fn measure() -> anyhow::Result<Vec<Figure>> {
    let home = tempfile::tempdir()?;
    let data = home.path().join("data");
    play(&data)?;
    seed(&data)?;
    let server = Server::forgehand(&data, &[])?;
    let cookie = sign_in(server.address, fs::read_to_string(data.join("demo-password"))?.trim())?;
    let mut figures = Vec::new();
    for (name, path) in PAGES {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nCookie: {cookie}\r\n\r\n", server.address);
        let writer = |_: usize| {
            let request = request.clone();
            move |buffer: &mut Vec<u8>| buffer.extend_from_slice(request.as_bytes())
        };
        load::send(server.address, 1, Duration::from_millis(200), writer)?;
        let mut paced = load::send_at_a_pace(server.address, CONNECTIONS, PACED, PACE, writer)?;
        let fast = load::send(server.address, CONNECTIONS, FLAT_OUT, writer)?;
        ensure!(paced.bad + fast.bad == 0, "{path} was refused {} times", paced.bad + fast.bad);
        figures.push(Figure::once(format!("{name}: p50"), "ms", paced.quantile(0.50)));
        figures.push(Figure::once(format!("{name}: p99"), "ms", paced.quantile(0.99)));
        figures.push(Figure::once(format!("{name}: answered"), "1/s", fast.per_second()));
    }
    Ok(figures)
}

/// The whole story of the demonstration, which leaves a run, a decision and a pull request.
fn play(data: &Path) -> anyhow::Result<()> {
    let mut command = Command::new(server::BINARY);
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").args(["demo", "--once", "--data"]).arg(data);
    let output = command.stdin(Stdio::null()).output()?;
    ensure!(output.status.success(), "the demonstration failed:\n{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

fn seed(data: &Path) -> anyhow::Result<()> {
    let mut connection = rusqlite::Connection::open(data.join("forgehand.sqlite"))?;
    // It is thrown away afterwards; the server syncs as it always does.
    connection.execute_batch("pragma synchronous = off; pragma cache_size = -200000")?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(SEED).context("`seed.sql` does not fit the tables")?;
    transaction.commit()?;
    Ok(())
}

/// Signs in as the owner of the organisation; answers with the cookie.
fn sign_in(address: SocketAddr, password: &str) -> anyhow::Result<String> {
    let form = format!("name=alice&password={password}");
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "POST /login HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{form}",
        form.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).context("nobody was signed in")?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}
