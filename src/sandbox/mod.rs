//! Runs a program of an agent where it can do no harm, and says what it changed.
//!
//! The room owns processes, mounts, limits and the deadline. We assume that the program inside is hostile: it wants to
//! read our secrets, reach the network, outlive its deadline, fill the disk, or make us follow a link when we look at
//! what it left. There is one implementation, [`Bubblewrap`]; where it cannot work, nothing runs at all.
//!
//! # Who is who
//!
//! ```text
//!   server ── watch.rs, one thread an attempt: starts, watches disk and deadline, kills, tells the ending
//!     └─ forgehand sandbox-launch   launch.rs: stages mounts, drops to the agents' user, enters a user
//!          │                        namespace, mounts the overlay; then *becomes*
//!          └─ bwrap                 arguments.rs: namespaces, binds, no capabilities, the filter of seccomp.rs; starts
//!               └─ forgehand sandbox-init    init.rs: pid 1 inside; forwards loopback to the gateway's socket, starts
//!                    └─ the agent            the task's argv with the task's environment
//! ```
//!
//! - [`Workspaces`]: the cache of read-only checkouts ("lowers") and the folders of attempts; sweeps after a crash.
//! - [`Workspace`]: one attempt's folder. Its cost does not depend on the number of files: an overlay over a lower.
//! - [`Task`]: what to run, with which [`Limits`]; [`Running`]: the run of it; [`Ending`]: why it ended.
//! - [`Label`]: what a workspace is known by that is kept for another attempt, in the same trust [`Tier`] only.
//! - [`Laid`]: work of an earlier attempt, laid into a fresh workspace.
//! - [`capture()`]: what the agent changed, read from the overlay's upper directory alone, never through a link.
//! - [`Doctor`]: what this machine can and cannot do, in words for the administrator.
//!
//! # What it relies on
//!
//! The task's environment travels in a sealed memory file to `sandbox-init`. Neither the launcher nor bubblewrap ever
//! holds it, so nothing in it can steer them, and `/proc/1/environ` inside is empty.
//! Killing never asks anybody inside: the kernel ends the whole process namespace when its first process is killed.
//!
//! # What it does not know
//!
//! Agents, protocols, forges, Git, the database. The caller fills a lower, binds the gateway's socket, and turns
//! changes into a tree.
//!
//! # Where to add things
//!
//! A refused system call: one line in `seccomp.rs`. A bind that every sandbox needs: `arguments.rs`; folders
//! that an administrator names come by `toolchains.rs`. A new limit:
//! [`Limits`], then `group.rs` (control groups) and `launch.rs` (process limits), and a probe in `tests/it/sandbox`.

use std::process::ExitCode;

mod task;

mod bubblewrap;
mod examine;
mod watch;

mod launch;
mod stage;

mod arguments;
mod seccomp;

mod domain;
mod forward;
mod init;

mod workspace;
mod workspaces;

mod kept;

mod capture;
mod compare;
mod lay;

mod group;
mod leftovers;
mod usage;

mod doctor;
mod settings;
mod stop;
mod toolchains;
mod tree;
mod walk;
mod wire;

pub use bubblewrap::Bubblewrap;
pub use capture::Bounds;
pub use capture::Capture;
pub use capture::Change;
pub use capture::ChangeKind;
pub use capture::capture;
pub use doctor::Doctor;
pub use doctor::Finding;
pub use doctor::Health;
pub use kept::Label;
pub use kept::Tier;
pub use lay::Laid;
pub use settings::Settings;
pub use task::Cancel;
pub use task::Ending;
pub use task::Input;
pub use task::Limits;
pub use task::Output;
pub use task::Running;
pub use task::Sandbox;
pub use task::Task;
pub use toolchains::Toolchains;
pub use workspace::Workspace;
pub use workspaces::Lower;
pub use workspaces::Workspaces;

/// Where the task finds the gateway, inside.
pub const GATEWAY_URL: &str = "http://127.0.0.1:7071";

const GATEWAY_PORT: u16 = 7071;

/// Where the task finds our own program, inside.
pub const OWN_PROGRAM: &str = "/run/forgehand/forgehand";

/// Where the task's files are, inside.
pub const WORKSPACE: &str = "/workspace";

/// Runs one of the room's hidden commands, if the arguments of this process name one. The first line of `main`: nothing
/// else may have happened in the process, no thread, no open file.
pub fn hidden_command() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next()?.to_str()? {
        "sandbox-launch" => Some(launch::main()),
        "sandbox-init" => Some(init::main(arguments)),
        _ => None,
    }
}
