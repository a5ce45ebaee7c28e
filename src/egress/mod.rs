//! The one way out to addresses that people type in, and that agents ask for: webhooks, repositories that are imported or
//! mirrored, the hosts of a stack.
//!
//! Who is who: [`Egress`] sends one request and reads a bounded answer, or hands it on as it comes. [`Gate`] decides where it may go: it asks a
//! [`Resolver`] once for each connection, looks at *all* addresses of the answer, and hands the connection those very
//! addresses. So there is no moment between the look and the call in which a name could come to mean something else.
//! A [`Target`] is a host and a port, parsed once; a [`HostPattern`] says which are meant; [`Egress::connect`] connects to one. [`address`] knows which addresses are not of the public internet, [`Allow`] which of them an administrator opened.
//!
//! No redirect is followed, no proxy of the environment is used, no connection is used twice. The model of an agent is not
//! reached from here: an administrator alone says where it is (`gateway`).
//!
//! Does not know who sends what, and does not try again.

pub mod address;

mod allow;

mod gate;

mod send;

mod connect;

mod stream;
mod target;

#[cfg(test)]
mod tests;

pub use allow::Allow;
pub use gate::Gate;
pub use gate::Resolver;
pub use gate::SystemResolver;
pub use send::Answer;
pub use send::Get;
pub use send::NoAnswer;
pub use send::Post;
pub use stream::Ask;
pub use stream::Coming;
pub use target::HostPattern;
pub use target::Target;
pub use target::TargetHost;

use std::sync::Arc;
use std::time::Duration;

use crate::kit::Result;
use crate::kit::error::Context as _;

/// What an administrator decides about the way out.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which addresses are open although they are not of the public internet.
    pub allow: Allow,
    /// How long one request may take, from the look-up of the name to the last byte of the answer.
    pub patience: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { allow: Allow::default(), patience: Duration::from_secs(10) }
    }
}

/// The way out. Cloning is cheap.
#[derive(Clone)]
pub struct Egress {
    gate: Gate,
    patience: Duration,
    client: reqwest::Client,
}

impl Egress {
    /// By these settings, with the names that this machine knows.
    pub fn new(settings: Settings) -> Result<Self> {
        Self::with(settings, Arc::new(SystemResolver))
    }

    /// By these settings, with somebody else's names.
    pub fn with(settings: Settings, resolver: Arc<dyn Resolver>) -> Result<Self> {
        let Settings { allow, patience } = settings;
        let gate = Gate::new(allow, resolver);
        // Another room may have chosen the same provider already; either is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .dns_resolver(gate.clone())
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .pool_max_idle_per_host(0)
            .referer(false)
            .build()
            .context("Cannot build the client for outgoing requests")?;
        Ok(Self { gate, patience, client })
    }

    /// Where requests may go.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }
}
