//! Fetching repositories that come from elsewhere: imports, and mirrors that are due.
//!
//! Each fetch is a task of its own that [`Fetches`] holds: it can be looked at and stopped, and dies with the server, whose
//! next start begins it again. [`HttpRemote`] asks by way of `egress`; a directory of the server itself is reached only by
//! an origin that the command line wrote.

mod fetches;

mod http;

pub use fetches::Fetches;
pub use http::address;

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::access::Cx;
use crate::engine::Engine;
use crate::engine::mirror::http::HttpRemote;
use crate::forge::embedded::Origin;
use crate::git::FetchProgress;
use crate::git::Fetched;
use crate::git::Remote;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::model::RepoId;

impl Engine {
    /// Begins to fetch what is due, unless somebody does or there are too many. Whoever waits hears when it has ended.
    pub async fn begin_fetch(self: &Arc<Self>, repo: RepoId) -> Result<Option<oneshot::Receiver<()>>> {
        let Some(turn) = self.fetches.turn(repo) else { return Ok(None) };
        let Some(origin) = self.forge.claim_origin(repo, self.clock.now()).await? else { return Ok(None) };
        let (ended, waits) = oneshot::channel();
        let engine = Arc::clone(self);
        self.fetches.spawn(async move {
            if let Err(error) = engine.fetch_origin(&origin, &turn).await {
                tracing::error!(repo.id = %repo, error = %error.chain(), "cannot write down what became of a fetch");
            }
            drop(turn);
            engine.poke.poke();
            // Nobody may be waiting.
            let _ = ended.send(());
        });
        Ok(Some(waits))
    }

    async fn fetch_origin(&self, origin: &Origin, turn: &fetches::Turn) -> Result<()> {
        let cx = Cx::system(&self.clock);
        let tell = |progress: FetchProgress| turn.tell(progress);
        let fetched = tokio::select! {
            fetched = self.fetch(&cx, origin, &tell) => fetched,
            () = turn.stopped() => {
                let mut tx = self.db.begin().await?;
                self.forge.note_stop(&mut tx, origin, self.clock.now()).await?;
                return tx.commit().await;
            }
        };
        let done = match fetched {
            Ok(fetched) => self.forge.take_over(&cx, origin, fetched).await,
            Err(error) => Err(error),
        };
        match done {
            Ok(()) => {
                tracing::info!(repo.id = %origin.repo, "what another server has was fetched");
                Ok(())
            }
            Err(error) => {
                let why = told(&error);
                tracing::warn!(repo.id = %origin.repo, error = %error.chain(), "another server's repository was not fetched");
                self.forge.note_failure(origin, &why, self.clock.now()).await
            }
        }
    }

    async fn fetch(&self, cx: &Cx, origin: &Origin, tell: &(dyn Fn(FetchProgress) + Sync)) -> Result<Fetched> {
        let place = self.forge.enter_by_id(cx, origin.repo).await?;
        let git = self.forge.ground(&place.repository).await?;
        let bounds = self.settings.import;
        let remote: Box<dyn Remote + '_> = match origin.url.scheme() {
            "file" => {
                let path = origin.url.to_file_path().map_err(|()| Error::invalid("This is no path of a directory"))?;
                Box::new(self.git.elsewhere(&path)?)
            }
            _ => {
                let credentials = self.forge.origin_credentials(origin).await?;
                Box::new(HttpRemote::new(&self.egress, (origin, credentials.as_ref()), bounds.total)?)
            }
        };
        git.fetch(remote.as_ref(), bounds, tell).await
    }
}

/// What went wrong, for the page: our own faults are for the log.
fn told(error: &Error) -> String {
    if error.kind() == ErrorKind::Internal {
        return "Something failed on our side; the server's log knows what".into();
    }
    let hints = error.hints().iter().map(|hint| format!("; {hint}"));
    format!("{}{}", error.message(), hints.collect::<String>())
}
