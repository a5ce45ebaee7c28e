//! The door of one attempt: what it knows, whom it asks, how it is opened and closed, and how it says that the attempt
//! must end.

use std::os::unix::fs::DirBuilderExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use tokio::net::UnixListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tokio_util::task::TaskTracker;

use crate::egress::Egress;
use crate::gateway::Gateway;
use crate::gateway::brief::Brief;
use crate::gateway::budget::Budget;
use crate::gateway::budget::BudgetKind;
use crate::gateway::budget::Meter;
use crate::gateway::budget::Purse;
use crate::gateway::budget::Spent;
use crate::gateway::door::Door;
use crate::gateway::network::Network;
use crate::gateway::ports::Ledger;
use crate::gateway::ports::RunTools;
use crate::gateway::ports::TranscriptSink;
use crate::gateway::serve;
use crate::git;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context;
use crate::models::ModelProfile;

/// What the door of one attempt knows.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Where the socket is made; at most 107 bytes. Its directory is made too, for the server's user only.
    pub socket: PathBuf,
    /// What the agent is told.
    pub brief: Brief,
    /// The model; none for an agent that calls none.
    pub model: Option<ModelProfile>,
    /// What the attempt may use.
    pub budget: Budget,
    /// Which hosts it may reach.
    pub network: Network,
}

/// Whom the door asks.
#[derive(Clone)]
pub struct Ports {
    /// The run's own tools.
    pub tools: Arc<dyn RunTools>,
    /// Where transcript entries go.
    pub transcript: Arc<dyn TranscriptSink>,
    /// Where calls of models are written down.
    pub ledger: Arc<dyn Ledger>,
    /// The run's quarantine repository.
    pub quarantine: git::Repository,
    /// The way out to hosts.
    pub egress: Egress,
}

/// Why the attempt must end, seen from outside the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A budget is spent: a clean end.
    BudgetExceeded(BudgetKind),
    /// What a day may cost is spent: a clean end too.
    DaySpent {
        /// The word in the reason.
        kind: &'static str,
        /// What is spent, and who may change that.
        sentence: String,
    },
    /// The model refuses our key, or does not know the model: an administrator mends it.
    ModelRefused {
        /// What the administrator should know.
        message: String,
    },
}

/// An open door. Closes when dropped.
#[derive(Debug)]
pub struct Open {
    socket: PathBuf,
    meter: Meter,
    stop: watch::Receiver<Option<Stop>>,
    closed: CancellationToken,
    relays: TaskTracker,
    _server: AbortOnDropHandle<()>,
}

/// Most connections to hosts of one attempt.
const CONNECTIONS: usize = 2_000;

/// Most refused connections of one attempt that are written down.
const REFUSALS: usize = 500;

/// The longest path of a Unix socket on Linux, without the closing NUL.
const LONGEST_PATH: usize = 107;

pub(super) async fn open(gateway: &Gateway, attempt: Attempt, ports: Ports) -> Result<Open> {
    let Attempt { socket, brief, model, budget, network } = attempt;
    let listener = listen(&socket)?;
    let (stop, stopped) = watch::channel(None);
    let meter = Meter::new(budget, model.as_ref().and_then(|model| model.price));
    let closed = CancellationToken::new();
    let relays = TaskTracker::new();
    let door = Door {
        brief,
        model,
        meter: meter.clone(),
        ports,
        entries_left: AtomicUsize::new(gateway.settings.entries),
        network,
        connections_left: AtomicUsize::new(CONNECTIONS),
        refusals_left: AtomicUsize::new(REFUSALS),
        mismatched: AtomicBool::new(false),
        settings: gateway.settings.clone(),
        client: gateway.client.clone(),
        stop,
        closed: closed.clone(),
        booking: Arc::default(),
        relays: relays.clone(),
    };
    #[expect(clippy::disallowed_methods, reason = "the open door owns its server and ends it when dropped")]
    let server = tokio::spawn(serve::serve(listener, Arc::new(door)));
    Ok(Open { socket, meter, stop: stopped, closed, relays, _server: AbortOnDropHandle::new(server) })
}

/// Listens on a fresh socket. The sandbox may run as another user, so everybody who can reach the socket may connect;
/// its directory is what keeps others out.
fn listen(socket: &Path) -> Result<UnixListener> {
    if socket.as_os_str().len() > LONGEST_PATH {
        return Err(Error::internal(format!("the socket's path {} is too long", socket.display()))
            .hint("choose a shorter data directory"));
    }
    if let Some(parent) = socket.parent() {
        let mut maker = std::fs::DirBuilder::new();
        maker.recursive(true).mode(0o700).create(parent).context("the directory of the gateway's socket")?;
    }
    match std::fs::remove_file(socket) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).context("an old socket of the gateway could not be removed");
        }
        _ => {}
    }
    let listener = UnixListener::bind(socket).context("the gateway's socket could not be made")?;
    std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o666)).context("the gateway's socket")?;
    Ok(listener)
}

impl Open {
    /// The socket to bind into the sandbox.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// What the attempt may still use, to lend from.
    pub fn purse(&self) -> Purse {
        Purse(self.meter.clone())
    }

    /// What models used so far.
    pub fn spent(&self) -> Spent {
        self.meter.spent()
    }

    /// Waits until the attempt must end. Pending forever while there is no reason to.
    pub async fn stopped(&self) -> Stop {
        let mut stop = self.stop.clone();
        loop {
            if let Some(stop) = stop.borrow_and_update().clone() {
                return stop;
            }
            if stop.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Why the attempt must end, if it must by now.
    pub fn stop(&self) -> Option<Stop> {
        self.stop.borrow().clone()
    }

    /// Closes the door and waits, for a moment, until running model calls are booked. Says what was spent.
    pub async fn close(self) -> Spent {
        self.closed.cancel();
        self.relays.close();
        // A relay that hangs is booked with its worst case when it ends.
        let _ = tokio::time::timeout(Duration::from_secs(2), self.relays.wait()).await;
        self.meter.spent()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.closed.cancel();
        // The directory goes with the attempt; a socket that nobody listens on harms nobody.
        let _ = std::fs::remove_file(&self.socket);
    }
}

impl Stop {
    /// The reason code of the run: `budget_exceeded:tokens`, `model_refused`.
    pub fn reason(&self) -> String {
        match self {
            Self::BudgetExceeded(kind) => format!("budget_exceeded:{kind}"),
            Self::DaySpent { kind, .. } => format!("budget_exceeded:{kind}"),
            Self::ModelRefused { .. } => "model_refused".into(),
        }
    }

    /// A sentence for the person who looks at the run.
    pub fn sentence(&self) -> String {
        match self {
            Self::BudgetExceeded(BudgetKind::Steps) => "The run made as many model calls as its stack allows".into(),
            Self::BudgetExceeded(BudgetKind::Tokens) => "The run used as many tokens as its stack allows".into(),
            Self::BudgetExceeded(BudgetKind::Usd) => "The run cost as much as its stack allows".into(),
            Self::DaySpent { sentence, .. } => sentence.clone(),
            Self::ModelRefused { message } => message.clone(),
        }
    }
}
