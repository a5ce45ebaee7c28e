//! The programs that run inside a sandbox: `forgehand agent-inside builtin|scripted`.

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs an agent inside a sandbox; the arguments are those after `agent-inside`.
pub fn inside_main(_arguments: impl Iterator<Item = OsString>) -> ExitCode {
    ExitCode::from(3)
}
