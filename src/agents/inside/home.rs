//! The home of an agent that others wrote: its settings, written by us before it starts, and what it is to remember.
//!
//! Nothing of it is secret, and nothing of it is believed afterwards: the agent may write there as it likes.

use std::fs;
use std::path::Path;

use crate::agents::inside::http::Address;
use crate::agents::known;
use crate::kit::Error;
use crate::kit::Result;

/// Where the session of an agent is remembered, for an attempt that goes on in the same home.
const SESSION: &str = ".forgehand/session";

/// The longest name of a session.
const LONGEST: usize = 500;

/// Writes the settings of every agent that we know.
pub(super) fn settle_in(home: &Path, gateway: &Address, model: &str) -> Result<()> {
    let Address::Tcp(host) = gateway else { return Ok(()) };
    for (name, content) in known::files(&format!("http://{host}"), model) {
        let file = home.join(name);
        let made = file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&file, content));
        made.map_err(|error| Error::invalid(format!("`{}` cannot be written: {error}", file.display())))?;
    }
    Ok(())
}

/// The session that an earlier attempt in this home left.
pub(super) fn session(home: &Path) -> Option<String> {
    let id = fs::read_to_string(home.join(SESSION)).ok()?;
    (!id.is_empty() && id.len() <= LONGEST).then_some(id)
}

/// Remembers a session. One that cannot be remembered is opened anew.
pub(super) fn keep_session(home: &Path, id: &str) {
    let file = home.join(SESSION);
    let _ = file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&file, id));
}
