//! The way out of a sandbox: `CONNECT host:port`, and requests for whole addresses of plain HTTP, as programs send them to the
//! proxy that `HTTP_PROXY` names.
//!
//! One parser reads the host, the same value is judged and connected to, and `egress` connects to the address that it
//! looked at. What a program says in `Host` is passed on and decides nothing. Each decision, and each connection's end with
//! its bytes, is an entry of the transcript.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::http::Method;
use axum::http::StatusCode;
use axum::http::Uri;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::egress::Target;
use crate::gateway::door::Door;
use crate::gateway::ports::EntryKind;
use crate::kit::text::visible_line;

/// How long a connection may be silent in both directions.
const IDLE: Duration = Duration::from_secs(120);

/// How long a connection may last.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// Headers between a program and its proxy, which nobody else is to see.
const BETWEEN: [&str; 6] = ["proxy-connection", "proxy-authorization", "connection", "keep-alive", "te", "upgrade"];

/// Whether a request is meant for another host.
pub(super) fn is_for_others(request: &Request) -> bool {
    request.method() == Method::CONNECT || request.uri().scheme().is_some()
}

/// Takes a request that is meant for another host.
pub(super) async fn pass(door: Arc<Door>, request: Request) -> Response {
    let connect = request.method() == Method::CONNECT;
    let asked = asked(request.uri(), connect);
    let target = match asked {
        Ok(target) => target,
        Err((shown, why)) => return refuse(&door, shown, why, StatusCode::BAD_REQUEST).await,
    };
    let decision = door.network.decide(&target);
    if !decision.allowed {
        return refuse(&door, target.to_string(), decision.reason, StatusCode::FORBIDDEN).await;
    }
    if !door.take_connection() {
        let why = "this attempt has made as many connections as one may";
        return refuse(&door, target.to_string(), why.into(), StatusCode::TOO_MANY_REQUESTS).await;
    }
    if let Err(error) = door.ports.tools.reads_from(&target.to_string()).await {
        tracing::error!(run.id = %door.brief.run, "A connection could not be noted: {}", error.chain());
        let why = "the server could not do this; try again later";
        return refuse(&door, target.to_string(), why.into(), StatusCode::SERVICE_UNAVAILABLE).await;
    }
    let stream = match door.ports.egress.connect(&target).await {
        Ok(stream) => stream,
        Err(no) => {
            let status = if no.refused { StatusCode::FORBIDDEN } else { StatusCode::BAD_GATEWAY };
            return refuse(&door, target.to_string(), no.why, status).await;
        }
    };
    let passage = Passage { door, target, reason: decision.reason, began: Instant::now(), counts: Arc::default() };
    passage.say(true).await;
    if connect { passage.tunnel(request, stream) } else { passage.forward(request, stream).await }
}

/// The target of a request, or what is to be shown of it and what is wrong.
fn asked(uri: &Uri, connect: bool) -> Result<Target, (String, String)> {
    let authority = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
    let shown = visible_line(authority, 80);
    if !connect && uri.scheme_str() != Some("http") {
        return Err((shown, "only plain `http` is asked for by a whole address; use `CONNECT` for the rest".into()));
    }
    let usual = (!connect).then_some(80);
    Target::parse(authority, usual).map_err(|error| (shown, error.message().to_owned()))
}

async fn refuse(door: &Door, shown: String, why: String, status: StatusCode) -> Response {
    if door.take_refusal() {
        let detail = json!({"target": shown, "allowed": false, "reason": why});
        door.say(EntryKind::Egress, format!("{shown}: refused, {why}"), detail).await;
    }
    let body = format!("Forgehand does not connect to {shown}: {why}\n");
    (status, [("x-forgehand-egress", "refused")], body).into_response()
}

/// A connection that is allowed.
struct Passage {
    door: Arc<Door>,
    target: Target,
    reason: String,
    began: Instant,
    counts: Arc<Counts>,
}

/// Bytes that went each way.
#[derive(Debug, Default)]
struct Counts {
    sent: AtomicU64,
    received: AtomicU64,
}

