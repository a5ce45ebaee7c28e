//! Commits as files on disk.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::git::Repository;
use crate::git::TreeChange;
use crate::git::Workspace;
use crate::git::repository::object_id;
use crate::git::repository::oid;
use crate::git::tests::Shelf;
use crate::git::tests::client::Client;
use crate::git::tests::who;
use crate::git::write::NewCommit;
use crate::model::CommitId;

fn workspace(repository: &Repository, directory: &Path) -> Workspace {
    Workspace {
        directory: directory.to_owned(),
        branch: Some("main".parse().unwrap()),
        alternates: repository.directory().join("objects"),
        origin: "http://127.0.0.1:7071/quarantine.git".into(),
        user: ("agent \"x\"\n[core]".into(), "agent@example.org".into()),
    }
}

async fn commit_of(repository: &Repository, changes: Vec<(&str, TreeChange)>) -> CommitId {
    let changes = changes.into_iter().map(|(path, change)| (path.parse().unwrap(), change)).collect();
    let tree = repository.tree_with(None, changes).await.unwrap();
    let commit = NewCommit { tree, parents: vec![], author: who("A"), committer: who("A"), message: "Start".into() };
    repository.commit_tree(commit).await.unwrap()
}

fn write(bytes: &str, executable: bool) -> TreeChange {
    TreeChange::Write { bytes: bytes.into(), executable }
}

#[tokio::test]
async fn git_finds_a_workspace_clean_and_every_change_in_it() {
    let shelf = Shelf::new().await;
    let outside = shelf.home.path().join("outside");
    std::fs::write(&outside, "untouched").unwrap();
    let commit = commit_of(
        &shelf.repository,
        vec![
            ("a", write("one\n", false)),
            ("bin/run", write("#!/bin/sh\n", true)),
            ("link", TreeChange::Link { target: outside.display().to_string().into_bytes() }),
            ("module", TreeChange::Submodule { commit: "1".repeat(40).parse().unwrap() }),
            (".gitattributes", write("* text eol=crlf filter=evil\n", false)),
        ],
    )
    .await;
    let directory = shelf.home.path().join("work");
    shelf.repository.materialise(&commit, workspace(&shelf.repository, &directory)).await.unwrap();
    let agent = Client { directory: directory.clone() };
    assert_eq!(std::fs::read(directory.join("a")).unwrap(), b"one\n");
    assert_eq!(std::fs::metadata(directory.join("bin/run")).unwrap().mode() & 0o777, 0o755);
    assert_eq!(std::fs::read_link(directory.join("link")).unwrap(), outside);
    assert_eq!(std::fs::read_to_string(&outside).unwrap(), "untouched");
    assert!(directory.join("module").is_dir());

    assert_eq!(agent.git(&["rev-parse", "HEAD"]).await, commit.as_str());
    assert_eq!(agent.git(&["branch", "--show-current"]).await, "main");
    assert_eq!(agent.git(&["config", "--local", "user.name"]).await, "agent \"x\"[core]");
    assert_eq!(agent.git(&["remote", "get-url", "origin"]).await, "http://127.0.0.1:7071/quarantine.git");
    assert_eq!(agent.git(&["status", "--porcelain"]).await, "");
    agent.git(&["fsck", "--connectivity-only"]).await;
    // The same length in the same second as everything else.
    std::fs::write(directory.join("a"), "two\n").unwrap();
    assert_eq!(agent.git(&["status", "--porcelain"]).await, " M a");
    agent.git(&["commit", "-qam", "Change"]).await;
}

#[tokio::test]
async fn a_tree_with_a_name_that_escapes_is_refused_and_leaves_nothing() {
    let shelf = Shelf::new().await;
    let base = shelf.commit(&[("dir/config", Some("[core]\n\tfsmonitor = touch canary\n"))]).await;
    let inner = shelf.repository.tree(&base, None).await.unwrap().unwrap()[0].id.clone();
    for name in [".git", ".GIT", ".git ", "git~1", ".g\u{200c}it", "..", ".", "a/b", "/etc", ".git::$INDEX_ALLOCATION"]
    {
        let id = inner.clone();
        let tree = shelf
            .repository
            .blocking(move |repository| {
                let mut bytes = format!("40000 {name}\0").into_bytes();
                bytes.extend_from_slice(oid(&id).as_slice());
                let written = gix::objs::Write::write_buf(&repository.objects, gix::objs::Kind::Tree, &bytes);
                Ok(object_id(written.unwrap()))
            })
            .await
            .unwrap();
        let commit = NewCommit { tree, parents: vec![], author: who("M"), committer: who("M"), message: "x".into() };
        let commit = shelf.repository.commit_tree(commit).await.unwrap();
        let directory = shelf.home.path().join("work");
        let error = shelf.repository.materialise(&commit, workspace(&shelf.repository, &directory)).await.unwrap_err();
        assert_eq!(error.code_name(), "UNSAFE_TREE", "{name:?}: {error:?}");
        assert!(!directory.exists(), "{name:?}");
    }
}

#[tokio::test]
async fn a_thousand_files_make_a_clean_workspace() {
    let shelf = Shelf::new().await;
    let content = |n: usize| write(&format!("{n}\n").repeat(50), false);
    let changes = (0..1000).map(|n| (format!("d{}/e{}/f{n}", n % 50, n % 7).parse().unwrap(), content(n))).collect();
    let tree = shelf.repository.tree_with(None, changes).await.unwrap();
    let commit = NewCommit { tree, parents: vec![], author: who("A"), committer: who("A"), message: "Many".into() };
    let commit = shelf.repository.commit_tree(commit).await.unwrap();
    let directory = shelf.home.path().join("work");
    shelf.repository.materialise(&commit, workspace(&shelf.repository, &directory)).await.unwrap();
    let agent = Client { directory };
    assert_eq!(agent.git(&["status", "--porcelain"]).await, "");
    assert_eq!(agent.git(&["diff-files", "--name-only"]).await, "");
}

#[tokio::test]
async fn a_checkout_that_is_not_its_commit_is_found_out() {
    let shelf = Shelf::new().await;
    let link = TreeChange::Link { target: b"a".to_vec() };
    let commit = commit_of(
        &shelf.repository,
        vec![("a", write("one\n", false)), ("bin/run", write("true\n", true)), ("link", link)],
    )
    .await;
    let directory = shelf.home.path().join("work");
    shelf.repository.materialise(&commit, workspace(&shelf.repository, &directory)).await.unwrap();
    shelf.repository.verify(&commit, &directory).await.unwrap();
    let told = async || shelf.repository.verify(&commit, &directory).await.unwrap_err().message().to_owned();
    std::fs::write(directory.join("a"), "two\n").unwrap();
    assert!(told().await.contains("`a` is damaged: its bytes are others"), "{}", told().await);
    std::fs::write(directory.join("a"), "one\n").unwrap();
    std::fs::write(directory.join("bin/more"), "").unwrap();
    assert!(told().await.contains("holds `more`"), "{}", told().await);
    std::fs::remove_dir_all(directory.join("bin")).unwrap();
    assert!(told().await.contains("`bin` is damaged"), "{}", told().await);
}
