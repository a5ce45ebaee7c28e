//! Sends HTTP requests over a fixed number of connections, each as soon as the one before was answered or at a pace, and
//! says how many were answered and how long each took.
//!
//! It shares the machine with what it measures, so it does little: one thread, requests that the caller has prepared as
//! bytes, and just enough reading of answers to find where they end. It knows `Content-Length` only; an answer without one
//! is an error.

use std::net::SocketAddr;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context as _;
use anyhow::bail;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::LocalSet;

/// Answers of the measured time.
#[derive(Default)]
pub struct Answers {
    /// How many had a status below 300.
    pub good: usize,
    /// How many had another one.
    pub bad: usize,
    /// How long they were measured for.
    pub seconds: f64,
    microseconds: Vec<u32>,
}

impl Answers {
    /// Good answers a second.
    pub fn per_second(&self) -> f64 {
        f64::from(u32::try_from(self.good).unwrap_or(u32::MAX)) / self.seconds
    }

    /// The time that this share of the answers stayed under, in milliseconds; 0.99 asks for p99.
    pub fn quantile(&mut self, share: f64) -> f64 {
        self.microseconds.sort_unstable();
        let last = self.microseconds.len().saturating_sub(1);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index"
        )]
        let at = (last as f64 * share).round() as usize;
        self.microseconds.get(at).map_or(0.0, |microseconds| f64::from(*microseconds) / 1000.0)
    }
}

/// Keeps `connections` busy for this long and counts what was answered. Each connection has a writer of requests, made by
/// `writers` from the connection's number, which fills an empty buffer with the next whole request.
pub fn send<W>(
    address: SocketAddr,
    connections: usize,
    lasting: Duration,
    writers: impl Fn(usize) -> W,
) -> anyhow::Result<Answers>
where
    W: FnMut(&mut Vec<u8>) + 'static,
{
    run(address, connections, (lasting, None), writers)
}

/// The same with one request a connection in each `pace`. How long an answer took counts from when its request was due, so
/// that a slow answer does not hide how long the next one had to wait.
pub fn send_at_a_pace<W>(
    address: SocketAddr,
    connections: usize,
    lasting: Duration,
    pace: Duration,
    writers: impl Fn(usize) -> W,
) -> anyhow::Result<Answers>
where
    W: FnMut(&mut Vec<u8>) + 'static,
{
    run(address, connections, (lasting, Some(pace)), writers)
}

fn run<W>(
    address: SocketAddr,
    connections: usize,
    (lasting, pace): (Duration, Option<Duration>),
    writers: impl Fn(usize) -> W,
) -> anyhow::Result<Answers>
where
    W: FnMut(&mut Vec<u8>) + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let began = Instant::now();
    let set = LocalSet::new();
    let until = began + lasting;
    // Connections take turns within the pace.
    let due = |number: usize| {
        let share = u32::try_from(number).unwrap_or(0);
        pace.map(|pace| (began + pace * share / u32::try_from(connections).unwrap_or(1), pace))
    };
    let one = |number| set.spawn_local(one(address, until, due(number), writers(number)));
    let tasks: Vec<_> = (0..connections).map(one).collect();
    let mut all = Answers::default();
    runtime.block_on(set.run_until(async {
        for task in tasks {
            let answers = task.await.context("a connection's task ended early")??;
            all.good += answers.good;
            all.bad += answers.bad;
            all.microseconds.extend(answers.microseconds);
        }
        anyhow::Ok(())
    }))?;
    all.seconds = began.elapsed().as_secs_f64();
    Ok(all)
}

async fn one(
    address: SocketAddr,
    until: Instant,
    mut due: Option<(Instant, Duration)>,
    mut writer: impl FnMut(&mut Vec<u8>),
) -> anyhow::Result<Answers> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut answers = Answers::default();
    let mut request = Vec::new();
    let mut received = Vec::with_capacity(64 * 1024);
    while Instant::now() < until {
        request.clear();
        writer(&mut request);
        let began = match &mut due {
            Some((next, pace)) => {
                let began = *next;
                tokio::time::sleep_until(began.into()).await;
                *next += *pace;
                began
            }
            None => Instant::now(),
        };
        stream.write_all(&request).await?;
        let status = answer(&mut stream, &mut received).await?;
        answers.microseconds.push(u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX));
        if status < 300 { answers.good += 1 } else { answers.bad += 1 }
    }
    Ok(answers)
}

/// Reads one whole answer and says its status.
async fn answer(stream: &mut TcpStream, received: &mut Vec<u8>) -> anyhow::Result<u16> {
    received.clear();
    loop {
        if stream.read_buf(received).await? == 0 {
            bail!("the server closed a connection after {} bytes of an answer", received.len());
        }
        let Some(head) = received.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let text = std::str::from_utf8(&received[..head]).context("an answer's head is not text")?;
        let status = text.split(' ').nth(1).and_then(|word| word.parse().ok()).context("an answer without a status")?;
        let length = text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        let bodiless = status == 204 || status == 304;
        let length = length.or(bodiless.then_some(0)).context("an answer without a length")?;
        if received.len() >= head + 4 + length {
            return Ok(status);
        }
    }
}
