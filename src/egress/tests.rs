//! The way out against names that change, hosts that hang and redirects that lead inside.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::HeaderMap;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::egress::Allow;
use crate::egress::Answer;
use crate::egress::Egress;
use crate::egress::NoAnswer;
use crate::egress::Post;
use crate::egress::Resolver;
use crate::egress::Settings;

/// Names that mean something else each time.
struct Changing {
    answers: Mutex<VecDeque<Vec<&'static str>>>,
    asked: AtomicUsize,
}

#[async_trait]
impl Resolver for Changing {
    async fn look_up(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or_default();
        Ok(answer.iter().map(|text| text.parse().unwrap()).collect())
    }
}

/// Egress to 127.0.0.1 alone, with these answers of names one after the other.
fn egress(answers: &[&[&'static str]]) -> (Egress, Arc<Changing>) {
    let answers = Mutex::new(answers.iter().map(|answer| answer.to_vec()).collect());
    let names = Arc::new(Changing { answers, asked: AtomicUsize::new(0) });
    let allow = Allow::parse(&["127.0.0.1".into()]).unwrap();
    let settings = Settings { allow, patience: Duration::from_millis(800) };
    (Egress::with(settings, names.clone()).unwrap(), names)
}

async fn post(egress: &Egress, url: &str) -> Result<Answer, NoAnswer> {
    egress.post(Post { url: url.parse().unwrap(), headers: HeaderMap::new(), body: b"hello".to_vec() }).await.0
}

/// A host that counts who comes and says this to each.
async fn host(at: Ipv4Addr, port: u16, says: &'static str) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((at, port)).await.unwrap();
    let (port, came) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let count = came.clone();
    #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let mut asked = [0; 4096];
            let _ = stream.read(&mut asked).await;
            let _ = stream.write_all(says.as_bytes()).await;
            if says.is_empty() {
                std::future::pending::<()>().await;
            }
        }
    });
    (port, came)
}

const FINE: &str = "HTTP/1.1 200 OK\r\nX-One: 1\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

#[tokio::test]
async fn a_name_that_turns_inward_reaches_nobody_there() {
    let (port, friend) = host(Ipv4Addr::new(127, 0, 0, 1), 0, FINE).await;
    let (_, inside) = host(Ipv4Addr::new(127, 0, 0, 2), port, FINE).await;
    let (egress, names) = egress(&[&["127.0.0.1"], &["127.0.0.2"], &["127.0.0.1", "127.0.0.2"], &["::ffff:127.0.0.2"]]);
    let url = format!("http://rebind.example:{port}/");
    let answer = post(&egress, &url).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"ok"[..]));
    assert!(answer.headers.contains(&("x-one".into(), "1".into())));
    for _ in 0..3 {
        let refused = post(&egress, &url).await.unwrap_err();
        assert!(refused.refused && refused.why.contains("is loopback"), "{refused:?}");
    }
    // One look-up for each request: there is no second one that could answer otherwise.
    assert_eq!(names.asked.load(Ordering::SeqCst), 4);
    assert_eq!((friend.load(Ordering::SeqCst), inside.load(Ordering::SeqCst)), (1, 0));
}

#[tokio::test]
async fn numbers_are_looked_at_however_they_are_written() {
    let (egress, names) = egress(&[]);
    for host in [
        "127.0.0.2",
        "2130706434",
        "0x7f.2",
        "0177.0.0.2",
        "127.2",
        "[::1]",
        "[::ffff:127.0.0.2]",
        "169.254.169.254",
        "0",
    ] {
        let refused = post(&egress, &format!("http://{host}:9/")).await.unwrap_err();
        assert!(refused.refused, "{host}: {refused:?}");
    }
    assert_eq!(names.asked.load(Ordering::SeqCst), 0);
    for url in ["ftp://x.example/", "http://a:b@x.example/"] {
        assert!(egress.gate().check(&url.parse().unwrap()).is_err(), "{url}");
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_silence_has_an_end() {
    let inward =
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2:9/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let (port, _) = host(Ipv4Addr::LOCALHOST, 0, inward).await;
    let (egress, _) = egress(&[]);
    assert_eq!(post(&egress, &format!("http://127.0.0.1:{port}/")).await.unwrap().status, 302);
    let (port, _) = host(Ipv4Addr::LOCALHOST, 0, "").await;
    let silent = post(&egress, &format!("http://127.0.0.1:{port}/")).await.unwrap_err();
    assert!(!silent.refused && silent.why.starts_with("There was no whole answer"), "{silent:?}");
}

#[tokio::test]
async fn a_long_answer_is_cut() {
    let long: &'static str =
        Box::leak(format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}", "x".repeat(200_000)).into_boxed_str());
    let (port, _) = host(Ipv4Addr::LOCALHOST, 0, long).await;
    let (egress, _) = egress(&[]);
    let answer = post(&egress, &format!("http://127.0.0.1:{port}/")).await.unwrap();
    assert_eq!((answer.body.len(), answer.cut), (64 * 1024, true));
}
