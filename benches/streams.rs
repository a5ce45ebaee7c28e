//! What the gateway adds to answers of models: to the first byte, and to each piece of a stream after it, with 200 streams at one
//! time. The same client asks the same mock, once directly and once through the door of a living attempt of the running server.
//!
//! The mock writes into each piece when it sent it, so a piece tells how long it was on its way. The sandbox's own forwarder, which copies
//! bytes between a loopback address and the door's socket, is not in between.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context as _;
use anyhow::ensure;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::net::UnixStream;

use crate::attempts::World;
use crate::figure::Figure;

const AT_ONCE: usize = 200;
const ROUNDS: usize = 5;
/// Pieces of one answer.
const PIECES: usize = 40;
/// Between two pieces.
const EVERY: Duration = Duration::from_millis(50);
/// Until the first one.
const THINKS: Duration = Duration::from_millis(100);

const STACK: &str = "description: Holds a door open\nagent: cli\ncommand: [sleep, \"600\"]\ncli: {prompt: stdin}\n\
                     budget: {minutes: 20, steps: 10000, tokens: 1000000000, usd: 10000}\n";

/// Where the mock is, or the door.
#[derive(Clone)]
enum Way {
    Direct(std::net::SocketAddr),
    Door(PathBuf),
}

/// What one answer took, in milliseconds.
#[derive(Default)]
struct Seen {
    /// From the request to the first byte of the first piece.
    first: Vec<f64>,
    /// From when the mock sent a piece to when the client had it.
    pieces: Vec<f64>,
}

pub fn measure() -> anyhow::Result<Vec<Figure>> {
    tokio::runtime::Runtime::new()?.block_on(streams())
}

async fn streams() -> anyhow::Result<Vec<Figure>> {
    let clock = Instant::now();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mock = listener.local_addr()?;
    tokio::spawn(answer_all(listener, clock));
    let url = format!("http://{mock}/v1");
    let environment = [("FORGEHAND_MODEL_URL", url.as_str()), ("FORGEHAND_MODEL_KEY", "sk-of-a-mock-that-asks-none")];
    let world = World::with_more(10, &environment, &[("holds", STACK)]).await?;
    let run = world.dispatch("holds").await?;
    world.until(&run, &["running"]).await?;
    let door = socket(&world.data().join("workspaces"))?.context("the attempt has no door")?;

    let (mut direct, mut through) = (Seen::default(), Seen::default());
    for round in 0..=ROUNDS {
        for (way, seen) in [(Way::Direct(mock), &mut direct), (Way::Door(door.clone()), &mut through)] {
            let found = all(&way, clock).await?;
            // The first round warms both up.
            if round > 0 {
                seen.first.extend(found.first);
                seen.pieces.extend(found.pieces);
            }
        }
    }
    Ok(figures(direct, through))
}

fn figures(mut direct: Seen, mut through: Seen) -> Vec<Figure> {
    let think = THINKS.as_secs_f64() * 1000.0;
    let mut figures = Vec::new();
    let pairs = [
        ("first byte", &mut direct.first, &mut through.first, think),
        ("piece", &mut direct.pieces, &mut through.pieces, 0.0),
    ];
    for (what, one, other, less) in pairs {
        one.sort_by(f64::total_cmp);
        other.sort_by(f64::total_cmp);
        for (name, part) in [("p50", 50), ("p95", 95), ("p99", 99)] {
            let at = |values: &[f64]| values[(values.len() * part / 100).min(values.len() - 1)] - less;
            let (one, other) = (at(one), at(other));
            figures.push(Figure::once(format!("{what}, direct, {name}, {AT_ONCE} streams"), "ms", one));
            figures.push(Figure::once(format!("{what}, through the gateway, {name}, {AT_ONCE} streams"), "ms", other));
            figures.push(Figure::once(
                format!("{what}, added by the gateway, {name}, {AT_ONCE} streams"),
                "ms",
                other - one,
            ));
        }
    }
    figures
}

