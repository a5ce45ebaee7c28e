//! How many signed deliveries a second are accepted, each durable before its answer; beside a peer that stores nothing.
//!
//! Both get the same load in turns: GitHub's recorded `issue_comment` of 13,993 bytes over 16 connections, every delivery
//! with an id, bytes and a signature of its own, but for one in ten, which repeats the one before, as a forge that heard no
//! answer does. The load generator runs on the same machine and takes its share of the processor.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;
use anyhow::bail;
use hmac::Hmac;
use hmac::KeyInit as _;
use hmac::Mac as _;
use sha2::Sha256;

use crate::figure::Figure;
use crate::load;
use crate::server::Server;

const CONNECTIONS: usize = 16;
const RUNS: usize = 3;
const WARM_UP: Duration = Duration::from_secs(2);
const MEASURED: Duration = Duration::from_secs(8);
const SECRET: &str = "bench-intake-secret";

/// Every how many deliveries one comes again.
const REPEATED: u64 = 10;

/// What differs from delivery to delivery: digits near the end of the payload, so that a signature costs the generator
/// little more than the last bytes.
const VARIES: &str = "\"id\":21031067,";

/// Measures the peer and ourselves in turns, so that both see the same machine.
pub fn measure() -> anyhow::Result<Vec<Figure>> {
    let peer = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/octokit-webhooks");
    let payload = recorded_payload(&peer)?;
    let mut theirs = Measured::default();
    let mut ours = Measured::default();
    for _ in 0..RUNS {
        let mut node = Command::new("node");
        node.arg(peer.join("server.js"));
        theirs.run(&Server::start(node, &[("WEBHOOK_SECRET", SECRET)], "/readyz")?, &payload)?;

        let home = tempfile::tempdir()?;
        let server = Server::forgehand(&home.path().join("data"), &[("FORGEHAND_HOOK_SECRET_GITHUB", SECRET)])?;
        ours.run(&server, &payload)?;
    }
    Ok([theirs.figures("@octokit/webhooks"), ours.figures("forgehand")].concat())
}

/// One value a run of everything that is measured.
#[derive(Default)]
struct Measured {
    per_second: Vec<f64>,
    p50: Vec<f64>,
    p99: Vec<f64>,
    processor: Vec<f64>,
    resident: Vec<f64>,
}

impl Measured {
    fn run(&mut self, server: &Server, payload: &str) -> anyhow::Result<()> {
        send(server, payload, WARM_UP, 0)?;
        let before = server.processor_time()?;
        let mut answers = send(server, payload, MEASURED, 1)?;
        let used = server.processor_time()?.saturating_sub(before);
        if answers.bad > 0 {
            bail!("{} of {} deliveries were refused", answers.bad, answers.bad + answers.good);
        }
        self.per_second.push(answers.per_second());
        self.p50.push(answers.quantile(0.50));
        self.p99.push(answers.quantile(0.99));
        self.processor.push(used.as_secs_f64() * 1e6 / (answers.per_second() * answers.seconds));
        self.resident.push(server.resident()?);
        Ok(())
    }

    fn figures(self, who: &str) -> Vec<Figure> {
        vec![
            Figure::median(format!("{who}: accepted"), "1/s", self.per_second),
            Figure::median(format!("{who}: p50"), "ms", self.p50),
            Figure::median(format!("{who}: p99"), "ms", self.p99),
            Figure::median(format!("{who}: processor time each"), "µs", self.processor),
            Figure::median(format!("{who}: resident"), "MiB", self.resident),
        ]
    }
}

/// The phase keeps ids of the warm-up apart from those that are measured.
fn send(server: &Server, payload: &str, lasting: Duration, phase: u64) -> anyhow::Result<load::Answers> {
    let deliveries = Deliveries::new(payload)?;
    load::send(server.address, CONNECTIONS, lasting, |connection| {
        let mut deliveries = deliveries.clone();
        let mut sent = 0;
        let first = (phase * 100 + u64::try_from(connection).unwrap_or(0)) * 100_000;
        move |request: &mut Vec<u8>| {
            sent += 1;
            // The tenth is the ninth once more: same id, same bytes.
            let number = first + sent - u64::from(sent % REPEATED == 0);
            deliveries.write(number, request);
        }
    })
}

/// Writes signed requests that differ from each other in id and bytes.
#[derive(Clone)]
struct Deliveries {
    body: Vec<u8>,
    digits: usize,
    signed_until_digits: Hmac<Sha256>,
}

impl Deliveries {
    fn new(payload: &str) -> anyhow::Result<Self> {
        let digits = payload.rfind(VARIES).context("the payload lost the digits that vary")? + "\"id\":".len();
        let mut signed_until_digits = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes())?;
        signed_until_digits.update(&payload.as_bytes()[..digits]);
        Ok(Self { body: payload.as_bytes().to_vec(), digits, signed_until_digits })
    }

    fn write(&mut self, number: u64, request: &mut Vec<u8>) {
        let digits = format!("{:08}", number % 100_000_000);
        self.body[self.digits..self.digits + digits.len()].copy_from_slice(digits.as_bytes());
        let mut signing = self.signed_until_digits.clone();
        signing.update(&self.body[self.digits..]);
        let signature = hex::encode(signing.finalize().into_bytes());
        let head = format!(
            "POST /hooks/github HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nUser-Agent: GitHub-Hookshot/bench\r\n\
             X-GitHub-Event: issue_comment\r\nX-GitHub-Delivery: 00000000-0000-4000-8000-{number:012}\r\n\
             X-Hub-Signature-256: sha256={signature}\r\nContent-Length: {}\r\n\r\n",
            self.body.len()
        );
        request.extend_from_slice(head.as_bytes());
        request.extend_from_slice(&self.body);
    }
}

fn recorded_payload(peer: &Path) -> anyhow::Result<String> {
    let output = Command::new("node").arg(peer.join("payload.js")).output().context("Cannot run node")?;
    if !output.status.success() {
        bail!("hint: run `npm ci` in {}\n{}", peer.display(), String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}
