//! Somebody who is told by webhooks: takes, refuses, hangs or sends away, as the path says.

use std::sync::Arc;
use std::sync::Mutex;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::Uri;
use axum::response::IntoResponse;
use axum::response::Response;
use serde_json::Value;
use tokio::net::TcpListener;

/// One delivery that came.
#[derive(Clone, Debug)]
pub struct Came {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Came {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Whoever listens, on a port of its own.
pub struct Receiver {
    pub port: u16,
    came: Arc<Mutex<Vec<Came>>>,
}

impl Receiver {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let came: Arc<Mutex<Vec<Came>>> = Arc::default();
        let router = Router::new().fallback(take).with_state(Arc::clone(&came));
        #[expect(clippy::disallowed_methods, reason = "ends with the story's runtime")]
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { port, came }
    }

    /// What came to a path so far, oldest first.
    pub fn came(&self, path: &str) -> Vec<Came> {
        self.came.lock().unwrap().iter().filter(|came| came.path == path).cloned().collect()
    }

    pub fn address(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

async fn take(State(all): State<Arc<Mutex<Vec<Came>>>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let path = uri.path().to_owned();
    let header = headers.get("authorization").map_or(String::new(), |value| value.to_str().unwrap().to_owned());
    let before = {
        let mut all = all.lock().unwrap();
        all.push(Came { path: path.clone(), headers, body });
        all.iter().filter(|came| came.path == path).count()
    };
    match path.as_str() {
        "/fails" => (StatusCode::INTERNAL_SERVER_ERROR, "it broke").into_response(),
        "/mends" if before == 1 => StatusCode::BAD_GATEWAY.into_response(),
        "/inward" => (StatusCode::FOUND, [("location", "/secret")]).into_response(),
        "/echoes" => format!("it said {}", header).into_response(),
        "/hangs" => std::future::pending().await,
        _ => "taken".into_response(),
    }
}
