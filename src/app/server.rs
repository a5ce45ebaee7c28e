//! Listens at once, is ready after migrations, and stops in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::OnceLock;

use axum::Router;
use axum::extract::Request;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

use crate::app::build::build;
use crate::app::doors::doors;
use crate::config::Settings;
use crate::engine::Engine;
use crate::engine::Tasks;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Clock;
use crate::kit::error::Context as _;
use crate::telemetry;

/// A running server.
pub struct App {
    /// The address that it listens on.
    pub address: SocketAddr,
    /// How people reach it.
    pub base_url: String,
    /// The engine.
    pub engine: Arc<Engine>,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
    tasks: Option<JoinHandle<()>>,
}

/// The doors, once they are there.
type Opened = Arc<OnceLock<Router>>;

impl App {
    /// Starts a server with its background tasks.
    pub async fn start(settings: &Settings, clock: Clock) -> Result<Self> {
        let mut app = Self::start_without_tasks(settings, clock).await?;
        let tasks = Tasks::new(Arc::clone(&app.engine));
        tasks.recover().await?;
        #[expect(clippy::disallowed_methods, reason = "the app owns this task and joins it when it stops")]
        let handle = tokio::spawn(tasks.run(app.stop.subscribe()));
        app.tasks = Some(handle);
        Ok(app)
    }

    /// Starts a server whose background tasks somebody else steps: a test.
    pub async fn start_without_tasks(settings: &Settings, clock: Clock) -> Result<Self> {
        let telemetry = telemetry::start(&settings.telemetry)?;
        let listener = TcpListener::bind(settings.listen).await.map_err(|error| {
            Error::invalid(format!("Cannot listen on {}: {error}", settings.listen))
                .hint("name another address with `--listen`; port 0 takes a free one")
                .field("listen")
        })?;
        let address = listener.local_addr().context("Cannot ask for our own address")?;
        let (stop, stopped) = watch::channel(false);
        let opened = Opened::default();
        let server = serve(listener, outer(&opened), stopped);
        let base_url = settings.base_url.clone().unwrap_or_else(|| format!("http://{address}"));
        let engine = build(settings, &clock, base_url.clone()).await?;
        let _ = opened.set(doors(&engine, settings, telemetry)?);
        Ok(Self { address, base_url, engine, stop, server, tasks: None })
    }

    /// Ends background tasks and connections, then the database.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.engine.poke.poke();
        if let Some(tasks) = self.tasks {
            // A task that panicked has said so in the log.
            let _ = tasks.await;
        }
        let _ = tokio::time::timeout(std::time::Duration::from_secs(5), self.server).await;
        self.engine.db.close().await;
    }
}

/// Health at once; everything else when the doors are open.
fn outer(opened: &Opened) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .fallback(inner)
        .with_state(Arc::clone(opened))
}

async fn ready(State(opened): State<Opened>) -> Response {
    match opened.get() {
        Some(_) => "ready\n".into_response(),
        None => not_yet(),
    }
}

async fn inner(State(opened): State<Opened>, request: Request) -> Response {
    match opened.get() {
        Some(router) => router.clone().oneshot(request).await.into_response(),
        None => not_yet(),
    }
}

fn not_yet() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "1")], "not ready: the database is being migrated\n")
        .into_response()
}

fn serve(listener: TcpListener, router: Router, mut stopped: watch::Receiver<bool>) -> JoinHandle<()> {
    #[expect(clippy::disallowed_methods, reason = "the app owns this task and joins it when it stops")]
    tokio::spawn(async move {
        let graceful = async move {
            let _ = stopped.wait_for(|stop| *stop).await;
        };
        let router = router.into_make_service_with_connect_info::<SocketAddr>();
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(graceful).await {
            tracing::error!(%error, "the server ended");
        }
    })
}
