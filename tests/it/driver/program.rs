//! The program as a process of its own.

use std::process::Command;

/// The program, with nothing of our environment.
pub fn forgehand() -> Command {
    #[expect(clippy::disallowed_methods, reason = "the story is about this program")]
    let mut command = Command::new(env!("CARGO_BIN_EXE_forgehand"));
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
    command
}
