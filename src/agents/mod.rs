//! The agents that can work in a sandbox, each behind the same trait.
//!
//! Who is who: [`Adapter`] is the word after `agent:` in a stack; [`Agent`] says how its program is started inside a
//! sandbox: [`LaunchInput`] in, [`Launch`] out. `builtin` and `scripted` are programs of ours: they are this very binary,
//! mounted read-only and started as `forgehand agent-inside …`, and live in `inside`. They speak to the world by the
//! gateway alone. `acp` is somebody else's program: a client of ours, inside too, starts the stack's command and speaks the
//! Agent Client Protocol with it; `cli` is a command whose lines are read; `known` has what such programs need around them.
//!
//! Does not know forges, policy, how a sandbox is made, or what comes of a proposal. A new agent is one file and one line
//! in [`Adapter`].

mod adapter;

mod acp;
mod builtin;
mod cli;
mod known;

mod script;
mod scripted;

mod inside;

pub use adapter::Adapter;
pub use adapter::Agent;
pub use adapter::Launch;
pub use adapter::LaunchInput;
pub use inside::inside_main;

use std::process::ExitCode;

/// Runs an agent instead of the product when the first argument is `agent-inside`. Called first in `main`, before
/// anything costs time or starts a thread.
pub fn hidden_command() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    (arguments.next()? == "agent-inside").then(|| inside_main(arguments))
}
