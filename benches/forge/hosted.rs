//! The forge with repositories on it, as its owner and as anybody reaches it.

use std::io::Read as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context as _;
use anyhow::ensure;

use crate::forge::history::git;
use crate::server;
use crate::server::Server;

/// A server of our own on a data directory that outlives it.
pub struct Hosted {
    pub server: Server,
    data: PathBuf,
    token: String,
}

impl Hosted {
    /// Starts it with one person and her organisation `acme`.
    pub fn start(data: &Path) -> anyhow::Result<Self> {
        let mut add = admin(data, &["user", "add", "alice", "--password-stdin", "--admin"]);
        let mut child = add.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        child.stdin.take().context("standard input is piped")?.write_all(b"correct horse battery staple\n")?;
        ensure!(child.wait()?.success(), "nobody was added");
        let output = admin(data, &["token", "add", "alice", "--scope", "all"]).output()?;
        let token = String::from_utf8(output.stdout)?.trim().to_owned();
        let hosted = Self { server: Server::forgehand(data, &[])?, data: data.to_owned(), token };
        hosted.post("/api/v1/orgs", r#"{"username": "acme"}"#)?;
        Ok(hosted)
    }

    /// The same in a fresh process.
    pub fn again(self) -> anyhow::Result<Self> {
        let Self { server, data, token } = self;
        drop(server);
        Ok(Self { server: Server::forgehand(&data, &[])?, data, token })
    }

    /// Makes a public repository of `acme`.
    pub fn create(&self, name: &str) -> anyhow::Result<()> {
        self.post("/api/v1/orgs/acme/repos", &format!(r#"{{"name": "{name}", "default_branch": "main"}}"#))
    }

    /// Pushes there, and says how long that took in seconds.
    pub fn push(&self, from: &Path, name: &str, refs: &[&str]) -> anyhow::Result<f64> {
        let address = format!("http://alice:{}@{}/acme/{name}.git", self.token, self.server.address);
        let begun = Instant::now();
        git(from, &[&["push", "--quiet", &address], refs].concat())?;
        Ok(begun.elapsed().as_secs_f64())
    }

    /// The address that anybody clones.
    pub fn address(&self, name: &str) -> String {
        format!("http://{}/acme/{name}.git", self.server.address)
    }

    /// Its Git directory on the disk.
    pub fn directory(&self, name: &str) -> PathBuf {
        self.data.join(format!("git/acme/{name}.git"))
    }

    fn post(&self, path: &str, body: &str) -> anyhow::Result<()> {
        let address = self.server.address;
        let mut stream = TcpStream::connect(address)?;
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: token {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        ensure!(answer.starts_with("HTTP/1.1 2"), "{path} was refused:\n{answer}");
        Ok(())
    }
}

/// Asks for a page as nobody; answers with how long its first byte took, in milliseconds.
pub fn first_byte(address: SocketAddr, path: &str) -> anyhow::Result<f64> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let begun = Instant::now();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut first = [0; 12];
    stream.read_exact(&mut first)?;
    let took = begun.elapsed().as_secs_f64() * 1000.0;
    ensure!(&first == b"HTTP/1.1 200", "{path} was answered by {}", String::from_utf8_lossy(&first));
    std::io::copy(&mut stream, &mut std::io::sink())?;
    Ok(took)
}

fn admin(data: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(server::BINARY);
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").arg("admin").args(words).arg("--data").arg(data);
    command
}
