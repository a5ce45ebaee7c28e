//! The door of one attempt: what it knows, whom it asks, and how it says that the attempt must end.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;

use crate::gateway::Gateway;
use crate::gateway::brief::Brief;
use crate::gateway::budget::Budget;
use crate::gateway::budget::BudgetKind;
use crate::gateway::budget::Meter;
use crate::gateway::budget::Spent;
use crate::gateway::ports::QuarantineRemote;
use crate::gateway::ports::RunTools;
use crate::gateway::ports::TranscriptSink;
use crate::gateway::profile::ModelProfile;
use crate::kit::Result;

/// What the door of one attempt knows.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Where the socket is made. Its directory is made too, for the server's user only.
    pub socket: PathBuf,
    /// What the agent is told.
    pub brief: Brief,
    /// The model; none for an agent that calls none.
    pub model: Option<ModelProfile>,
    /// What the attempt may use.
    pub budget: Budget,
}

/// Whom the door asks.
#[derive(Clone)]
pub struct Ports {
    /// The run's own tools.
    pub tools: Arc<dyn RunTools>,
    /// Where transcript entries go.
    pub transcript: Arc<dyn TranscriptSink>,
    /// The run's quarantine repository.
    pub quarantine: Arc<dyn QuarantineRemote>,
}

/// Why the attempt must end, seen from outside the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A budget is spent: a clean end.
    BudgetExceeded(BudgetKind),
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
}

pub(super) async fn open(_gateway: &Gateway, attempt: Attempt, _ports: Ports) -> Result<Open> {
    let (_, stop) = watch::channel(None);
    Ok(Open { socket: attempt.socket, meter: Meter::new(attempt.budget, None), stop })
}

impl Open {
    /// The socket to bind into the sandbox.
    pub fn socket(&self) -> &Path {
        &self.socket
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
}

impl Stop {
    /// The reason code of the run: `budget_exceeded:tokens`, `model_refused`.
    pub fn reason(&self) -> String {
        match self {
            Self::BudgetExceeded(kind) => format!("budget_exceeded:{kind}"),
            Self::ModelRefused { .. } => "model_refused".into(),
        }
    }

    /// A sentence for the person who looks at the run.
    pub fn sentence(&self) -> String {
        match self {
            Self::BudgetExceeded(BudgetKind::Steps) => "The run made as many model calls as its stack allows".into(),
            Self::BudgetExceeded(BudgetKind::Tokens) => "The run used as many tokens as its stack allows".into(),
            Self::BudgetExceeded(BudgetKind::Usd) => "The run cost as much as its stack allows".into(),
            Self::ModelRefused { message } => message.clone(),
        }
    }
}
