//! The one door of a sandbox: models, the run's own tools, the transcript, the quarantine remote.
//!
//! One HTTP server for each attempt, on a Unix socket of its own that is bound into the sandbox. Who can reach the socket
//! is the agent of that attempt; no credential is needed, and none is ever handed in. All bytes that arrive are
//! hostile: bodies are bounded, waits are bounded, and nothing an agent sends chooses an address, a model or a key.
//!
//! ```text
//! GET  /task                       what the agent is told: prompt, limits, tools          Brief
//! POST /v1/chat/completions        the model, in the API that the agent speaks: the key   model_call, apis,
//!      /v1/responses /v1/messages  is added here, tokens are counted                      upstream, relay
//!      /v1beta/models/{m}:generateContent
//! GET  /v1/models /v1beta/models   the one model there is                                 listing
//! POST /tools/{name}               the run's own tools, and those of MCP servers          tools, call, servers, ports
//! POST /mcp                        the same tools, for agents that speak MCP               mcp
//! POST /transcript                 what the agent says of itself                          ports::TranscriptSink
//! GET|POST /quarantine.git/…       Git smart HTTP                                         quarantine, git
//! CONNECT host:port                hosts that stack and policy allow                      proxy, network, egress
//! ```
//!
//! Who is who: [`Gateway`] is the handle; [`Gateway::open`] opens the door of one attempt and gives an [`Open`], which
//! closes it when dropped. [`Attempt`] is what that door knows; [`Ports`] is whom it asks. [`Stop`] is how the door says
//! that the attempt must end: a budget is spent, or the model refuses our key.
//!
//! Does not know forges, policy, how a sandbox is made, or which agent speaks. A new tool is a line in `tools`; every way to
//! call one ends in `call`. A new API of models is a file in `apis`.

pub mod brief;
pub mod ports;

mod network;

mod open;
mod serve;

mod door;
mod routes;

mod budget;
mod listing;
mod model_call;

mod apis;

mod relay;
mod scrub;
mod sse;
mod upstream;

pub mod schema;
pub mod tools;

mod call;
mod mcp;

pub mod servers;

mod proxy;
mod quarantine;
mod transcript;

mod web;

mod answer;
mod settings;

pub use brief::Brief;
pub use budget::Budget;
pub use budget::BudgetKind;
pub use budget::Loan;
pub use budget::Purse;
pub use budget::Spent;
pub use network::Network;
pub use open::Attempt;
pub use open::Open;
pub use open::Ports;
pub use open::Stop;
pub use ports::Ledger;
pub use ports::RunTools;
pub use ports::TranscriptSink;
pub use settings::Settings;

use crate::kit::Result;
use crate::kit::error::Context;

/// Opens doors for attempts.
#[derive(Clone, Debug)]
pub struct Gateway {
    settings: Settings,
    client: reqwest::Client,
}

impl Gateway {
    /// Prepares the one client that speaks to models.
    pub fn new(settings: Settings) -> Result<Self> {
        // Another room may have chosen the same provider already; either is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(std::time::Duration::from_secs(10))
            .no_proxy()
            .build()
            .context("the client for models could not be built")?;
        Ok(Self { settings, client })
    }

    /// Opens the door of one attempt.
    pub async fn open(&self, attempt: Attempt, ports: Ports) -> Result<Open> {
        open::open(self, attempt, ports).await
    }
}
