//! `forgehand.toml`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::hooks;
use crate::kit::Error;
use crate::kit::Result;

/// The file as it is written. Every key is also a flag or an environment variable.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) data: Option<String>,
    pub(super) listen: Option<String>,
    pub(super) base_url: Option<String>,
    pub(super) database_url: Option<String>,
    pub(super) log: Option<String>,
    pub(super) log_filter: Option<String>,
    pub(super) runners: Option<usize>,
    pub(super) checks: Option<usize>,
    pub(super) push_limit: Option<u64>,
    pub(super) import_limit: Option<u64>,
    pub(super) import_patience: Option<u64>,
    pub(super) agent_id: Option<u32>,
    pub(super) after_stop: Option<String>,
    pub(super) checkpoint_seconds: Option<u64>,
    pub(super) keep_hours: Option<u64>,
    pub(super) check_log_days: Option<u64>,
    pub(super) check_days: Option<u64>,
    pub(super) keep_bytes: Option<u64>,
    pub(super) checkout_bytes: Option<u64>,
    pub(super) toolchains: Option<Vec<String>>,
    pub(super) egress_allow: Option<Vec<String>>,
    pub(super) webhook_patience: Option<u64>,
    #[serde(default)]
    pub(super) models: BTreeMap<String, Model>,
    #[serde(default)]
    pub(super) hooks: hooks::Settings,
}

/// A model that stacks may name.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Model {
    pub(super) url: String,
    pub(super) protocol: Option<String>,
    #[serde(default)]
    pub(super) key: String,
    /// A file that holds the key, for those who keep keys out of settings.
    pub(super) key_file: Option<String>,
    pub(super) model: String,
    pub(super) input_usd_per_million: Option<f64>,
    pub(super) output_usd_per_million: Option<f64>,
    pub(super) cached_usd_per_million: Option<f64>,
    pub(super) cache_write_usd_per_million: Option<f64>,
    pub(super) window_tokens: Option<u64>,
    pub(super) answer_tokens: Option<u64>,
}

impl File {
    /// Reads the file; a missing one is an empty one unless somebody named it.
    pub(super) fn read(path: &Path, named: bool) -> Result<Self> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !named => return Ok(Self::default()),
            Err(error) => {
                return Err(Error::invalid(format!("Cannot read the settings in `{}`: {error}", path.display())));
            }
        };
        toml::from_str(&text).map_err(|error| {
            Error::invalid(format!("The settings in `{}` are wrong: {}", path.display(), error.message()))
                .hint(error.to_string().trim_end().to_owned())
                .hint("`docs/settings.md` lists every key")
        })
    }
}