impl Passage {
    /// Connects the program with its host once it is told that it may speak.
    fn tunnel(self, mut request: Request, mut stream: TcpStream) -> Response {
        let upgrade = hyper::upgrade::on(&mut request);
        let tasks = self.door.relays.clone();
        tasks.spawn(async move {
            let Ok(inside) = upgrade.await else { return self.say(false).await };
            let mut inside = TokioIo::new(inside);
            let closed = self.door.closed.clone();
            let passed = pass_bytes(&mut inside, &mut stream, &self.counts);
            // Whoever breaks off first ends it for both.
            let _ = tokio::select! {
                () = closed.cancelled() => Ok(()),
                passed = timeout(LONGEST, passed) => passed.unwrap_or(Ok(())),
            };
            self.say(false).await;
        });
        StatusCode::OK.into_response()
    }

    /// Sends one request of plain HTTP and gives its answer.
    async fn forward(self, request: Request, stream: TcpStream) -> Response {
        let (mut head, body) = request.into_parts();
        let address = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        head.uri = address.parse().unwrap_or_default();
        BETWEEN.iter().for_each(|name| _ = head.headers.remove(*name));
        if let Ok(host) = self.target.to_string().trim_end_matches(":80").parse() {
            head.headers.insert(header::HOST, host);
        }
        let answered = async {
            let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
            let closed = self.door.closed.clone();
            self.door.relays.spawn(async move {
                let _ = tokio::select! {
                    () = closed.cancelled() => Ok(()),
                    ended = timeout(LONGEST, connection) => ended.unwrap_or(Ok(())),
                };
            });
            sender.send_request(Request::from_parts(head, body)).await
        };
        match timeout(IDLE, answered).await {
            Ok(Ok(answer)) => {
                self.say(false).await;
                let (mut head, body) = answer.into_parts();
                BETWEEN.iter().for_each(|name| _ = head.headers.remove(*name));
                Response::from_parts(head, Body::new(body))
            }
            Ok(Err(error)) => {
                refuse(&self.door, self.target.to_string(), format!("it broke off: {error}"), StatusCode::BAD_GATEWAY)
                    .await
            }
            Err(_) => {
                refuse(
                    &self.door,
                    self.target.to_string(),
                    "it said nothing in time".into(),
                    StatusCode::GATEWAY_TIMEOUT,
                )
                .await
            }
        }
    }

    /// Writes down that it begins, or how it ended.
    async fn say(&self, begins: bool) {
        let target = self.target.to_string();
        let mut detail = json!({"target": target, "allowed": true, "reason": self.reason});
        let (sent, received) = (self.counts.sent.load(Ordering::Relaxed), self.counts.received.load(Ordering::Relaxed));
        let text = if begins {
            format!("{target}: allowed, {}", self.reason)
        } else {
            detail["sent"] = json!(sent);
            detail["received"] = json!(received);
            detail["milliseconds"] = json!(u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX));
            format!("{target}: over, {sent} bytes sent and {received} received")
        };
        self.door.say(EntryKind::Egress, text, detail).await;
    }
}

/// Passes bytes both ways until one side ends, or both are silent for too long.
async fn pass_bytes(
    inside: &mut (impl AsyncRead + AsyncWrite + Unpin),
    outside: &mut (impl AsyncRead + AsyncWrite + Unpin),
    counts: &Counts,
) -> io::Result<()> {
    let (mut up, mut down) = (vec![0; 16 << 10], vec![0; 16 << 10]);
    let (mut inside_done, mut outside_done) = (false, false);
    while !(inside_done && outside_done) {
        let moved = async {
            tokio::select! {
                read = inside.read(&mut up), if !inside_done => {
                    let count = read?;
                    if count == 0 {
                        inside_done = true;
                        return outside.shutdown().await;
                    }
                    counts.sent.fetch_add(count as u64, Ordering::Relaxed);
                    outside.write_all(&up[..count]).await
                }
                read = outside.read(&mut down), if !outside_done => {
                    let count = read?;
                    if count == 0 {
                        outside_done = true;
                        return inside.shutdown().await;
                    }
                    counts.received.fetch_add(count as u64, Ordering::Relaxed);
                    inside.write_all(&down[..count]).await
                }
            }
        };
        timeout(IDLE, moved).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    }
    Ok(())
}
