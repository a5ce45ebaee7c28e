//! Stands between a client and the server, and writes down every answer.

use std::sync::Arc;
use std::sync::Mutex;

use axum::Router;
use axum::body::Body;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::extract::State;
use axum::response::Response;
use tokio::net::TcpListener;

use super::swagger::Swagger;

/// One request and its answer.
#[derive(Debug)]
pub struct Exchange {
    pub method: String,
    pub path: String,
    pub status: u16,
    pub body: Vec<u8>,
}

impl Exchange {
    pub fn line(&self) -> String {
        format!("{} {} {}", self.method, self.path, self.status)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// What stands between, on a port of its own.
pub struct Recorder {
    pub address: String,
    seen: Arc<Mutex<Vec<Exchange>>>,
}

#[derive(Clone)]
struct Way {
    upstream: String,
    http: reqwest::Client,
    seen: Arc<Mutex<Vec<Exchange>>>,
}

impl Recorder {
    /// In front of this server.
    pub async fn before(upstream: &str) -> Self {
        let seen: Arc<Mutex<Vec<Exchange>>> = Arc::default();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let way = Way { upstream: upstream.to_owned(), http, seen: Arc::clone(&seen) };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(pass).with_state(way);
        #[expect(clippy::disallowed_methods, reason = "ends with the story's runtime")]
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, seen }
    }

    /// Every answer is as Forgejo describes it; gives the operations that were asked for, each once.
    pub fn judged(&self) -> Vec<String> {
        let swagger = Swagger::read();
        let seen = self.seen.lock().unwrap();
        let (mut operations, mut faults) = (Vec::new(), Vec::new());
        for exchange in seen.iter() {
            let (operation, wrong) = swagger.judge(exchange);
            faults.extend(wrong.into_iter().map(|fault| format!("{}: {fault}", exchange.line())));
            operations.push(operation);
        }
        assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
        operations.sort();
        operations.dedup();
        operations
    }
}

async fn pass(State(way): State<Way>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let question = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let address = format!("{}{}{question}", way.upstream, parts.uri.path());
    let mut headers = parts.headers;
    headers.remove("host");
    headers.remove("accept-encoding");
    let asked = way.http.request(parts.method.clone(), address).headers(headers).body(body);
    let answer = asked.send().await.unwrap();
    let mut told = Response::builder().status(answer.status());
    for (name, value) in answer.headers().iter().filter(|(name, _)| *name != "transfer-encoding") {
        told = told.header(name, value);
    }
    let status = answer.status().as_u16();
    let body = answer.bytes().await.unwrap();
    let path = parts.uri.path().to_owned();
    let exchange = Exchange { method: parts.method.to_string(), path, status, body: body.to_vec() };
    way.seen.lock().unwrap().push(exchange);
    told.body(Body::from(body)).unwrap()
}
