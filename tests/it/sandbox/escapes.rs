//! Ways out of the sandbox, all of them closed.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt as _;

use forgehand::sandbox::Ending;

use super::Yard;
use super::task;

#[tokio::test]
async fn system_calls_of_no_use_to_an_agent_are_refused() {
    const NEW_USER: i64 = libc::CLONE_NEWUSER as i64 | libc::SIGCHLD as i64;
    let calls: [(&str, i64, &[i64]); 29] = [
        ("socket netlink", libc::SYS_socket, &[16, 3, 0]),
        ("socket packet", libc::SYS_socket, &[17, 3, 0]),
        ("socket vsock", libc::SYS_socket, &[40, 1, 0]),
        ("socket alg", libc::SYS_socket, &[38, 5, 0]),
        ("socket raw", libc::SYS_socket, &[2, 3, 1]),
        ("socket raw close-on-exec", libc::SYS_socket, &[10, 3 | 0o2_000_000, 58]),
        ("ptrace", libc::SYS_ptrace, &[0, 0, 0, 0]),
        ("process_vm_readv", libc::SYS_process_vm_readv, &[1, 0, 0, 0, 0, 0]),
        ("pidfd_getfd", libc::SYS_pidfd_getfd, &[0, 0, 0]),
        ("keyctl", libc::SYS_keyctl, &[0, -3, 0]),
        ("add_key", libc::SYS_add_key, &[0, 0, 0, 0, -3]),
        ("request_key", libc::SYS_request_key, &[0, 0, 0, -3]),
        ("io_uring_setup", libc::SYS_io_uring_setup, &[1, 0]),
        ("bpf", libc::SYS_bpf, &[0, 0, 0]),
        ("perf_event_open", libc::SYS_perf_event_open, &[0, 0, -1, -1, 0]),
        ("userfaultfd", libc::SYS_userfaultfd, &[1]),
        ("mount", libc::SYS_mount, &[0, 0, 0, 0, 0]),
        ("umount2", libc::SYS_umount2, &[0, 0]),
        ("fsopen", libc::SYS_fsopen, &[0, 0]),
        ("open_tree", libc::SYS_open_tree, &[-100, 0, 1]),
        ("pivot_root", libc::SYS_pivot_root, &[0, 0]),
        ("chroot", libc::SYS_chroot, &[0]),
        ("unshare user", libc::SYS_unshare, &[libc::CLONE_NEWUSER as i64]),
        ("setns", libc::SYS_setns, &[0, 0]),
        ("clone into a user namespace", libc::SYS_clone, &[NEW_USER, 0, 0, 0, 0]),
        ("kexec_load", libc::SYS_kexec_load, &[0, 0, 0, 0]),
        ("init_module", libc::SYS_init_module, &[0, 0, 0]),
        ("open_by_handle_at", libc::SYS_open_by_handle_at, &[0, 0, 0]),
        ("type into a terminal", libc::SYS_ioctl, &[0, libc::TIOCSTI as i64, 0]),
    ];
    let mut script = String::new();
    for (name, number, arguments) in &calls {
        let arguments: Vec<String> = arguments.iter().map(i64::to_string).collect();
        script +=
            &format!("print '{name}: ', syscall({number}, {}) < 0 ? $! : 'allowed', qq(\\n);", arguments.join(","));
    }
    script += &format!("print 'clone3: ', syscall({}, 0, 0) < 0 ? $! : 'allowed', qq(\\n);", libc::SYS_clone3);
    let yard = Yard::new();
    let workspace = yard.workspace(&[]);
    let outcome = yard.finish(&workspace, task(&workspace, ["perl", "-e", &script])).await;
    let refused: String =
        calls.iter().map(|(name, ..)| format!("{name}: Operation not permitted\n")).collect::<Vec<_>>().concat();
    assert_eq!(outcome.stdout, refused + "clone3: Function not implemented\n", "{}", outcome.stderr);
}

#[cfg(target_arch = "x86_64")]
#[tokio::test]
async fn second_names_of_system_calls_are_refused() {
    let yard = Yard::new();
    let workspace = yard.workspace(&[]);
    let script = format!("print syscall({}) < 0 ? $! : 'allowed'", 0x4000_0000 + libc::SYS_getpid);
    let outcome = yard.finish(&workspace, task(&workspace, ["perl", "-e", &script])).await;
    assert_eq!(outcome.stdout, "Operation not permitted");
}