/// Asks for all answers at one time.
async fn all(way: &Way, clock: Instant) -> anyhow::Result<Seen> {
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..AT_ONCE {
        let way = way.clone();
        asked.spawn(async move {
            match way {
                Way::Direct(address) => ask(TcpStream::connect(address).await?, clock).await,
                Way::Door(socket) => ask(UnixStream::connect(socket).await?, clock).await,
            }
        });
    }
    let mut seen = Seen::default();
    while let Some(one) = asked.join_next().await {
        let one = one??;
        seen.first.extend(one.first);
        seen.pieces.extend(one.pieces);
    }
    Ok(seen)
}

/// One request, and what its answer took.
async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, clock: Instant) -> anyhow::Result<Seen> {
    let body =
        r#"{"model": "m", "stream": true, "max_tokens": 100, "messages": [{"role": "user", "content": "Go on."}]}"#;
    let head =
        "POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/json\r\nconnection: close";
    let sent = Instant::now();
    stream.write_all(format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes()).await?;
    let (mut text, mut read, mut seen) = (Vec::new(), 0, Seen::default());
    let mut buffer = [0; 16 * 1024];
    while seen.pieces.len() < PIECES {
        let got = stream.read(&mut buffer).await?;
        let now = clock.elapsed().as_micros();
        ensure!(got > 0, "the stream broke off: {}", String::from_utf8_lossy(&text));
        text.extend_from_slice(&buffer[..got]);
        while let Some((at, end)) = stamp(&text[read..]) {
            if seen.first.is_empty() {
                seen.first.push(sent.elapsed().as_secs_f64() * 1000.0);
            }
            seen.pieces.push(now.saturating_sub(at) as f64 / 1000.0);
            read += end;
        }
    }
    Ok(seen)
}

/// The next time that a piece tells, and where it ends.
fn stamp(text: &[u8]) -> Option<(u128, usize)> {
    let start = text.windows(3).position(|window| window == b"at=")? + 3;
    let end = start + text[start..].iter().position(|byte| *byte == b';')?;
    Some((std::str::from_utf8(&text[start..end]).ok()?.parse().ok()?, end))
}

async fn answer_all(listener: TcpListener, clock: Instant) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            // Whoever goes away early needs no answer.
            let _ = answer(stream, clock).await;
        });
    }
}

/// Answers every request of a connection with a stream.
async fn answer(mut stream: TcpStream, clock: Instant) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    while whole_request(&mut stream).await? {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).await?;
        tokio::time::sleep(THINKS).await;
        for piece in 0..PIECES {
            if piece > 0 {
                tokio::time::sleep(EVERY).await;
            }
            let said = format!("at={}; and some words beside it", clock.elapsed().as_micros());
            let event = serde_json::json!({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": said}}]});
            chunk(&mut stream, &format!("data: {event}\n\n")).await?;
        }
        let end = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\
                   \"usage\":{\"prompt_tokens\":10,\"completion_tokens\":400}}\n\ndata: [DONE]\n\n";
        chunk(&mut stream, end).await?;
        stream.write_all(b"0\r\n\r\n").await?;
    }
    Ok(())
}

async fn chunk(stream: &mut TcpStream, text: &str) -> anyhow::Result<()> {
    stream.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes()).await?;
    Ok(())
}

/// Reads one request to its end; false when there is none.
async fn whole_request(stream: &mut TcpStream) -> anyhow::Result<bool> {
    let (mut text, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        if let Some(head) = text.windows(4).position(|window| window == b"\r\n\r\n") {
            let lines = String::from_utf8_lossy(&text[..head]).to_ascii_lowercase();
            let length = lines.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            if text.len() >= head + 4 + length.unwrap_or(0) {
                return Ok(true);
            }
        }
        let got = stream.read(&mut buffer).await?;
        if got == 0 {
            return Ok(false);
        }
        text.extend_from_slice(&buffer[..got]);
    }
}

/// The socket of the only attempt that lives.
fn socket(folder: &Path) -> anyhow::Result<Option<PathBuf>> {
    use std::os::unix::fs::FileTypeExt as _;
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        // Folders of the sandbox may be closed to us, and come and go.
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_socket() && entry.file_name() == "socket" {
                return Ok(Some(entry.path()));
            }
            if kind.is_dir() {
                open.push(entry.path());
            }
        }
    }
    Ok(None)
}
