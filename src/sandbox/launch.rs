//! The hidden command `forgehand sandbox-launch`: turns itself into bubblewrap, ready to go.
//!
//! It is a process of its own because namespaces, users and limits are taken on for good, and because a server with
//! many threads must not do more than start a program after a fork. It runs a few milliseconds.

use std::ffi::OsString;
use std::os::fd::AsFd as _;
use std::os::fd::AsRawFd as _;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::process::ExitCode;

use rustix::io::FdFlags;
use rustix::process::Resource;
use rustix::process::Rlimit;
use rustix::process::Signal;
use rustix::process::getppid;
use rustix::process::set_parent_process_death_signal;
use rustix::process::setrlimit;

use crate::sandbox;
use crate::sandbox::arguments;
use crate::sandbox::seccomp;
use crate::sandbox::stage;
use crate::sandbox::stage::Failed;
use crate::sandbox::wire;
use crate::sandbox::wire::Launch;
use crate::sandbox::wire::ProcessBounds;
use crate::sandbox::wire::Report;

/// Runs the command. Its standard input is the socket that the server talks on; it takes no arguments.
pub fn main() -> ExitCode {
    if !close_all_inherited() {
        return ExitCode::FAILURE;
    }
    let Ok(socket) = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3) else { return ExitCode::FAILURE };
    let Err(why) = launch(&socket);
    Report::Failed(why).send(&socket);
    ExitCode::FAILURE
}

/// Does not come back when all went well.
fn launch(socket: &OwnedFd) -> Result<std::convert::Infallible, Failed> {
    let [stdin, launch, inside] =
        wire::receive_descriptors(socket).map_err(|_| "nobody says what to start".to_owned())?;
    let launch: Launch = wire::unpacked(launch).map_err(|error| format!("cannot read what to start: {error}"))?;
    rustix::stdio::dup2_stdin(stdin).map_err(|error| format!("cannot take the task's input: {error}"))?;
    let stage = stage::set(&launch)?;
    die_with(launch.parent)?;
    let (workspace, copied) = stage::mount_workspace(&stage, launch.overlay)?;
    if let Some(why) = copied {
        Report::Copied(why).send(socket);
    }
    bound(&launch.bounds).map_err(|error| format!("cannot set the limits of processes: {error}"))?;

    let tell = keep(socket.try_clone())?;
    let filter = keep(wire::memory_file(&seccomp::program()))?;
    let inside = keep(Ok(inside))?;
    let report = keep(socket.try_clone())?;
    let mut files = Vec::new();
    for (path, content) in arguments::FILES {
        files.push((keep(wire::memory_file(content.as_bytes()))?, path));
    }
    let mut line = arguments::arguments(&arguments::Places {
        workspace,
        home: stage.attempt.join(sandbox::workspace::HOME),
        executable: stage.executable,
        gateway_socket: stage.gateway_socket,
        read_only: stage.read_only,
        files: files.iter().map(|(file, path)| (file.as_raw_fd(), *path)).collect(),
        filter: filter.as_raw_fd(),
        tell: tell.as_raw_fd(),
        temporary_bytes: launch.bounds.temporary_bytes,
    });
    let command = ["--", sandbox::OWN_PROGRAM, "sandbox-init"].map(OsString::from);
    line.extend(command);
    line.extend([&inside, &report].map(|one| OsString::from(one.as_raw_fd().to_string())));

    #[expect(clippy::disallowed_methods, reason = "this room starts sandboxes")]
    let failed = Command::new(&launch.bubblewrap).args(line).env_clear().current_dir("/").exec();
    Err(format!("cannot run `{}`: {failed}", launch.bubblewrap.display()))
}

/// Closes what the server inherited from whoever started it, and so did we: the task must not.
#[expect(unsafe_code, reason = "descriptors that nobody here owns can be closed in no safe way")]
fn close_all_inherited() -> bool {
    // SAFETY: this is the first thing the process does; it has opened nothing yet.
    unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) == 0 }
}

/// Lets the next program inherit a descriptor.
fn keep(descriptor: std::io::Result<OwnedFd>) -> Result<OwnedFd, Failed> {
    let kept = descriptor.and_then(|descriptor| {
        rustix::io::fcntl_setfd(descriptor.as_fd(), FdFlags::empty())?;
        Ok(descriptor)
    });
    kept.map_err(|error| format!("cannot hand on a descriptor: {error}"))
}

/// From here on the kernel kills this process, and bubblewrap after it, when the thread that started it ends. Asked for
/// only now: the kernel forgets the wish when a process changes its user.
fn die_with(parent: u32) -> Result<(), Failed> {
    set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|error| format!("cannot tie to the server: {error}"))?;
    match getppid().is_some_and(|now| u32::try_from(now.as_raw_nonzero().get()) == Ok(parent)) {
        true => Ok(()),
        false => Err("the server is gone".to_owned()),
    }
}

/// Sets limits of processes. That of their number counts within our user namespace only, so it is the task's own.
fn bound(bounds: &ProcessBounds) -> rustix::io::Result<()> {
    let both = |value: u64| Rlimit { current: Some(value), maximum: Some(value) };
    setrlimit(Resource::Nproc, both(u64::from(bounds.processes)))?;
    setrlimit(Resource::Fsize, both(bounds.file_bytes))?;
    setrlimit(Resource::Core, both(0))?;
    setrlimit(Resource::Msgqueue, both(0))?;
    setrlimit(Resource::Nofile, Rlimit { current: Some(1024), maximum: Some(65_536) })
        .or_else(|_| setrlimit(Resource::Nofile, both(1024)))?;
    bounds.data_bytes.map_or(Ok(()), |bytes| setrlimit(Resource::Data, both(bytes)))
}
