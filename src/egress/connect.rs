//! A connection to a host, made to the very address that was looked at.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::egress::Egress;
use crate::egress::NoAnswer;
use crate::egress::Target;
use crate::egress::TargetHost;
use crate::egress::gate::Shut;

/// How long a look-up, and each try to connect, may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Most addresses of a name that are tried.
const TRIES: usize = 4;

impl Egress {
    /// Connects to a host: one look-up, all addresses judged, and then one of them.
    pub async fn connect(&self, target: &Target) -> Result<TcpStream, NoAnswer> {
        let refused = |Shut(why)| NoAnswer { why, refused: true };
        let open = match &target.host {
            TargetHost::Address(address) => self.gate.open("", &[*address]).map_err(refused)?,
            TargetHost::Name(name) => {
                let found = timeout(PATIENCE, self.gate.look_up(name)).await;
                let found = found.map_err(|_| failed(format!("`{name}` was not found in time")))?;
                let found = found.map_err(|error| failed(format!("`{name}` was not found: {error}")))?;
                self.gate.open(name, &found).map_err(refused)?
            }
        };
        let mut why = String::new();
        for address in open.into_iter().take(TRIES) {
            match timeout(PATIENCE, TcpStream::connect(SocketAddr::new(address, target.port))).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => why = error.to_string(),
                Err(_) => why = "it did not answer in time".into(),
            }
        }
        Err(failed(format!("Cannot connect to {target}: {why}")))
    }
}

fn failed(why: String) -> NoAnswer {
    NoAnswer { why, refused: false }
}
