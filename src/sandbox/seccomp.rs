//! The filter of system calls that every process inside runs under.
//!
//! It refuses what agents have no use for and the kernel has had most holes in. Refused calls answer `EPERM`; `clone3`
//! answers `ENOSYS`, because its flags lie in memory where a filter cannot look, and then C libraries fall back to
//! `clone`. On x86-64 the numbers of the x32 variant are refused as a whole: they would be a second name for each call.

use std::collections::BTreeMap;

use seccompiler::BpfProgram;
use seccompiler::SeccompAction;
use seccompiler::SeccompCmpArgLen;
use seccompiler::SeccompCmpOp;
use seccompiler::SeccompCondition;
use seccompiler::SeccompFilter;
use seccompiler::SeccompRule;
use seccompiler::TargetArch;
use seccompiler::sock_filter;

/// The filter as the kernel reads it, for this processor.
pub fn program() -> Vec<u8> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = REFUSED.iter().map(|call| (*call, Vec::new())).collect();
    rules.insert(libc::SYS_socket, sockets());
    rules.insert(libc::SYS_clone, namespaces());
    rules.insert(libc::SYS_ioctl, terminals());
    let target = TargetArch::try_from(std::env::consts::ARCH).expect("forgehand is built for x86_64 and aarch64");
    let refuse = SeccompAction::Errno(libc::EPERM as u32);
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, target).expect("the two actions differ");
    let body = BpfProgram::try_from(filter).expect("the rules are few enough for a filter");
    head().iter().chain(&body).flat_map(bytes).collect()
}

/// Calls that are refused whatever their arguments.
const REFUSED: &[i64] = &[
    // Keys of the kernel are not in a namespace.
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    // Rings run calls past the filter.
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // Other processes' memory and descriptors.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    // Programs in the kernel, and looking at it.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_fanotify_init,
    libc::SYS_lookup_dcookie,
    libc::SYS_syslog,
    // Mounts and namespaces.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_unshare,
    libc::SYS_setns,
    // Files by a handle that no path leads to.
    libc::SYS_open_by_handle_at,
    // The machine itself.
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_nfsservctl,
    libc::SYS_vhangup,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
    libc::SYS_move_pages,
    libc::SYS_migrate_pages,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_uselib,
];

/// The C library calls it obsolete; the kernel still knows it.
const SOCK_PACKET: i32 = 10;

/// Refused: every family but Unix and the two of the internet, and raw access to those.
fn sockets() -> Vec<SeccompRule> {
    let family = |family: i32| condition(0, SeccompCmpOp::Ne, family as u64);
    // The kind of a socket is in the lowest four bits; flags are above.
    let kind = |kind: i32| condition(1, SeccompCmpOp::MaskedEq(0xf), kind as u64);
    vec![
        rule(vec![family(libc::AF_UNIX), family(libc::AF_INET), family(libc::AF_INET6)]),
        rule(vec![kind(libc::SOCK_RAW)]),
        rule(vec![kind(SOCK_PACKET)]),
    ]
}

/// Refused: a process in a namespace of its own.
fn namespaces() -> Vec<SeccompRule> {
    [
        libc::CLONE_NEWUSER,
        libc::CLONE_NEWNS,
        libc::CLONE_NEWPID,
        libc::CLONE_NEWNET,
        libc::CLONE_NEWIPC,
        libc::CLONE_NEWUTS,
        libc::CLONE_NEWCGROUP,
    ]
    .into_iter()
    .map(|flag| u64::from(flag as u32))
    .map(|flag| rule(vec![condition(0, SeccompCmpOp::MaskedEq(flag), flag)]))
    .collect()
}

/// Refused: typing into a terminal on behalf of its user.
fn terminals() -> Vec<SeccompRule> {
    [libc::TIOCSTI, libc::TIOCLINUX]
        .into_iter()
        .map(|request| rule(vec![condition(1, SeccompCmpOp::Eq, u64::from(request as u32))]))
        .collect()
}

fn condition(argument: u8, operator: SeccompCmpOp, value: u64) -> SeccompCondition {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value).expect("the argument is one of six")
}

fn rule(conditions: Vec<SeccompCondition>) -> SeccompRule {
    SeccompRule::new(conditions).expect("the rule has a condition")
}

/// What the filter's author cannot say: instructions that look at the call's number before it.
fn head() -> Vec<sock_filter> {
    const LOAD: u16 = 0x20;
    const JUMP_IF_EQUAL: u16 = 0x15;
    const JUMP_IF_NOT_LESS: u16 = 0x35;
    const ANSWER: u16 = 0x06;
    const X32: u32 = 0x4000_0000;
    let step = |code, skip_if_not, k| sock_filter { code, jt: 0, jf: skip_if_not, k };
    let mut head = vec![
        step(LOAD, 0, 0),
        step(JUMP_IF_EQUAL, 1, libc::SYS_clone3 as u32),
        step(ANSWER, 0, libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32),
    ];
    if cfg!(target_arch = "x86_64") {
        head.push(step(JUMP_IF_NOT_LESS, 1, X32));
        head.push(step(ANSWER, 0, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32));
    }
    head
}

fn bytes(step: &sock_filter) -> [u8; 8] {
    let mut bytes = [0; 8];
    bytes[..2].copy_from_slice(&step.code.to_ne_bytes());
    bytes[2] = step.jt;
    bytes[3] = step.jf;
    bytes[4..].copy_from_slice(&step.k.to_ne_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filter_fits_what_the_kernel_takes() {
        let program = program();
        assert_eq!(program.len() % 8, 0);
        assert!(program.len() / 8 < 4096);
    }
}
