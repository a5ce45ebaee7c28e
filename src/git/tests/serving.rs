//! Clones and pushes with a real client.

use std::fmt::Write as _;
use std::io::Read as _;
use std::sync::atomic::Ordering;

use crate::git::Git;
use crate::git::Settings;
use crate::git::tests::Shelf;
use crate::git::tests::client::Client;
use crate::git::tests::client::Server;
use crate::kit::ErrorKind;
use crate::kit::page::Paging;

#[tokio::test]
async fn a_clone_and_a_push_go_round() {
    let shelf = Shelf::new().await;
    shelf.commit(&[("a.txt", Some("one\n"))]).await;
    let server = Server::start(&shelf.repository, &["main"]).await;
    let alice = Client::new(shelf.home.path(), "alice");
    alice.git(&["clone", "-q", &server.url(), "."]).await;
    alice.git(&["switch", "-qc", "topic"]).await;
    alice.write("b.txt", b"two\n");
    alice.git(&["add", "."]).await;
    alice.git(&["commit", "-qm", "Add b"]).await;
    alice.git(&["push", "-q", "origin", "topic"]).await;
    assert_eq!(server.ended.load(Ordering::SeqCst), 1);
    let tip = shelf.repository.resolve("topic").await.unwrap().unwrap();
    assert_eq!(tip.as_str(), alice.git(&["rev-parse", "HEAD"]).await);

    for version in ["0", "1", "2"] {
        let version = format!("protocol.version={version}");
        let listed = alice.git(&["-c", &version, "ls-remote", "origin"]).await;
        assert!(listed.contains("refs/heads/topic"), "{listed}");
    }
    alice.git(&["fetch", "-q", "--depth=1", &server.url(), "topic"]).await;
}

#[tokio::test]
async fn a_refused_push_says_how_to_propose_and_leaves_nothing() {
    let shelf = Shelf::new().await;
    let before = shelf.commit(&[("a.txt", Some("one\n"))]).await;
    let server = Server::start(&shelf.repository, &["main"]).await;
    let alice = Client::new(shelf.home.path(), "alice");
    alice.git(&["clone", "-q", &server.url(), "."]).await;
    alice.write("a.txt", b"two\n");
    alice.git(&["commit", "-qam", "Change"]).await;
    let new = alice.git(&["rev-parse", "HEAD"]).await;

    let told = alice.fails(&["push", "origin", "main"]).await;
    assert!(told.contains("remote: the branch `main` is protected and is not moved by a push"), "{told}");
    assert!(told.contains("remote: hint: push another branch and open a pull request"), "{told}");
    for target in
        ["refs/forgehand/proposals/1/1", "refs/replace/1111111111111111111111111111111111111111", "refs/pull/1/head"]
    {
        let told = alice.fails(&["push", "origin", &format!("HEAD:{target}")]).await;
        assert!(told.contains("only branches and tags") || told.contains("hidden ref"), "{told}");
    }
    assert_eq!(shelf.repository.resolve("main").await.unwrap(), Some(before));
    assert_eq!(shelf.repository.commit(&new.parse().unwrap()).await.unwrap(), None);
    assert_eq!(shelf.repository.all_refs().await.unwrap().len(), 1);
}

#[tokio::test]
async fn ten_thousand_commits_are_pushed_walked_and_cloned() {
    let shelf = Shelf::new().await;
    let server = Server::start(&shelf.repository, &[]).await;
    let alice = Client::new(shelf.home.path(), "alice");
    alice.git(&["init", "-q", "."]).await;
    let mut stream = String::new();
    for number in 0..10_000 {
        let content = format!("{number}\n").repeat(20);
        let (name, time) = (number % 100, 1_600_000_000 + number);
        write!(stream, "commit refs/heads/main\ncommitter A <a@example.org> {time} +0000\ndata 3\nc\n\n").unwrap();
        write!(stream, "M 100644 inline dir{}/file{name}\ndata {}\n{content}\n", name / 10, content.len()).unwrap();
    }
    alice.import(stream).await;
    alice.git(&["push", "-q", &server.url(), "main"]).await;
    let tip = shelf.repository.resolve("main").await.unwrap().unwrap();
    let log = shelf.repository.log(&tip, None, Paging::new(Some(100), None)).await.unwrap();
    assert_eq!((log.total, log.items.len()), (10_000, 30));
    let one = shelf.repository.log(&tip, Some(&"dir3/file30".parse().unwrap()), Paging::new(None, None)).await.unwrap();
    assert_eq!(one.total, 100);

    let bob = Client::new(shelf.home.path(), "bob");
    bob.git(&["clone", "-q", &server.url(), "."]).await;
    assert_eq!(bob.git(&["rev-list", "--count", "HEAD"]).await, "10000");
}