#[tokio::test]
async fn no_network_but_the_gateway() {
    let yard = Yard::new();
    let workspace = yard.workspace(&[]);
    let host = TcpListener::bind("127.0.0.1:0").unwrap();
    let script = format!(
        r#"
        use Socket;
        for (["1.1.1.1", 443], ["169.254.169.254", 80], ["127.0.0.1", {}]) {{
            socket(S, PF_INET, SOCK_STREAM, 0) or die;
            print "$_->[0]: ", connect(S, sockaddr_in($_->[1], inet_aton($_->[0]))) ? "connected" : $!, "\n";
        }}
        socket(S, PF_INET, SOCK_DGRAM, 0) or die;
        print "datagram: ", send(S, "x", 0, sockaddr_in(53, inet_aton("1.1.1.1"))) ? "sent" : $!, "\n";
        open(F, "/proc/net/dev"); print map {{ /(\w+):/ ? "interface $1\n" : () }} <F>;
        "#,
        host.local_addr().unwrap().port()
    );
    let outcome = yard.finish(&workspace, task(&workspace, ["perl", "-e", &script])).await;
    insta::assert_snapshot!(outcome.stdout, @r"
    1.1.1.1: Network is unreachable
    169.254.169.254: Network is unreachable
    127.0.0.1: Connection refused
    datagram: Network is unreachable
    interface lo
    ");
}

#[tokio::test]
async fn nothing_of_the_server_is_seen() {
    let yard = Yard::new();
    let workspace = yard.workspace(&[]);
    let script = "ls / | grep -v '^lib'; ls /home /run /run/forgehand; ls /proc | grep -c '^[0-9]'; \
         cat /proc/1/environ /proc/1/mem /proc/1/maps; ls /proc/1/fd /proc/1/cwd; \
         cat /proc/self/environ | tr '\\0' '\\n' | cut -d= -f1 | sort; cd /proc/self/fd; echo *";
    let outcome = yard.shell(&workspace, script).await;
    insta::assert_snapshot!(outcome.stdout, @r"
    bin
    dev
    etc
    home
    proc
    run
    sbin
    tmp
    usr
    workspace
    /home:
    agent

    /run:
    forgehand

    /run/forgehand:
    forgehand
    gateway.sock
    4
    HOME
    LANG
    PATH
    PWD
    TERM
    TMPDIR
    0 1 2 3
    ");
    insta::assert_snapshot!(outcome.stderr, @r"
    cat: /proc/1/environ: Permission denied
    cat: /proc/1/mem: Permission denied
    cat: /proc/1/maps: Permission denied
    ls: cannot access '/proc/1/cwd': Permission denied
    ls: cannot open directory '/proc/1/fd': Permission denied
    ");
}

#[tokio::test]
async fn nothing_can_be_written_but_workspace_home_and_temporary_files() {
    let yard = Yard::new();
    let workspace = yard.workspace(&[]);
    let script = "for place in / /usr /etc /run /run/forgehand /home /dev /proc /proc/sys/kernel /sys \
         /workspace /home/agent /tmp /dev/shm; do (true > $place/x) 2>/dev/null && echo $place; done; \
         true > /run/forgehand/forgehand || rm /run/forgehand/gateway.sock || echo core > /proc/sys/kernel/core_pattern \
         || true > /etc/passwd || echo kept";
    let outcome = yard.shell(&workspace, script).await;
    insta::assert_snapshot!(outcome.stdout, @r"
    /workspace
    /home/agent
    /tmp
    /dev/shm
    kept
    ");
}

#[tokio::test]
async fn agent_has_no_rights_and_is_not_root_outside() {
    let yard = Yard::new();
    let workspace = yard.workspace(&[]);
    let script = "grep -E '^(Cap...|NoNewPrivs|Seccomp):' /proc/self/status; id; : > mine";
    let outcome = yard.shell(&workspace, script).await;
    insta::assert_snapshot!(outcome.stdout, @r"
    CapInh:	0000000000000000
    CapPrm:	0000000000000000
    CapEff:	0000000000000000
    CapBnd:	0000000000000000
    CapAmb:	0000000000000000
    NoNewPrivs:	1
    Seccomp:	2
    uid=1000(agent) gid=1000(agent) groups=1000(agent)
    ");
    let attempt = fs::read_dir(yard.folder.path().join("work/attempts")).unwrap().next().unwrap().unwrap();
    assert_ne!(fs::metadata(attempt.path().join("upper/mine")).unwrap().uid(), 0);
}

#[tokio::test]
async fn first_process_inside_cannot_be_stopped_or_killed() {
    let yard = Yard::new();
    let workspace = yard.workspace(&[]);
    let outcome = yard.shell(&workspace, "kill -STOP 1; kill -KILL 1; kill -TERM 1; kill -9 -1; exit 3").await;
    assert!(matches!(outcome.ending, Ending::Exited(3) | Ending::Signalled(9)), "{:?}", outcome.ending);
}
