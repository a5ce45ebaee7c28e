//! The `forgehand` binary: everything is in the library.

use std::process::ExitCode;

use forgehand::agents;
use forgehand::cli;
use forgehand::sandbox;

fn main() -> ExitCode {
    if let Some(code) = sandbox::hidden_command().or_else(agents::hidden_command) {
        return code;
    }
    cli::main()
}
