//! Smart HTTP, without HTTP: a door hands in the parts of a request and sends out the parts of an answer.
//!
//! Both directions stream, so a clone or a push of hundreds of megabytes takes little memory. A clone dies with its
//! client. A push does not: once its bytes are here it is finished, and [`Push::after`] runs before the client is told.

use std::fmt;
use std::io::Cursor;
use std::pin::Pin;
use std::process::ExitStatus;
use std::task::Poll;
use std::task::ready;
use std::time::Duration;

use async_compression::tokio::bufread::GzipDecoder;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt as _;
use tokio::io::BufReader;
use tokio::io::ReadBuf;
use tokio::process::Child;
use tokio::task::JoinHandle;

use crate::git::Push;
use crate::git::Repository;
use crate::git::process;
use crate::git::process::Start;
use crate::git::process::Target;
use crate::git::push;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::error::Context as _;

/// A stream of bytes.
pub type Body = Pin<Box<dyn AsyncRead + Send>>;

/// What a client may say to fetch: names of commits, never content.
const LARGEST_FETCH_REQUEST: u64 = 64 * 1024 * 1024;
/// A client or a `git` that does nothing for this long is given up.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long `git` may take to check and store a push after its last byte.
const STORING: Duration = Duration::from_secs(1800);

/// Which of the two services of smart HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Clone and fetch.
    UploadPack,
    /// Push.
    ReceivePack,
}

/// A request to either service.
pub struct Request {
    /// The `Git-Protocol` header; anything but `version=0`, `1` or `2` is not passed on.
    pub protocol: Option<String>,
    /// Whether `Content-Encoding` is `gzip` or `x-gzip`.
    pub gzip: bool,
    /// The body.
    pub body: Body,
}

/// An answer. A door adds `Cache-Control: no-cache`.
pub struct Reply {
    /// The `Content-Type`.
    pub content_type: &'static str,
    /// The body; it streams.
    pub body: Body,
}

impl Service {
    /// The name in addresses and in `?service=`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UploadPack => "git-upload-pack",
            Self::ReceivePack => "git-receive-pack",
        }
    }

    /// The service of this name.
    pub fn of(name: &str) -> Option<Self> {
        [Self::UploadPack, Self::ReceivePack].into_iter().find(|service| service.as_str() == name)
    }
}

impl Repository {
    /// `GET …/info/refs?service=…`: which refs there are.
    pub async fn advertise(&self, service: Service, protocol: Option<&str>) -> Result<Reply> {
        let (verb, content_type) = match service {
            Service::UploadPack => ("upload-pack", "application/x-git-upload-pack-advertisement"),
            Service::ReceivePack => ("receive-pack", "application/x-git-receive-pack-advertisement"),
        };
        // Version 2 has no pushes; a client that asks for it anyway gets what every client understands.
        let protocol = if service == Service::UploadPack { known(protocol) } else { None };
        // What version 2 says first is what this `git` can do, which is the same for every repository: it is asked once.
        let same = service == Service::UploadPack && protocol == Some("version=2");
        if same && let Some(body) = self.git().capabilities().get() {
            if !self.exists().await {
                return Err(Error::not_found("repository"));
            }
            return Ok(Reply { content_type, body: Box::pin(Cursor::new(body.clone())) });
        }
        let verb = [verb, "--stateless-rpc", "--http-backend-info-refs"];
        let mut child = self
            .start(&verb, &[], &protocol.map(|version| ("GIT_PROTOCOL", version)).into_iter().collect::<Vec<_>>())
            .await?;
        drop(child.stdin.take());
        let mut body = Vec::new();
        if protocol != Some("version=2") {
            let line = format!("# service={}\n", service.as_str());
            body.extend_from_slice(format!("{:04x}{line}0000", line.len() + 4).as_bytes());
        }
        let (mut stdout, stderr) = streams(&mut child);
        let told = tokio::time::timeout(PATIENCE, async {
            tokio::try_join!(stdout.read_to_end(&mut body), async { Ok(process::complaint(stderr).await) })
        });
        let (_, complaint) = told.await.context("`git` was too slow to list refs")?.context("Cannot list refs")?;
        let status = child.wait().await.context("Cannot list refs")?;
        if !status.success() {
            return Err(Error::internal(format!("`git` could not list refs: {complaint}")));
        }
        if same {
            self.git().capabilities().set(body.clone()).ok();
        }
        Ok(Reply { content_type, body: Box::pin(Cursor::new(body)) })
    }

