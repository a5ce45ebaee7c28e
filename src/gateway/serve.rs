//! The HTTP server of one door: few connections at a time, slow ones cut off. Ends, with all its connections, when its
//! task is dropped.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use hyper_util::service::TowerToHyperService;
use tokio::net::UnixListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use crate::gateway::door::Door;
use crate::gateway::proxy;
use crate::gateway::routes;

/// Connections at a time; more of them wait.
const CONNECTIONS: usize = 256;

/// How long the head of a request may take.
const HEAD: Duration = Duration::from_secs(30);

/// Serves until dropped.
pub(super) async fn serve(listener: UnixListener, door: Arc<Door>) {
    let router = routes::router(Arc::clone(&door));
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file descriptors, most likely: others will close theirs.
                tracing::warn!("The gateway could not accept a connection: {error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        while connections.try_join_next().is_some() {}
        let service = TowerToHyperService::new(Front { router: router.clone(), door: Arc::clone(&door) });
        connections.spawn(async move {
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(64 << 10);
            // A client that breaks off is the agent's business.
            let _ = http.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
            drop(permit);
        });
    }
}

/// Parts what is meant for the door from what is meant for other hosts.
#[derive(Clone)]
struct Front {
    router: Router,
    door: Arc<Door>,
}

impl tower::Service<hyper::Request<Incoming>> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: hyper::Request<Incoming>) -> Self::Future {
        let request = request.map(Body::new);
        if proxy::is_for_others(&request) {
            let door = Arc::clone(&self.door);
            return Box::pin(async move { Ok(proxy::pass(door, request).await) });
        }
        let router = self.router.clone();
        Box::pin(router.oneshot(request))
    }
}
