//! Where a request may go. The only place that asks for names.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::Addrs;
use reqwest::dns::Name;
use reqwest::dns::Resolve;
use reqwest::dns::Resolving;
use url::Host;
use url::Url;

use crate::egress::Allow;
use crate::egress::address;
use crate::kit::Error;
use crate::kit::Result;

/// Knows the addresses of names.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// The addresses of a host.
    async fn look_up(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The names that this machine knows.
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn look_up(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// Decides where a request may go. Cloning is cheap.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    allow: Allow,
    resolver: Arc<dyn Resolver>,
}

/// A connection that may not be made.
#[derive(Debug)]
pub(super) struct Shut(pub(super) String);

impl fmt::Display for Shut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Shut {}

impl Gate {
    /// With these openings and names.
    pub fn new(allow: Allow, resolver: Arc<dyn Resolver>) -> Self {
        Self(Arc::new(Inner { allow, resolver }))
    }

    /// Whether an address could be called at all, as far as that is known without asking for names: what is wrong with it
    /// is told while somebody types it.
    pub fn check(&self, url: &Url) -> Result<()> {
        let wrong = |message: String| Err(Error::invalid(message).field("url"));
        if !matches!(url.scheme(), "http" | "https") {
            return wrong("The address does not begin with `http://` or `https://`".into());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return wrong("The address holds a name or a password; others would read it in the log".into());
        }
        let literal = match url.host() {
            None => return wrong("The address names no host".into()),
            Some(Host::Domain(_)) => return Ok(()),
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
        };
        self.open("", &[literal]).map(drop).map_err(|Shut(message)| {
            let hint = "an administrator can open it by the setting `egress_allow`";
            Error::invalid(message).hint(hint).field("url")
        })
    }

    /// The addresses of a name, as they are known now.
    pub(super) async fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        self.0.resolver.look_up(name).await
    }

    /// The addresses of a host, when a connection to each of them may be made.
    pub(super) fn open(&self, host: &str, addresses: &[IpAddr]) -> Result<Vec<IpAddr>, Shut> {
        if addresses.is_empty() {
            return Err(Shut(format!("`{host}` has no address")));
        }
        for address in addresses {
            if let Some(what) = address::closed(*address)
                && !self.0.allow.names(host)
                && !self.0.allow.holds(*address)
            {
                let of = if host.is_empty() { String::new() } else { format!(" of `{host}`") };
                return Err(Shut(format!("The address {address}{of} is {what}, and requests may not go there")));
            }
        }
        Ok(addresses.to_vec())
    }
}

impl Resolve for Gate {
    fn resolve(&self, name: Name) -> Resolving {
        let gate = self.clone();
        Box::pin(async move {
            let found = gate.0.resolver.look_up(name.as_str()).await?;
            let open = gate.open(name.as_str(), &found)?;
            let addresses: Addrs = Box::new(open.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}
