//! A task starts with what it was given, and nothing else.

use std::time::Instant;

use forgehand::sandbox;
use forgehand::sandbox::Ending;
use forgehand::sandbox::Input;
use forgehand::sandbox::Sandbox as _;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;

use super::Yard;
use super::shell;
use super::task;
use super::write;

#[tokio::test]
async fn task_sees_its_files_and_says_how_it_ended() {
    let yard = Yard::new();
    let workspace = yard.workspace(&[("README.md", "hello"), ("src/main.rs", "fn main() {}")]);
    let outcome = yard
        .shell(&workspace, "pwd; id -u; hostname 2>/dev/null || cat /proc/sys/kernel/hostname; cat README.md; exit 7")
        .await;
    assert_eq!(outcome.stdout, "/workspace\n1000\nsandbox\nhello", "{}", outcome.stderr);
    assert_eq!(outcome.ending, Ending::Exited(7));
    assert_eq!(yard.shell(&workspace, "kill -9 $$").await.ending, Ending::Signalled(9));
}

#[tokio::test]
async fn environment_is_what_the_task_names() {
    let yard = Yard::new();
    let workspace = yard.workspace(&[]);
    let mut given = task(&workspace, ["/usr/bin/env"]);
    given.env = vec![("COLOUR".to_owned(), "green".to_owned()), ("TERM".to_owned(), "xterm".to_owned())];
    let outcome = yard.finish(&workspace, given).await;
    let mut names: Vec<&str> = outcome.stdout.lines().collect();
    names.sort_unstable();
    insta::assert_snapshot!(names.join("\n"), @r"
    COLOUR=green
    HOME=/home/agent
    LANG=C.UTF-8
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    TERM=xterm
    TMPDIR=/tmp
    ");
}

#[tokio::test]
async fn input_is_given_whole_or_as_it_comes() {
    let yard = Yard::new();
    let workspace = yard.workspace(&[]);
    let mut given = task(&workspace, ["wc", "-c"]);
    given.stdin = Input::Bytes(vec![b'x'; 3_000_000]);
    assert_eq!(yard.finish(&workspace, given).await.stdout.trim(), "3000000");

    let mut given = task(&workspace, ["cat"]);
    given.stdin = Input::Piped;
    let mut running = yard.start(&workspace, given).await;
    let (mut stdin, mut stdout) = (running.stdin().unwrap(), running.stdout().unwrap());
    let mut heard = [0; 5];
    stdin.write_all(b"one\n\n").await.unwrap();
    stdout.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"one\n\n");
    drop(stdin);
    assert_eq!(running.ended().await.unwrap(), Ending::Exited(0));
}

#[tokio::test]
async fn loopback_leads_to_the_gateway() {
    let yard = Yard::new();
    let workspace = yard.workspace(&[]);
    let script = r#"
        use Socket; socket(S, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
        connect(S, sockaddr_in(7071, inet_aton("127.0.0.1"))) or die "connect: $!";
        syswrite(S, "hello"); shutdown(S, 1); print while <S>;
    "#;
    let outcome = yard.finish(&workspace, task(&workspace, ["perl", "-e", script])).await;
    assert_eq!(outcome.stdout, "gateway: hello", "{}", outcome.stderr);
}

#[tokio::test]
async fn folders_are_shown_read_only() {
    let yard = Yard::new();
    let workspace = yard.workspace(&[]);
    let tools = yard.folder.path().join("tools");
    write(&tools.join("hammer"), "bang");
    let mut given = shell(&workspace, "cat /opt/tools/hammer; echo x > /opt/tools/hammer || echo refused");
    given.read_only = vec![(tools, "/opt/tools".into())];
    assert_eq!(yard.finish(&workspace, given).await.stdout, "bangrefused\n");
}

#[tokio::test]
async fn what_cannot_start_says_why() {
    let yard = Yard::new();
    let workspace = yard.workspace(&[]);
    let error = yard.sandbox.start(&workspace, task(&workspace, ["no-such-agent"])).await.err().unwrap();
    insta::assert_snapshot!(error, @"Cannot start the sandbox: cannot run `no-such-agent`: No such file or directory (os error 2)");

    let mut given = shell(&workspace, "true");
    given.read_only = vec![("/no/such/folder".into(), "/opt/tools".into())];
    let error = yard.sandbox.start(&workspace, given).await.err().unwrap();
    insta::assert_snapshot!(error, @"Cannot start the sandbox: cannot show `/no/such/folder`: No such file or directory (os error 2)");
    assert_eq!(yard.shell(&workspace, "true").await.ending, Ending::Exited(0), "the workspace is free again");
}

#[tokio::test]
async fn one_task_at_a_time_in_a_workspace() {
    let yard = Yard::new();
    let workspace = yard.workspace(&[]);
    let mut first = yard.start(&workspace, shell(&workspace, "echo kept > file; exec sleep 60")).await;
    let error = yard.sandbox.start(&workspace, shell(&workspace, "true")).await.err().unwrap();
    insta::assert_snapshot!(error, @"A task is still running in this workspace");
    first.cancel_handle().now();
    assert_eq!(first.ended().await.unwrap(), Ending::Cancelled);
    assert_eq!(yard.shell(&workspace, "ls").await.ending, Ending::Exited(0));
}

#[tokio::test]
async fn doctor_tries_a_sandbox_out() {
    let yard = Yard::new();
    let doctor = yard.sandbox.doctor().await;
    assert!(doctor.can_run(), "{doctor:?}");
    for name in ["bubblewrap", "sandbox", "overlay", "memory", "processes", "user", "disk"] {
        assert!(doctor.findings.iter().any(|finding| finding.name == name), "{name} in {doctor:?}");
    }
}

/// Not a timed test: prints what `bench` measures, for whoever runs it with `--no-capture`.
#[tokio::test]
async fn start_is_quick_enough_to_be_printed() {
    let yard = Yard::new();
    let mut times = Vec::new();
    for _ in 0..5 {
        let workspace = yard.workspace(&[("file", "")]);
        let start = Instant::now();
        let mut running = yard.start(&workspace, shell(&workspace, "true")).await;
        times.push(start.elapsed());
        running.ended().await.unwrap();
    }
    println!("{times:?} until a task runs; its gateway is {}", sandbox::GATEWAY_URL);
}
