//! A small HTTP/1.1 client over a TCP or Unix socket: blocking, one request a connection. It speaks to the gateway and
//! nobody else, so it knows no redirects, no cookies and no TLS; starting it costs nothing.

use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

/// Where the gateway listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    Tcp(String),
    Unix(PathBuf),
}

/// An answer whose body is still to be read.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) body: Body,
}

/// The body of an answer.
pub(super) struct Body {
    from: BufReader<Box<dyn Read>>,
    left: Left,
}

enum Left {
    Bytes(u64),
    /// Bytes left of this chunk; none before the first.
    Chunks(Option<u64>),
    ToTheEnd,
    Nothing,
}

/// Most bytes of a line of a head.
const LINE: u64 = 16 << 10;

/// Most lines of a head.
const LINES: usize = 100;

impl Address {
    /// Reads `http://host:port` or `unix:/path`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(path) = text.strip_prefix("unix:") {
            return Some(Self::Unix(path.into()));
        }
        let host = text.strip_prefix("http://")?.trim_end_matches('/');
        (!host.is_empty() && !host.contains('/')).then(|| Self::Tcp(host.to_owned()))
    }

    /// Sends a request and reads the head of the answer. No single read waits longer than `patience`.
    pub(super) fn send(&self, method: &str, path: &str, body: &[u8], patience: Duration) -> io::Result<Answer> {
        match self {
            Self::Tcp(host) => {
                let mut stream = TcpStream::connect(host)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(patience))?;
                write(&mut stream, host, method, path, body)?;
                read(Box::new(stream))
            }
            Self::Unix(socket) => {
                let mut stream = UnixStream::connect(socket)?;
                stream.set_read_timeout(Some(patience))?;
                write(&mut stream, "gateway", method, path, body)?;
                read(Box::new(stream))
            }
        }
    }
}

fn write(stream: &mut impl Write, host: &str, method: &str, path: &str, body: &[u8]) -> io::Result<()> {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    stream.flush()
}

fn read(stream: Box<dyn Read>) -> io::Result<Answer> {
    let mut from = BufReader::new(stream);
    let status = line(&mut from)?;
    let status = status.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(|| broken("no status"))?;
    let mut content_type = String::new();
    let mut left = Left::ToTheEnd;
    for _ in 0..LINES {
        let header = line(&mut from)?;
        if header.is_empty() {
            return Ok(Answer { status, content_type, body: Body { from, left } });
        }
        let (name, value) = header.split_once(':').ok_or_else(|| broken("a header without a colon"))?;
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-type" => content_type = value.to_owned(),
            "content-length" => left = Left::Bytes(value.parse().map_err(|_| broken("an odd length"))?),
            "transfer-encoding" if value.eq_ignore_ascii_case("chunked") => left = Left::Chunks(None),
            _ => {}
        }
    }
    Err(broken("too many headers"))
}

/// One line of a head, without its end.
fn line(from: &mut impl BufRead) -> io::Result<String> {
    let mut text = String::new();
    from.take(LINE).read_line(&mut text)?;
    let Some(text) = text.strip_suffix('\n') else { return Err(broken("a line without an end")) };
    Ok(text.trim_end_matches('\r').to_owned())
}

fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl Answer {
    /// The whole body, at most this many bytes of it.
    pub(super) fn whole(mut self, most: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        (&mut self.body).take(most + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > most { Err(broken("a body that is too long")) } else { Ok(bytes) }
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Left::Chunks(chunk) = &mut self.left {
            if chunk.is_some_and(|left| left == 0) {
                line(&mut self.from)?;
            }
            if chunk.is_none_or(|left| left == 0) {
                let size = line(&mut self.from)?;
                let size = size.split(';').next().unwrap_or_default().trim();
                let size = u64::from_str_radix(size, 16).map_err(|_| broken("an odd chunk"))?;
                *chunk = Some(size);
                if size == 0 {
                    self.left = Left::Nothing;
                }
            }
        }
        let most = match &self.left {
            Left::Nothing => return Ok(0),
            Left::ToTheEnd => u64::MAX,
            Left::Bytes(left) | Left::Chunks(Some(left)) => *left,
            Left::Chunks(None) => return Err(broken("a chunk without a size")),
        };
        if most == 0 {
            return Ok(0);
        }
        let room = buffer.len().min(usize::try_from(most).unwrap_or(usize::MAX));
        let got = self.from.read(&mut buffer[..room])?;
        match &mut self.left {
            Left::Bytes(left) | Left::Chunks(Some(left)) if got == 0 && *left > 0 => {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the body broke off"));
            }
            Left::Bytes(left) | Left::Chunks(Some(left)) => *left -= got as u64,
            _ => {}
        }
        Ok(got)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &'static str) -> io::Result<Vec<u8>> {
        read(Box::new(text.as_bytes()))?.whole(100)
    }

    #[test]
    fn bodies_of_every_framing_are_read() {
        assert_eq!(answer("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhixx").unwrap(), b"hi");
        assert_eq!(answer("HTTP/1.1 200 OK\r\n\r\nhi").unwrap(), b"hi");
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n2;x=y\r\ni!\r\n0\r\n\r\n";
        assert_eq!(answer(chunked).unwrap(), b"hi!");
    }

    #[test]
    fn broken_answers_are_errors() {
        for text in [
            "",
            "nonsense\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi",
            "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        ] {
            assert!(answer(text).is_err(), "{text:?}");
        }
        assert!(read(Box::new("HTTP/1.1 200 OK\r\n\r\n".as_bytes())).unwrap().whole(0).is_ok());
    }

    #[test]
    fn addresses_are_read() {
        assert_eq!(Address::parse("http://127.0.0.1:7071/"), Some(Address::Tcp("127.0.0.1:7071".into())));
        assert_eq!(Address::parse("unix:/run/x.sock"), Some(Address::Unix("/run/x.sock".into())));
        assert_eq!(Address::parse("https://x"), None);
    }
}
