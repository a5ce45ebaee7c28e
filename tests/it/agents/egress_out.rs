//! The way out of a sandbox: which hosts an agent reaches through its door, and what is written down about it.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use forgehand::gateway::ports::EntryKind;
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::net::TcpStream;

use super::Setting;
use super::Stage;
use super::model::Model;
use super::model::finish;

/// A host that answers every request of HTTP with a page, and counts who comes.
async fn host() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, came) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let count = came.clone();
    #[expect(clippy::disallowed_methods, reason = "ends with the runtime of the test")]
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let mut asked = vec![0; 4096];
            let read = stream.read(&mut asked).await.unwrap_or(0);
            let asked = String::from_utf8_lossy(&asked[..read]).into_owned();
            let page = if asked.starts_with("GET /away") {
                "HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\nContent-Length: 0\r\n\r\n".to_owned()
            } else {
                let body = format!("<p>You asked <b>{}</b></p>", asked.lines().next().unwrap_or_default());
                format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                )
            };
            let _ = stream.write_all(page.as_bytes()).await;
        }
    });
    (port, came)
}

async fn stage(allow: Vec<String>) -> Stage {
    let setting = Setting { allow, ..Setting::default() };
    Stage::set(Model::that(vec![finish()]).await, setting).await
}

/// Says something to the door as it stands, and gives the first bytes of the answer and whatever follows `then`.
async fn raw(stage: &Stage, head: &str, then: &str) -> String {
    let mut stream = TcpStream::connect(stage.address().trim_start_matches("http://")).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 1024];
    let read = stream.read(&mut answer).await.unwrap();
    let mut told = String::from_utf8_lossy(&answer[..read]).into_owned();
    if told.starts_with("HTTP/1.1 200") && !then.is_empty() {
        stream.write_all(then.as_bytes()).await.unwrap();
        let _ = stream.read_to_string(&mut told).await;
    }
    told
}

fn egress(stage: &Stage) -> Vec<String> {
    stage.entries(EntryKind::Egress).into_iter().map(|entry| entry.text).collect()
}

#[tokio::test]
async fn an_allowed_host_is_reached_by_a_tunnel_and_told_with_its_bytes() {
    let (port, came) = host().await;
    let stage = stage(vec![format!("docs.example:{port}")]).await;
    let told = raw(
        &stage,
        &format!("CONNECT docs.example:{port} HTTP/1.1\r\nHost: whatever\r\n\r\n"),
        "GET /page HTTP/1.1\r\nHost: docs.example\r\n\r\n",
    )
    .await;
    assert!(told.contains("You asked <b>GET /page HTTP/1.1</b>"), "{told}");
    assert_eq!(came.load(Ordering::SeqCst), 1);
    assert_eq!(stage.desk.hosts(), [format!("docs.example:{port}")], "before a byte of it the run loses its trust");
    let written = loop {
        let written = egress(&stage);
        if written.len() == 2 {
            break written;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(written[0], format!("docs.example:{port}: allowed, `sandbox.allow` names `docs.example:{port}`"));
    let over = &stage.entries(EntryKind::Egress)[1];
    assert_eq!(over.detail["sent"], 42);
    assert!(over.detail["received"].as_u64().unwrap() > 60, "{}", over.detail);
}

#[tokio::test]
async fn programs_that_know_a_proxy_reach_the_same_hosts_and_no_others() {
    let (port, came) = host().await;
    let stage = stage(vec![format!("docs.example:{port}"), format!("inside.example:{port}")]).await;
    let client = reqwest::Client::builder().proxy(reqwest::Proxy::all(stage.address()).unwrap()).build().unwrap();
    let page = client.get(format!("http://docs.example:{port}/a?b")).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("GET /a?b HTTP/1.1"));
    for (url, why) in [
        (format!("http://evil.example:{port}/"), "`sandbox.allow` of the stack does not name it"),
        (format!("http://127.0.0.1:{port}/"), "`sandbox.allow` of the stack does not name it"),
        (format!("http://inside.example:{port}/"), "loopback"),
    ] {
        let refused = client.get(&url).send().await.unwrap();
        assert_eq!(refused.status(), 403, "{url}");
        let text = refused.text().await.unwrap();
        assert!(text.contains(why), "{text}");
    }
    assert!(client.get(format!("https://evil.example:{port}/")).send().await.is_err());
    assert_eq!(came.load(Ordering::SeqCst), 1, "nobody but the allowed host was called, and once");
    assert_eq!(egress(&stage).iter().filter(|line| line.contains("refused")).count(), 4);
}

#[tokio::test]
async fn hosts_that_could_be_read_in_two_ways_are_refused_before_anybody_is_called() {
    let (port, came) = host().await;
    let stage = stage(vec![format!("docs.example:{port}")]).await;
    for host in [
        "docs.example.",
        "docs.example%00.evil.example",
        "user@docs.example",
        "0177.0.0.1",
        "0x7f000001",
        "2130706433",
        "127.1",
        "[::ffff:127.0.0.1]",
        "[::1]",
        "d\u{f6}cs.example",
        "docs_.example",
        "docs.example:80",
        "evil.example#docs.example",
    ] {
        let told = raw(&stage, &format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: docs.example\r\n\r\n"), "hello").await;
        assert!(told.starts_with("HTTP/1.1 4") || told.is_empty(), "{host}: {told}");
    }
    assert_eq!(came.load(Ordering::SeqCst), 0);
    let own = raw(&stage, "GET /task HTTP/1.1\r\nHost: docs.example\r\n\r\n", "").await;
    assert!(own.starts_with("HTTP/1.1 200"), "the door itself still answers: {own}");
}

#[tokio::test]
async fn without_a_network_every_host_is_refused_with_the_reason() {
    let stage = stage(Vec::new()).await;
    let told = raw(&stage, "CONNECT docs.example:443 HTTP/1.1\r\nHost: docs.example\r\n\r\n", "").await;
    assert!(told.starts_with("HTTP/1.1 403") && told.contains("`sandbox.network` is `none`"), "{told}");
}

#[tokio::test]
async fn a_page_is_fetched_as_text_and_a_redirect_is_judged_anew() {
    let (port, _) = host().await;
    let stage = stage(vec![format!("docs.example:{port}")]).await;
    let fetch = async |path: &str| {
        let body = json!({"url": format!("http://docs.example:{port}{path}")});
        stage.post("/tools/web_fetch", body.to_string()).await
    };
    let (status, page) = fetch("/guide").await;
    assert_eq!((status, &page["result"]["text"]), (200, &json!("You asked GET /guide HTTP/1.1")));
    let (status, refused) = fetch("/away").await;
    assert_eq!(status, 403);
    assert_eq!(
        refused["error"]["message"],
        "evil.example:80 may not be reached: `sandbox.allow` of the stack does not name it"
    );
}