    /// `POST …/git-upload-pack`: a clone or fetch.
    pub async fn upload_pack(&self, request: Request) -> Result<Reply> {
        let protocol = known(request.protocol.as_deref()).map(|version| ("GIT_PROTOCOL", version));
        let mut child = self.start(&["upload-pack", "--stateless-rpc"], &[], protocol.as_slice()).await?;
        let stdin = child.stdin.take().expect("standard input is piped");
        let (stdout, stderr) = streams(&mut child);
        let body = decoded(request, LARGEST_FETCH_REQUEST);
        let feeding = owned(async move {
            feed(body, stdin).await;
        });
        let listening = owned(async move {
            let complaint = process::complaint(stderr).await;
            if !complaint.is_empty() {
                tracing::info!(git.complaint = complaint, "`git upload-pack` complained");
            }
        });
        let impatience = Box::pin(tokio::time::sleep(PATIENCE));
        let body = Box::pin(Output { stdout, impatience, _child: child, _tasks: vec![feeding, listening] });
        Ok(Reply { content_type: "application/x-git-upload-pack-result", body })
    }

    /// `POST …/git-receive-pack`: a push. A refusal is an answer that the client's `git` prints; only a body that is no push
    /// is an error.
    pub async fn receive_pack(&self, request: Request, push: Push) -> Result<Reply> {
        let limit = self.git().settings().push_limit;
        // `git` itself stops at the limit and tells the client; this is only for one that sends without end.
        let mut body = decoded(request, limit.saturating_mul(2).saturating_add(LARGEST_FETCH_REQUEST));
        let (said, commands) = commands(&mut body).await?;
        let content_type = "application/x-git-receive-pack-result";
        if commands.is_empty() {
            // A client that is about to send much asks first, with nothing, whether it may.
            if let Some(after) = push.after {
                after().await;
            }
            return Ok(Reply { content_type, body: Box::pin(tokio::io::empty()) });
        }
        let refusal = push::refusal(&commands, &push).unwrap_or_default();
        let settings = [
            format!("core.hooksPath={}", self.git().hooks().display()),
            format!("receive.maxInputSize={limit}"),
            "receive.denyDeleteCurrent=refuse".into(),
            "receive.denyCurrentBranch=ignore".into(),
            // Old histories have these harmless faults.
            "receive.fsck.zeroPaddedFilemode=ignore".into(),
            "receive.fsck.badTimezone=ignore".into(),
            "receive.fsck.missingSpaceBeforeDate=ignore".into(),
        ];
        let environment = [(push::SERVED, "yes"), (push::REFUSAL, refusal.as_str())];
        let child = self.start(&["receive-pack", "--stateless-rpc"], &settings, &environment).await?;
        let (here, there) = tokio::io::duplex(64 * 1024);
        let (repository, after) = (self.clone(), push.after);
        let body: Body = Box::pin(Cursor::new(said).chain(body));
        // Not tied to the answer: a push whose client went away is still finished and told to `after`.
        drop(detached(async move {
            receive(child, body, here, async {
                repository.forget();
                if let Some(after) = after {
                    after().await;
                }
            })
            .await;
        }));
        Ok(Reply { content_type, body: Box::pin(there) })
    }

