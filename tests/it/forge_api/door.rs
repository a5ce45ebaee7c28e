//! A whole engine behind its doors for programs, without a socket.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::Request;
use forgehand::access::Cx;
use forgehand::api;
use forgehand::app;
use forgehand::config;
use forgehand::config::Settings;
use forgehand::engine::Engine;
use forgehand::identity::NewPerson;
use forgehand::kit::clock::Clock;
use forgehand::kit::clock::Timestamp;
use forgehand::telemetry;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt as _;

/// The doors, and tokens of two people.
pub struct Door {
    router: Router,
    pub engine: Arc<Engine>,
    pub olga: String,
    pub sam: String,
    _directory: TempDir,
}

/// An answer, read to its end.
pub struct Told {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Door {
    pub async fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let data = Some(directory.path().join("data"));
        let gathered = config::gather(config::Flags { data, ..config::Flags::default() }).unwrap();
        let settings = Settings {
            listen: "127.0.0.1:0".parse().unwrap(),
            telemetry: telemetry::Settings { format: telemetry::Format::Text, filter: "off".into() },
            checks: 0,
            runners: 0,
            push_limit: 1024 * 1024,
            import: forgehand::git::FetchBounds {
                bytes: 1024 * 1024,
                silence: std::time::Duration::from_secs(5),
                total: std::time::Duration::from_secs(20),
            },
            agent_id: 64_999,
            ..gathered
        };
        let clock = Clock::fixed(Timestamp::from_seconds(1_700_000_000));
        let engine = app::build(&settings, &clock, "http://forge.test".into()).await.unwrap();
        let olga = person(&engine, "olga", &["all"]).await;
        let sam = person(&engine, "sam", &["all"]).await;
        Self { router: api::router(&engine), engine, olga, sam, _directory: directory }
    }

    /// Asks with a token; an empty one is nobody. A body is sent as JSON.
    pub async fn ask(&self, token: &str, line: &str, body: Option<Value>) -> Told {
        let (method, path) = line.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        if !token.is_empty() {
            request = request.header("authorization", format!("token {token}"));
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Told { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    /// Asks as Olga and reads JSON from an answer with this status.
    pub async fn json(&self, line: &str, body: Option<Value>, status: u16) -> Value {
        let olga = self.olga.clone();
        let told = self.ask(&olga, line, body).await;
        assert_eq!(told.status, status, "{line}: {}", told.text);
        serde_json::from_str(&told.text).unwrap_or_default()
    }
}

async fn person(engine: &Engine, login: &str, scopes: &[&str]) -> String {
    let new = NewPerson {
        login: login.parse().unwrap(),
        display_name: String::new(),
        email: None,
        password: None,
        site_admin: false,
    };
    let cx = Cx::system(&engine.clock);
    let mut step = engine.step(&cx).await.unwrap();
    let account = engine.identity.create_person(&mut step, new).await.unwrap();
    let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    let (_, token) = engine.identity.issue_token(&mut step, account.id, "test", &scopes).await.unwrap();
    step.finish_noted().await.unwrap();
    token.reveal().clone()
}
