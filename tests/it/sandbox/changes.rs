//! What an agent left in its workspace, as we read it.

use forgehand::kit::ErrorKind;
use forgehand::model::TreePath;
use forgehand::sandbox;
use forgehand::sandbox::Bounds;
use forgehand::sandbox::Capture;
use forgehand::sandbox::ChangeKind;
use forgehand::sandbox::Ending;
use forgehand::sandbox::Laid;
use forgehand::sandbox::Settings;
use forgehand::sandbox::Workspace;

use super::Yard;
use super::task;

const FILES: [(&str, &str); 6] = [
    ("keep.txt", "keep"),
    ("edit.txt", "before"),
    ("gone.txt", "gone"),
    ("old/a.txt", "a"),
    ("old/b/c.txt", "c"),
    ("empty/only.txt", "only"),
];

fn captured(workspace: &Workspace) -> Capture {
    sandbox::capture(workspace, Bounds::default(), |_, _| false).unwrap()
}

/// One line a change.
fn lines(capture: &Capture) -> String {
    let line = |change: &sandbox::Change| {
        let path = String::from_utf8_lossy(&change.path);
        match &change.kind {
            ChangeKind::Written { executable, bytes, hard_linked, set_id } => {
                let mut marks = format!("{bytes} bytes");
                for (is, mark) in [(executable, " executable"), (hard_linked, " hard-linked"), (set_id, " set-id")] {
                    marks += if *is { mark } else { "" };
                }
                format!("{path}: {marks}")
            }
            ChangeKind::Link { target } => format!("{path}: -> {}", String::from_utf8_lossy(target)),
            ChangeKind::Removed => format!("{path}: removed"),
            ChangeKind::FolderReplaced => format!("{path}: replaced by a folder"),
            ChangeKind::Special(what) => format!("{path}: {what}"),
        }
    };
    capture.changes.iter().map(line).collect::<Vec<_>>().join("\n")
}

async fn after(yard: &Yard, script: &str) -> (Workspace, Capture) {
    let workspace = yard.workspace(&FILES);
    let outcome = yard.shell(&workspace, &format!("set -e; {script}")).await;
    assert_eq!(outcome.ending, Ending::Exited(0), "{}", outcome.stderr);
    let capture = captured(&workspace);
    (workspace, capture)
}

#[tokio::test]
async fn nothing_changed_is_nothing() {
    let yard = Yard::new();
    let (_workspace, capture) = after(&yard, "cat keep.txt; ls -R; mkdir -p new/folder").await;
    assert_eq!(lines(&capture), "");
}

