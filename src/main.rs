//! The `forgehand` binary: everything is in the library.

use std::process::ExitCode;

use forgehand::sandbox;

fn main() -> ExitCode {
    if let Some(code) = sandbox::hidden_command() {
        return code;
    }
    ExitCode::SUCCESS
}