    /// What `git` writes when it is asked with words of ours alone.
    pub(super) async fn stream(&self, verb: &[&'static str], words: &[String]) -> Result<Body> {
        if !self.exists().await {
            return Err(Error::not_found("repository"));
        }
        let directory = Target::Environment(self.directory());
        let start = Start { verb, words, directory, settings: &[], environment: &[] };
        let mut child = process::start(self.git(), &start)?;
        drop(child.stdin.take());
        let (stdout, stderr) = streams(&mut child);
        let listening = owned(async move {
            let complaint = process::complaint(stderr).await;
            if !complaint.is_empty() {
                tracing::info!(git.complaint = complaint, "`git` complained");
            }
        });
        let impatience = Box::pin(tokio::time::sleep(PATIENCE));
        Ok(Box::pin(Output { stdout, impatience, _child: child, _tasks: vec![listening] }))
    }

    async fn start(
        &self,
        verb: &[&'static str],
        settings: &[String],
        environment: &[(&'static str, &str)],
    ) -> Result<Child> {
        if !self.exists().await {
            return Err(Error::not_found("repository"));
        }
        let directory = Target::Argument(self.directory());
        process::start(self.git(), &Start { verb, words: &[], directory, settings, environment })
    }
}

/// Carries one push through `git`, whatever becomes of the client, and runs `after` before the answer ends.
async fn receive(mut child: Child, body: Body, mut answer: impl AsyncWrite + Unpin, after: impl Future<Output = ()>) {
    let stdin = child.stdin.take().expect("standard input is piped");
    let (mut stdout, stderr) = streams(&mut child);
    let pump = async {
        let mut buffer = vec![0; 16 * 1024];
        let mut client = true;
        while let Ok(length @ 1..) = stdout.read(&mut buffer).await {
            client = client && answer.write_all(&buffer[..length]).await.is_ok();
        }
    };
    let fed = async {
        feed(body, stdin).await;
        let ended = tokio::time::timeout(STORING, child.wait()).await;
        if ended.is_err() {
            child.start_kill().ok();
        }
        ended
    };
    let (ended, (), complaint) = tokio::join!(fed, pump, process::complaint(stderr));
    let status: Option<ExitStatus> = ended.ok().and_then(std::io::Result::ok);
    if !status.is_some_and(|status| status.success()) {
        tracing::info!(git.complaint = complaint, git.status = ?status, "A push ended early");
    }
    after.await;
    answer.shutdown().await.ok();
}

/// Reads the commands of a push, and returns their bytes too, for `git`.
async fn commands(body: &mut Body) -> Result<(Vec<u8>, Vec<push::Command>)> {
    let (mut said, mut commands) = (Vec::new(), Vec::new());
    let broken = |error: std::io::Error| {
        Error::new(ErrorKind::Malformed, "Cannot read this push: its body broke off").source(error)
    };
    loop {
        let mut length = [0; 4];
        let read = tokio::time::timeout(PATIENCE, body.read_exact(&mut length)).await;
        read.map_err(|_| Error::new(ErrorKind::Malformed, "The push sent nothing for too long"))?.map_err(broken)?;
        said.extend_from_slice(&length);
        let Some(length) = push::packet_length(length)? else { return Ok((said, commands)) };
        let start = said.len();
        said.resize(start + length, 0);
        let read = tokio::time::timeout(PATIENCE, body.read_exact(&mut said[start..])).await;
        read.map_err(|_| Error::new(ErrorKind::Malformed, "The push sent nothing for too long"))?.map_err(broken)?;
        commands.extend(push::command(&said[start..])?);
        if said.len() > push::LONGEST_COMMANDS {
            return Err(Error::new(ErrorKind::TooLarge, "This push moves too many refs at once")
                .hint("push some of the branches and tags at a time"));
        }
    }
}

/// Writes a body to `git`. When `git` has heard enough, the rest is read and dropped, so that the client gets to read the
/// answer.
async fn feed(mut body: Body, mut stdin: impl AsyncWrite + Unpin) {
    let mut buffer = vec![0; 64 * 1024];
    let mut listening = true;
    while let Ok(Ok(length @ 1..)) = tokio::time::timeout(PATIENCE, body.read(&mut buffer)).await {
        listening = listening && stdin.write_all(&buffer[..length]).await.is_ok();
    }
    stdin.shutdown().await.ok();
}

/// The body as it was before the client packed it, at most `limit` bytes of it.
fn decoded(request: Request, limit: u64) -> Body {
    if request.gzip {
        return Box::pin(GzipDecoder::new(BufReader::new(request.body)).take(limit));
    }
    Box::pin(request.body.take(limit))
}

fn known(protocol: Option<&str>) -> Option<&'static str> {
    ["version=0", "version=1", "version=2"].into_iter().find(|known| protocol == Some(*known))
}

fn streams(child: &mut Child) -> (tokio::process::ChildStdout, tokio::process::ChildStderr) {
    (child.stdout.take().expect("standard output is piped"), child.stderr.take().expect("standard error is piped"))
}

/// A task that ends with its owner.
struct Owned(JoinHandle<()>);

impl Drop for Owned {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn owned(work: impl Future<Output = ()> + Send + 'static) -> Owned {
    Owned(detached(work))
}

fn detached(work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    #[expect(clippy::disallowed_methods, reason = "a transfer runs beside the answer that streams it")]
    tokio::spawn(work)
}

/// What `git` writes, as the body of an answer. Dropping it ends `git` and the tasks beside it.
struct Output {
    stdout: tokio::process::ChildStdout,
    impatience: Pin<Box<tokio::time::Sleep>>,
    _child: Child,
    _tasks: Vec<Owned>,
}

impl AsyncRead for Output {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        if let Poll::Ready(read) = Pin::new(&mut self.stdout).poll_read(cx, buffer) {
            self.impatience.as_mut().reset(tokio::time::Instant::now() + PATIENCE);
            return Poll::Ready(read);
        }
        ready!(self.impatience.as_mut().poll(cx));
        Poll::Ready(Err(std::io::Error::new(std::io::ErrorKind::TimedOut, "`git` wrote nothing for too long")))
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("content_type", &self.content_type).finish_non_exhaustive()
    }
}