#[tokio::test]
async fn an_object_that_fails_the_check_is_refused() {
    let shelf = Shelf::new().await;
    shelf.commit(&[("a.txt", Some("one\n"))]).await;
    let server = Server::start(&shelf.repository, &[]).await;
    let mallory = Client::new(shelf.home.path(), "mallory");
    mallory.git(&["init", "-q", "."]).await;
    // A tree with `.git` in it: checked out by a careless program, it would be configuration.
    mallory.write("payload", b"[core]\n\tfsmonitor = touch canary\n");
    let blob = mallory.git(&["hash-object", "-w", "payload"]).await;
    let inner = tree(&mallory, &[("100644", "config", &blob)]).await;
    for (mode, name, id) in
        [("40000", ".git", &inner), ("40000", "..", &inner), ("40000", ".GIT", &inner), ("100644", "a/b", &blob)]
    {
        let bad = tree(&mallory, &[(mode, name, id)]).await;
        let commit = mallory.git(&["commit-tree", "-m", "x", &bad]).await;
        let told = mallory.fails(&["push", &server.url(), &format!("{commit}:refs/heads/bad")]).await;
        assert!(told.contains("fsck") || told.contains("unpack"), "{name}: {told}");
        assert_eq!(shelf.repository.commit(&commit.parse().unwrap()).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_push_of_a_hundred_megabytes_arrives() {
    let shelf = Shelf::new().await;
    let server = Server::start(&shelf.repository, &[]).await;
    let alice = Client::new(shelf.home.path(), "alice");
    push_noise(&alice, 100 * 1024 * 1024).await;
    alice.git(&["-c", "pack.compression=0", "push", "-q", &server.url(), "main"]).await;
    // The client asked first, with an empty push, whether it may.
    assert_eq!(server.ended.load(Ordering::SeqCst), 2);
    let tip = shelf.repository.resolve("main").await.unwrap().unwrap();
    let told = shelf.repository.file(&tip, &"noise".parse().unwrap()).await.unwrap_err();
    assert_eq!(told.kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn a_push_over_the_limit_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let settings = Settings { push_limit: 1024 * 1024, ..Settings::default() };
    let git = Git::open(home.path(), &settings).await.unwrap();
    let (owner, name, branch) = ("acme".parse().unwrap(), "tool".parse().unwrap(), "main".parse().unwrap());
    let repository = git.create(&owner, &name, &branch).await.unwrap();
    let server = Server::start(&repository, &[]).await;
    let alice = Client::new(home.path(), "alice");
    push_noise(&alice, 5 * 1024 * 1024).await;
    let told = alice.fails(&["-c", "pack.compression=0", "push", "-q", &server.url(), "main"]).await;
    assert!(told.contains("pack exceeds maximum allowed size"), "{told}");
    assert_eq!(repository.all_refs().await.unwrap(), []);
}

/// Commits a file of bytes that do not compress.
async fn push_noise(client: &Client, length: usize) {
    let mut bytes = vec![0; length];
    std::fs::File::open("/dev/urandom").unwrap().read_exact(&mut bytes).unwrap();
    client.git(&["init", "-q", "."]).await;
    client.write("noise", &bytes);
    client.git(&["-c", "core.compression=0", "add", "."]).await;
    client.git(&["-c", "core.compression=0", "commit", "-qm", "Noise"]).await;
}

/// Writes a tree that no honest `git` would.
async fn tree(client: &Client, entries: &[(&str, &str, &str)]) -> String {
    let mut bytes = Vec::new();
    for (mode, name, id) in entries {
        bytes.extend_from_slice(format!("{mode} {name}\0").as_bytes());
        bytes.extend_from_slice(&hex::decode(id).unwrap());
    }
    client.write("tree", &bytes);
    client.git(&["hash-object", "-w", "-t", "tree", "--literally", "tree"]).await
}
