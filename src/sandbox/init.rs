//! The hidden command `forgehand sandbox-init`: the first process inside.
//!
//! It stands between the task and the server's socket, starts the task, takes in orphans and tells how the task ended.
//! When it exits, the kernel ends whatever is left inside. Signals from inside cannot stop it, and its memory and
//! descriptors are closed to the task although both have the same user. Where the kernel has Landlock, the task is born behind it.

use std::ffi::OsString;
use std::io;
use std::os::fd::FromRawFd as _;
use std::os::fd::OwnedFd;
use std::process::Command;
use std::process::ExitCode;

use rustix::io::FdFlags;
use rustix::process::DumpableBehavior;
use rustix::process::WaitOptions;
use rustix::process::set_dumpable_behavior;
use rustix::process::wait;

use crate::sandbox;
use crate::sandbox::domain;
use crate::sandbox::forward;
use crate::sandbox::wire;
use crate::sandbox::wire::Inside;
use crate::sandbox::wire::Report;

/// Runs the command. Its arguments are the numbers of two descriptors: what to run, and where to report.
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let numbers: Vec<i32> = arguments.filter_map(|one| one.to_str()?.parse().ok()).collect();
    let [inside, report] = numbers[..] else { return ExitCode::FAILURE };
    let (Ok(inside), Ok(report)) = (adopt(inside), adopt(report)) else { return ExitCode::FAILURE };
    let ended = run(inside, &report).unwrap_or_else(Report::Failed);
    ended.send(&report);
    ExitCode::SUCCESS
}

fn run(inside: OwnedFd, report: &OwnedFd) -> Result<Report, String> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|error| format!("cannot hide from the task: {error}"))?;
    let Inside { argv, env } = wire::unpacked(inside).map_err(|error| format!("cannot read what to run: {error}"))?;
    let (program, arguments) = argv.split_first().ok_or("the task names no program")?;
    forward::listen().map_err(|error| format!("cannot listen for the task: {error}"))?;
    domain::enter()?;
    hear_nothing();
    wire::await_go(report).map_err(|_| "the server is gone".to_owned())?;
    #[expect(clippy::disallowed_methods, reason = "this room starts sandboxes")]
    let child = Command::new(program).args(arguments).env_clear().envs(env).current_dir(sandbox::WORKSPACE).spawn();
    let child = child.map_err(|error| format!("cannot run `{}`: {error}", program.display()))?;
    Report::Running.send(report);
    reap_until(child.id()).map_err(|error| format!("cannot wait for the task: {error}"))
}

/// Waits for orphans too, until the task itself ends.
fn reap_until(task: u32) -> io::Result<Report> {
    loop {
        let Some((pid, status)) = wait(WaitOptions::empty())? else { continue };
        if u32::try_from(pid.as_raw_nonzero().get()) != Ok(task) {
            continue;
        }
        if let Some(signal) = status.terminating_signal() {
            return Ok(Report::Signalled(signal));
        }
        if let Some(code) = status.exit_status() {
            return Ok(Report::Exited(code));
        }
    }
}

/// Handles signals by doing nothing. The kernel keeps them from the first process of a namespace, but not where it finds them
/// waiting: while a program is being started, all are blocked. A program that is started begins without these handlers.
#[expect(unsafe_code, reason = "handlers of signals are set in no other way")]
fn hear_nothing() {
    extern "C" fn nothing(_: libc::c_int) {}
    for signal in
        [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGALRM, libc::SIGUSR1, libc::SIGUSR2]
    {
        // SAFETY: the handler touches nothing, and the structure is whole: zeroes are an empty mask.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = nothing as extern "C" fn(libc::c_int) as usize;
            action.sa_flags = libc::SA_RESTART;
            libc::sigaction(signal, &action, std::ptr::null_mut());
        }
    }
}

/// Takes over a descriptor that was inherited by number, and keeps it from the task.
#[expect(unsafe_code, reason = "a descriptor inherited by number can be taken over in no other way")]
fn adopt(number: i32) -> io::Result<OwnedFd> {
    if number < 3 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: the launcher opened this number for us, and nothing else in this process knows it. A number that is not
    // open fails in the next line, before anything can be opened under it.
    let descriptor = unsafe { OwnedFd::from_raw_fd(number) };
    rustix::io::fcntl_setfd(&descriptor, FdFlags::CLOEXEC)?;
    Ok(descriptor)
}
