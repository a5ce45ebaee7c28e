//! The cache of checkouts, the folders of attempts, and what a server that died leaves.

use std::fs;
use std::io::BufRead as _;
use std::io::BufReader;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use forgehand::kit::Error;
use forgehand::kit::error::Context as _;
use forgehand::sandbox::Label;
use forgehand::sandbox::Lower;
use forgehand::sandbox::Settings;
use forgehand::sandbox::Tier;
use forgehand::sandbox::Workspaces;

use super::Yard;
use super::shell;
use super::task;

fn open(dir: &Path, most_checkouts: usize) -> Workspaces {
    Workspaces::open(dir, Settings { most_checkouts, ..Settings::default() }).unwrap()
}

fn fill(workspaces: &Workspaces, key: &str) -> Lower {
    let write = |dir: &Path| fs::write(dir.join("key"), key).context("could not write");
    workspaces.cached(key, write).unwrap()
}

fn is_cached(workspaces: &Workspaces, key: &str) -> bool {
    workspaces.cached(key, |_| Err(Error::not_found("checkout"))).is_ok()
}

#[test]
fn checkout_is_filled_once_and_outlives_the_server() {
    let dir = tempfile::tempdir().unwrap();
    let path = {
        let workspaces = open(dir.path(), 9);
        fill(&workspaces, "one").path().to_owned()
    };
    let workspaces = open(dir.path(), 9);
    let lower = workspaces.cached("one", |_| Err(Error::internal("filled again"))).unwrap();
    assert_eq!(lower.path(), path);
    assert_eq!(fs::read_to_string(path.join("key")).unwrap(), "one");
}

#[test]
fn failed_checkout_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let workspaces = open(dir.path(), 9);
    let half = workspaces.cached("one", |dir| {
        fs::write(dir.join("half"), "half").unwrap();
        Err(Error::internal("the disk is full"))
    });
    assert_eq!(half.unwrap_err().message(), "the disk is full");
    assert_eq!(fs::read_dir(dir.path().join("checkouts")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(fill(&workspaces, "one").path()).unwrap().count(), 1);
}

#[test]
fn half_written_checkout_of_a_dead_server_is_thrown_away() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path(), 9));
    fs::create_dir_all(dir.path().join("checkouts/draft-x/tree")).unwrap();
    fs::create_dir_all(dir.path().join("checkouts/unmarked/tree")).unwrap();
    open(dir.path(), 9);
    assert_eq!(fs::read_dir(dir.path().join("checkouts")).unwrap().count(), 0);
}

#[test]
fn least_recently_used_checkout_makes_room_unless_it_is_in_use() {
    let dir = tempfile::tempdir().unwrap();
    let workspaces = open(dir.path(), 2);
    let held = fill(&workspaces, "held");
    fill(&workspaces, "two");
    fill(&workspaces, "three");
    assert!(held.path().join("key").exists(), "in use");
    assert!(!is_cached(&workspaces, "two"));
    assert!(is_cached(&workspaces, "three"));
    drop(held);
    fill(&workspaces, "four");
    assert!(!is_cached(&workspaces, "held"));
}

#[test]
fn two_servers_do_not_share_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    let _first = open(dir.path(), 9);
    let error = Workspaces::open(dir.path(), Settings::default()).unwrap_err();
    assert!(error.message().contains("another server has them"), "{error}");
}

#[test]
fn workspace_costs_the_same_for_any_number_of_files() {
    let dir = tempfile::tempdir().unwrap();
    let workspaces = open(dir.path(), 9);
    let mut entries = Vec::new();
    for files in [1, 2_000] {
        let lower = workspaces.cached(&files.to_string(), |dir| {
            (0..files).for_each(|n| fs::write(dir.join(n.to_string()), "").unwrap());
            Ok(())
        });
        let _workspace = workspaces.open_attempt(&lower.unwrap()).unwrap();
        let attempt = fs::read_dir(dir.path().join("attempts")).unwrap().next().unwrap().unwrap().path();
        entries.push(fs::read_dir(attempt).unwrap().count());
    }
    assert_eq!(entries[0], entries[1]);
}

#[tokio::test]
async fn deep_and_shut_folders_can_be_removed() {
    let yard = Yard::new();
    let workspace = yard.workspace(&[]);
    let script = "for (1 .. 2500) { mkdir 'dd'; chdir 'dd' or die } open F, '>', 'f'; chmod 0, '..'; chmod 0, '.'";
    yard.finish(&workspace, task(&workspace, ["perl", "-e", script])).await;
    let work = yard.folder.path().join("work");
    let Yard { sandbox, workspaces, folder } = yard;
    drop((workspace, sandbox, workspaces));
    wait_until_empty(&work.join("trash"));
    assert_eq!(fs::read_dir(work.join("attempts")).unwrap().count(), 0);
    drop(folder);
}

