//! What an administrator decides about the engine.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::gateway::ModelProfile;

/// What an administrator decides about the engine.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where everything is kept.
    pub data: PathBuf,
    /// How people reach the server, without a slash at the end.
    pub base_url: String,
    /// Models that stacks may name.
    pub models: BTreeMap<String, ModelProfile>,
    /// How many attempts this process works on at one time.
    pub runners: usize,
    /// How many jobs of checks this process works on at one time.
    pub checkers: usize,
    /// Names this process among all that share the database; the same after a restart.
    pub runner_name: String,
}