#[tokio::test]
async fn files_are_added_edited_and_removed() {
    let yard = Yard::new();
    let script = "echo after > edit.txt; rm gone.txt; mkdir -p new; echo '#!/bin/sh' > new/run; chmod +x new/run; \
         rm -r empty; : > passing; rm passing; chmod 755 keep.txt";
    let (_workspace, capture) = after(&yard, script).await;
    insta::assert_snapshot!(lines(&capture), @r"
    edit.txt: 6 bytes
    empty: removed
    gone.txt: removed
    keep.txt: 4 bytes executable
    new/run: 10 bytes executable
    ");
    assert_eq!(capture.read(b"edit.txt", 100).unwrap(), b"after\n");
    assert_eq!(capture.read(b"edit.txt", 5).unwrap_err().kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn folders_are_renamed_and_replaced() {
    let yard = Yard::new();
    let script = "mv old moved; rm -r empty; mkdir empty; echo x > empty/other; rm edit.txt; mkdir edit.txt; \
         : > edit.txt/file; rm keep.txt; ln -s gone.txt keep.txt";
    let (_workspace, capture) = after(&yard, script).await;
    insta::assert_snapshot!(lines(&capture), @r"
    edit.txt: replaced by a folder
    edit.txt/file: 0 bytes
    empty: replaced by a folder
    empty/other: 2 bytes
    keep.txt: -> gone.txt
    moved/a.txt: 1 bytes
    moved/b/c.txt: 1 bytes
    old: removed
    ");
}

#[tokio::test]
async fn folder_becomes_a_file() {
    let yard = Yard::new();
    let (_workspace, capture) = after(&yard, "rm -r old; echo file > old").await;
    assert_eq!(lines(&capture), "old: 5 bytes");
}

#[tokio::test]
async fn hostile_entries_are_named_and_never_opened() {
    let yard = Yard::new();
    let script = "ln -s /etc/passwd stolen; ln -s / root; ln -s .. up; mkfifo pipe; ln edit.txt twin; \
         perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un(\"listener\"))'; \
         : > setuid; chmod 4755 setuid; mkdir -p .git/hooks sub/.GIT; echo evil > .git/hooks/post-checkout; \
         echo evil > sub/.GIT/config; mkdir shut; : > shut/file; chmod 000 shut keep.txt";
    let (_workspace, capture) = after(&yard, script).await;
    insta::assert_snapshot!(lines(&capture), @r"
    edit.txt: 6 bytes hard-linked
    keep.txt: 4 bytes
    listener: a socket
    pipe: a fifo
    root: -> /
    setuid: 0 bytes executable set-id
    shut/file: 0 bytes
    stolen: -> /etc/passwd
    sub/.GIT: a Git repository of its own
    twin: 6 bytes hard-linked
    up: -> ..
    ");
    assert_eq!(capture.read(b"keep.txt", 100).unwrap(), b"keep");
    for path in ["stolen", "root/etc/passwd", "../../lock", "pipe", "listener", "/etc/passwd", "shut"] {
        assert_eq!(capture.read(path.as_bytes(), 1 << 20).unwrap_err().kind(), ErrorKind::Conflict, "{path}");
    }
}

/// The marks that the kernel keeps in the upper directory cannot be made by hand.
#[tokio::test]
async fn marks_of_the_overlay_cannot_be_forged() {
    let yard = Yard::new();
    let workspace = yard.workspace(&FILES);
    let script = format!(
        "mkdir 'fresh'; for my $d ('old', 'fresh') {{ for my $n ('opaque', 'whiteout', 'redirect') {{
             syscall({}, my $a = $d, my $b = \"user.overlay.$n\", my $c = 'y', 1, 0) }} }}
         print syscall({}, -100, my $p = 'forged', {}, 0) < 0 ? $! : 'made';",
        libc::SYS_setxattr,
        libc::SYS_mknodat,
        libc::S_IFCHR | 0o600,
    );
    let outcome = yard.finish(&workspace, task(&workspace, ["perl", "-e", &script])).await;
    assert_eq!(outcome.stdout, "Operation not permitted", "{}", outcome.stderr);
    assert_eq!(lines(&captured(&workspace)), "");
}

#[tokio::test]
async fn capture_is_bounded_and_skips_what_it_is_told() {
    let yard = Yard::new();
    let script = "mkdir -p target/deep; for i in 1 2 3 4 5 6 7 8 9; do echo $i > target/deep/$i; done; echo x > source";
    let (workspace, _) = after(&yard, script).await;
    let few = Bounds { changes: 5, ..Bounds::default() };
    let error = sandbox::capture(&workspace, few, |_, _| false).unwrap_err();
    insta::assert_snapshot!(error, @"The workspace holds more than 5 changes or 256 MiB");
    let capture = sandbox::capture(&workspace, few, |path, is_folder| is_folder && path == b"target").unwrap();
    assert_eq!(lines(&capture), "source: 2 bytes");
    let sparse = yard.workspace(&FILES);
    assert_eq!(yard.shell(&sparse, "truncate -s 900M sparse").await.ending, Ending::Exited(0));
    let error = sandbox::capture(&sparse, Bounds::default(), |_, _| false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn changes_of_several_tasks_add_up() {
    let yard = Yard::new();
    let (workspace, _) = after(&yard, "echo one > first").await;
    yard.shell(&workspace, "cat first > second; rm first edit.txt").await;
    assert_eq!(lines(&captured(&workspace)), "edit.txt: removed\nsecond: 4 bytes");
}

#[tokio::test]
async fn machine_without_overlays_finds_the_same_changes() {
    let script = "echo after > edit.txt; rm gone.txt; mv old moved; rm -r empty; echo file > empty; chmod +x keep.txt; \
         ln -s gone.txt link; mkfifo pipe; mkdir .git; echo evil > .git/config; echo evil > moved/.git";
    let overlaid = Yard::new();
    let (_overlay, expected) = after(&overlaid, script).await;
    let copied = Yard::with(Settings { overlays: false, ..Settings::default() });
    let (copy, capture) = after(&copied, script).await;
    assert_eq!(capture.changes, expected.changes);
    copied.shell(&copy, "echo again > edit.txt").await;
    assert_eq!(captured(&copy).read(b"edit.txt", 100).unwrap(), b"again\n");
}

#[tokio::test]
async fn earlier_work_is_laid_into_a_fresh_workspace_as_if_it_had_just_been_done() {
    let file = |bytes: &str, executable| Laid::File { bytes: bytes.into(), executable };
    let work = [
        ("edit.txt", file("after", true)),
        ("gone.txt", Laid::Removed),
        ("old/a.txt", Laid::Removed),
        ("old/b/c.txt", Laid::Removed),
        ("old", file("a file now", false)),
        ("empty/only.txt", Laid::Removed),
        ("keep.txt", Laid::Removed),
        ("keep.txt/inside", file("a folder now", false)),
        ("link", Laid::Link { target: b"/etc/passwd".to_vec() }),
        ("new/deep/file", file("new", false)),
    ];
    let work: Vec<(TreePath, Laid)> = work.into_iter().map(|(path, laid)| (path.parse().unwrap(), laid)).collect();
    for overlays in [true, false] {
        let yard = Yard::with(Settings { overlays, ..Settings::default() });
        let workspace = yard.workspace(&FILES);
        workspace.lay(&work).unwrap();
        let script = "cat edit.txt old keep.txt/inside new/deep/file; test -x edit.txt; readlink link; test ! -e gone.txt; \
                      ls empty; echo more >> new/deep/file; rm edit.txt; mkdir edit.txt";
        let outcome = yard.shell(&workspace, &format!("set -e; {script}")).await;
        assert_eq!(outcome.ending, Ending::Exited(0), "overlays: {overlays}: {}", outcome.stderr);
        assert_eq!(outcome.stdout, "aftera file nowa folder nownew/etc/passwd\n", "overlays: {overlays}");
        let told = lines(&captured(&workspace));
        for line in ["gone.txt: removed", "old: 10 bytes", "keep.txt/inside: 12 bytes", "link: -> /etc/passwd"] {
            assert!(told.lines().any(|told| told == line), "overlays: {overlays}: {line} in\n{told}");
        }
    }
}
