//! Writing commits and moving refs.

use crate::git::Expected;
use crate::git::tests::Shelf;
use crate::git::tests::on;
use crate::git::tests::who;
use crate::git::write::NewCommit;
use crate::kit::ErrorKind;

#[tokio::test]
async fn a_branch_that_moved_is_not_overwritten() {
    let shelf = Shelf::new().await;
    let first = shelf.commit(&[("a", Some("1"))]).await;
    let second = shelf.commit(&[("a", Some("2"))]).await;
    let mut late = on("main", None, &[("a", Some("3"))]);
    late.expected = Expected::At(first.clone());
    let error = shelf.repository.commit_files(late).await.unwrap_err();
    assert_eq!((error.kind(), error.code_name()), (ErrorKind::Conflict, "REF_MOVED"));

    let moved = shelf.repository.update_ref("refs/heads/main", &Expected::At(first.clone()), Some(&first)).await;
    assert_eq!(moved.unwrap_err().kind(), ErrorKind::Conflict);
    shelf.repository.update_ref("refs/heads/x", &Expected::Absent, Some(&first)).await.unwrap();
    let again = shelf.repository.update_ref("refs/heads/x", &Expected::Absent, Some(&second)).await;
    assert_eq!(again.unwrap_err().kind(), ErrorKind::Conflict);
    shelf.repository.update_ref("refs/heads/x", &Expected::At(first), None).await.unwrap();
    assert_eq!(shelf.repository.branches().await.unwrap().len(), 1);
}

#[tokio::test]
async fn of_many_writers_to_one_branch_none_loses_a_commit() {
    let shelf = Shelf::new().await;
    shelf.commit(&[("start", Some("0"))]).await;
    let writers = (0..8).map(|number| {
        let repository = shelf.repository.clone();
        async move {
            let path = format!("file-{number}");
            loop {
                match repository.commit_files(on("main", None, &[(&path, Some("x"))])).await {
                    Ok(_) => break,
                    Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}"),
                }
            }
        }
    });
    futures_util::future::join_all(writers).await;
    let tip = shelf.repository.resolve("main").await.unwrap().unwrap();
    assert_eq!(shelf.repository.tree(&tip, None).await.unwrap().unwrap().len(), 9);
}

#[tokio::test]
async fn changes_that_cannot_be_made_are_refused() {
    let shelf = Shelf::new().await;
    shelf.commit(&[("dir/a", Some("1"))]).await;
    for files in [[("dir/b", None)], [("dir", None)], [("dir", Some("x"))], [("dir/a", Some("1"))]] {
        let error = shelf.repository.commit_files(on("main", None, &files)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{files:?}");
    }
    for name in ["HEAD", "config", "refs/heads/../../x", "refs/heads/a b", "refs/replace/x", "/etc/passwd", ""] {
        let error = shelf.repository.update_ref(name, &Expected::Any, None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{name:?}");
    }
}

#[tokio::test]
async fn a_hostile_author_cannot_forge_a_line_of_a_commit() {
    let shelf = Shelf::new().await;
    let base = shelf.commit(&[("a", Some("1"))]).await;
    let mut author = who("Mallory");
    author.name = "Mallory> 0 +0000\ncommitter Root <root@example.org".into();
    let tree = shelf.repository.tree_with(Some(&base), Vec::new()).await.unwrap();
    let message = "Title\0\n\nBody\n\nForgehand-Run: 7".into();
    let commit = NewCommit { tree, parents: vec![base], author, committer: who("Alice"), message };
    let id = shelf.repository.commit_tree(commit).await.unwrap();
    let read = shelf.repository.commit(&id).await.unwrap().unwrap();
    assert_eq!(read.committer, who("Alice"));
    assert_eq!(read.author.name, "Mallory  0 +0000 committer Root  root@example.org");
    assert_eq!((read.title().as_str(), read.trailer("Forgehand-Run")), ("Title\u{FFFD}", Some("7")));
}
