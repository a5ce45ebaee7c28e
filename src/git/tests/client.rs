//! A real `git` client in a directory of its own, and a tiny server over loopback that speaks to it.

use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::extract::State;
use axum::response::IntoResponse as _;
use axum::response::Response;
use futures_util::FutureExt as _;
use futures_util::TryStreamExt as _;
use tokio_util::io::ReaderStream;
use tokio_util::io::StreamReader;

use crate::git;
use crate::git::Push;
use crate::git::Repository;
use crate::git::Service;
use crate::kit::Error;

/// Serves one repository at `/`.
#[derive(Clone)]
pub(super) struct Server {
    repository: Repository,
    protected: Arc<Vec<String>>,
    /// How many pushes have ended.
    pub ended: Arc<AtomicUsize>,
    pub address: SocketAddr,
}

impl Server {
    pub async fn start(repository: &Repository, protected: &[&str]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            repository: repository.clone(),
            protected: Arc::new(protected.iter().map(|pattern| (*pattern).to_owned()).collect()),
            ended: Arc::default(),
            address: listener.local_addr().unwrap(),
        };
        let router = Router::new().fallback(answer).with_state(server.clone());
        #[expect(clippy::disallowed_methods, reason = "ends with the runtime of the test")]
        tokio::spawn(async move { axum::serve(listener, router).await });
        server
    }

    pub fn url(&self) -> String {
        format!("http://{}/tool.git", self.address)
    }
}

async fn answer(State(server): State<Server>, request: Request) -> Response {
    let headers = request.headers().clone();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (protocol, encoding) = (header("git-protocol"), header("content-encoding"));
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let body = request.into_body().into_data_stream().map_err(std::io::Error::other);
    let body: git::Body = Box::pin(StreamReader::new(body));
    let request = git::Request { protocol: protocol.clone(), gzip: encoding.as_deref() == Some("gzip"), body };
    let reply = match path.strip_prefix("/tool.git/") {
        Some("info/refs") => {
            let service = Service::of(query.strip_prefix("service=").unwrap_or_default()).unwrap();
            server.repository.advertise(service, protocol.as_deref()).await
        }
        Some("git-upload-pack") => server.repository.upload_pack(request).await,
        Some("git-receive-pack") => {
            let ended = server.ended.clone();
            let after = move || async move { _ = ended.fetch_add(1, Ordering::SeqCst) }.boxed();
            let advice = "push another branch and open a pull request".into();
            let protected = server.protected.to_vec();
            let push = Push { protected, advice, after: Some(Box::new(after)), ..Push::default() };
            server.repository.receive_pack(request, push).await
        }
        _ => Err(Error::not_found("page")),
    };
    match reply {
        Ok(reply) => {
            ([("content-type", reply.content_type)], Body::from_stream(ReaderStream::new(reply.body))).into_response()
        }
        Err(error) => {
            let status = axum::http::StatusCode::from_u16(error.kind().status()).unwrap();
            (status, error.message().to_owned()).into_response()
        }
    }
}

/// A directory with a person's `git` in it.
pub(super) struct Client {
    pub directory: PathBuf,
}

impl Client {
    pub fn new(home: &Path, name: &str) -> Self {
        let directory = home.join("clients").join(name);
        std::fs::create_dir_all(&directory).unwrap();
        Self { directory }
    }

    /// Runs `git` and says what it did. Does not block the server beside it.
    pub async fn run(&self, words: &[&str]) -> Output {
        #[expect(clippy::disallowed_methods, reason = "a person's own `git`")]
        let mut command = tokio::process::Command::new("git");
        command
            .args(["-c", "user.name=Alice", "-c", "user.email=alice@example.org", "-c", "init.defaultBranch=main"])
            .args(words)
            .current_dir(&self.directory)
            .env_remove("GIT_DIR")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_TERMINAL_PROMPT", "0");
        command.output().await.unwrap()
    }

    /// Runs `git`, which must succeed, and returns what it printed.
    pub async fn git(&self, words: &[&str]) -> String {
        let output = self.run(words).await;
        assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Runs `git`, which must fail, and returns what it complained.
    pub async fn fails(&self, words: &[&str]) -> String {
        let output = self.run(words).await;
        assert!(!output.status.success(), "git {words:?} should fail");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    pub fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.directory.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// Feeds a stream to `git fast-import`.
    pub async fn import(&self, stream: String) {
        self.write("stream", stream.as_bytes());
        let words = ["-c", "fast-import < stream"];
        #[expect(clippy::disallowed_methods, reason = "a person's own shell")]
        let mut command = tokio::process::Command::new("sh");
        let words = [words[0], &format!("git {}", words[1])];
        let output = command.args(words).current_dir(&self.directory).output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
