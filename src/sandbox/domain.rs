//! Landlock: the kernel's own word on what the task may write and whom it may signal, beside mounts, users and the filter.
//!
//! One more wall, which holds when a mount turns out writable that should not be, and keeps the first process inside from
//! signals. Put up by that process in its only thread that starts programs, so that the task and all its children are born
//! behind it. Kernels know more or less of it: what this one cannot do is left out, and the doctor says so.

use landlock::ABI;
use landlock::Access as _;
use landlock::AccessFs;
use landlock::BitFlags;
use landlock::Ruleset;
use landlock::RulesetAttr as _;
use landlock::RulesetCreatedAttr as _;
use landlock::Scope;
use landlock::path_beneath_rules;

use crate::sandbox::WORKSPACE;
use crate::sandbox::arguments;

/// What the rules were written and tried against. Later kernels keep them.
const KNOWN: ABI = ABI::V6;

/// Where a task may write.
const WRITABLE: [&str; 4] = [WORKSPACE, arguments::HOME, "/tmp", "/dev/shm"];

/// Where it may write to what is there: devices such as `/dev/null`, and what the kernel tells of the task itself.
const DEVICES: [&str; 2] = ["/dev", "/proc"];

/// Puts this thread, and whatever it starts, behind the wall. Where the kernel has none, nothing happens.
pub fn enter() -> Result<(), String> {
    let all = AccessFs::from_all(KNOWN);
    let devices: BitFlags<AccessFs> = AccessFs::from_read(KNOWN) | AccessFs::WriteFile | AccessFs::IoctlDev;
    let ruled = Ruleset::default()
        .handle_access(all)
        .and_then(|rules| rules.scope(Scope::from_all(KNOWN)))
        .and_then(Ruleset::create)
        .and_then(|rules| rules.add_rules(path_beneath_rules(["/"], AccessFs::from_read(KNOWN))))
        .and_then(|rules| rules.add_rules(path_beneath_rules(DEVICES, devices)))
        .and_then(|rules| rules.add_rules(path_beneath_rules(WRITABLE, all)))
        .and_then(landlock::RulesetCreated::restrict_self);
    ruled.map(drop).map_err(|error| format!("cannot put up the kernel's own wall: {error}"))
}

/// The version that this kernel has; 0 for none.
#[expect(unsafe_code, reason = "the library keeps its own look at the version to itself")]
pub fn version() -> i64 {
    const ASK_VERSION: u32 = 1;
    // SAFETY: with this flag the call reads nothing and makes nothing; it answers a number or an error.
    unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<u8>(), 0_usize, ASK_VERSION) }.max(0)
}

/// The version from which signals to processes outside are refused too.
pub const WITH_SIGNALS: i64 = 6;
