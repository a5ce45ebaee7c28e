//! Settings: gathered once, when a command starts, and handed down as values.
//!
//! A flag beats an environment variable, which beats a key of `forgehand.toml`. [`Settings`] is what comes out;
//! [`file::File`] is the file, [`gather`] the one place that reads the environment. An unknown key or a bad value is an
//! error that names it.
//!
//! To add a setting: a field of [`Settings`], a key of the file, a line in `gather.rs` and one in
//! `docs/settings.md`, which a test compares with the keys.

mod file;

mod gather;

pub use gather::Flags;
pub use gather::KEYS;
pub use gather::gather;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::egress;
use crate::engine::AfterStop;
use crate::git;
use crate::hooks;
use crate::kit::secret::Secret;
use crate::models::ModelProfile;
use crate::sandbox;
use crate::telemetry;

/// Everything that an administrator decides.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where everything is kept.
    pub data: PathBuf,
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How others reach the server; none means by the address it listens on.
    pub base_url: Option<String>,
    /// The database; none means SQLite in the data directory.
    pub database: Option<Secret<String>>,
    /// How the server tells about itself.
    pub telemetry: telemetry::Settings,
    /// How many agents run at one time; 0 leaves the work to others.
    pub runners: usize,
    /// How many jobs of checks run at one time; 0 leaves the work to others.
    pub checks: usize,
    /// The most bytes that one push may bring.
    pub push_limit: u64,
    /// What an import or a look of a mirror may cost.
    pub import: git::FetchBounds,
    /// The id that agents run as when the server is root.
    pub agent_id: u32,
    /// What becomes of a run whose server stopped or disappeared.
    pub after_stop: AfterStop,
    /// How often the work of an agent is saved while it works.
    pub checkpoint_every: Duration,
    /// How long the workspace of an attempt is kept after its end.
    pub keep_workspaces: Duration,
    /// How long logs of checks stay after their end; none for ever.
    pub keep_check_logs: Option<Duration>,
    /// How long checks stay after their end; none for ever.
    pub keep_checks: Option<Duration>,
    /// The most bytes of workspaces that are kept.
    pub keep_bytes: u64,
    /// The most bytes of checkouts that are kept.
    pub checkout_bytes: u64,
    /// Folders of programs that sandboxes show to agents.
    pub toolchains: sandbox::Toolchains,
    /// Where requests to addresses that people typed in may go, and how long one may take.
    pub egress: egress::Settings,
    /// Models that stacks may name.
    pub models: BTreeMap<String, ModelProfile>,
    /// Sources of webhooks, by name.
    pub hooks: hooks::Settings,
    /// Where programs such as `git` are looked for.
    pub search_path: String,
    /// The program that runs inside sandboxes; none means this one. Only whoever embeds a server names another.
    pub program: Option<PathBuf>,
}