fn label(name: &str, tier: Tier) -> Label {
    Label { name: name.into(), key: "one".into(), tier }
}

#[tokio::test]
async fn a_kept_workspace_is_opened_again_as_it_was_left_and_never_in_another_tier() {
    for overlays in [true, false] {
        let yard = Yard::with(Settings { overlays, ..Settings::default() });
        let workspace = yard.workspace(&[("file", "before"), ("gone", "gone")]);
        let lower = workspace.lower().clone();
        workspace.label(&label("a", Tier::Untrusted)).unwrap();
        yard.shell(&workspace, "echo after > file; rm gone; echo known > ~/memory").await;
        assert!(workspace.keep().unwrap().is_some_and(|bytes| bytes > 0));
        drop(workspace);
        assert!(yard.workspaces.is_kept("a"));

        let other = yard.workspaces.reopen(&label("a", Tier::Trusted), &lower).unwrap_err();
        assert!(other.message().contains("another trust tier"), "{other}");
        let elsewhere = Label { key: "two".into(), ..label("a", Tier::Untrusted) };
        assert!(yard.workspaces.reopen(&elsewhere, &lower).is_err(), "over another checkout");
        assert!(yard.workspaces.reopen(&label("b", Tier::Untrusted), &lower).unwrap().is_none());

        let again = yard.workspaces.reopen(&label("a", Tier::Untrusted), &lower).unwrap().unwrap();
        assert!(!yard.workspaces.is_kept("a"), "it is in use now");
        let _gateway = std::os::unix::net::UnixListener::bind(again.gateway_socket()).unwrap();
        let outcome = yard.shell(&again, "cat file ~/memory; test ! -e gone && echo gone").await;
        assert_eq!(outcome.stdout, "after\nknown\ngone\n", "overlays: {overlays}: {}", outcome.stderr);
    }
}

#[tokio::test]
async fn a_workspace_that_nothing_was_written_to_is_not_kept() {
    let yard = Yard::new();
    let workspace = yard.workspace(&[("file", "before")]);
    workspace.label(&label("a", Tier::Trusted)).unwrap();
    yard.shell(&workspace, "cat file").await;
    assert_eq!(workspace.keep().unwrap(), None);
    assert!(!yard.workspaces.is_kept("a"));
}

#[test]
fn a_checkout_that_somebody_deleted_is_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let workspaces = open(dir.path(), 9);
    let path = fill(&workspaces, "one").path().to_owned();
    fs::remove_dir_all(&path).unwrap();
    assert_eq!(fs::read_to_string(fill(&workspaces, "one").path().join("key")).unwrap(), "one");
}

/// The process that the next test kills; does nothing on its own.
#[tokio::test]
async fn server_that_dies() {
    #[expect(clippy::disallowed_methods, reason = "told by the test that starts this process")]
    let Ok(marker) = std::env::var("FORGEHAND_TEST_DIES") else { return };
    let yard = Yard::new();
    let workspace = yard.workspace(&[]);
    let script = format!("trap '' TERM; setsid sleep {marker} & exec sleep {marker}");
    let mut running = yard.start(&workspace, shell(&workspace, &script)).await;
    println!("\nfolder {}", yard.folder.path().display());
    running.ended().await.unwrap();
}

#[tokio::test]
async fn nothing_outlives_a_killed_server() {
    // A length of sleep that no other process has.
    let marker = format!("6{}", std::process::id());
    #[expect(clippy::disallowed_methods, reason = "a server to be killed is a process of its own")]
    let mut server = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sandbox::checkouts::server_that_dies", "--nocapture"])
        .env("FORGEHAND_TEST_DIES", &marker)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(server.stdout.take().unwrap()).lines();
    let folder = said.map(Result::unwrap).find_map(|line| Some(line.strip_prefix("folder ")?.to_owned())).unwrap();
    until("both processes of the agent to run", || sleepers(&marker) >= 2);
    server.kill().unwrap();
    server.wait().unwrap();
    let work = Path::new(&folder).join("work");
    assert_eq!(fs::read_dir(work.join("attempts")).unwrap().count(), 1);
    let _workspaces = open(&work, 9);
    assert_eq!(fs::read_dir(work.join("attempts")).unwrap().count(), 0);
    until("the agent to end with its server", || sleepers(&marker) == 0);
    wait_until_empty(&work.join("trash"));
    fs::remove_dir_all(folder).unwrap();
}

/// Deleting goes on in the background.
fn wait_until_empty(dir: &Path) {
    until("the trash to be emptied", || fs::read_dir(dir).unwrap().count() == 0);
}

/// Looks again and again, and says after a minute what it waits for in vain.
fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain for {what}");
        std::thread::yield_now();
    }
}

fn sleepers(marker: &str) -> usize {
    let wanted = format!("sleep\0{marker}\0");
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter(|process| fs::read_to_string(process.path().join("cmdline")).is_ok_and(|line| line == wanted))
        .count()
}
