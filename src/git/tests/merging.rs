//! Merges, and commits that come from a quarantine.

use crate::git::Expected;
use crate::git::Merge;
use crate::git::Merged;
use crate::git::Style;
use crate::git::TreeChange;
use crate::git::tests::Shelf;
use crate::git::tests::client::Client;
use crate::git::tests::client::Server;
use crate::git::tests::who;
use crate::git::write::NewCommit;
use crate::kit::ErrorKind;
use crate::model::CommitId;
use crate::model::RunId;

fn merge(expected: &CommitId, head: &CommitId, style: Style) -> Merge {
    Merge {
        base: "main".parse().unwrap(),
        expected: expected.clone(),
        head: head.clone(),
        style,
        author: who("Alice"),
        committer: who("Bob"),
        message: "Merge topic".into(),
    }
}

/// `main` and `topic` both moved on from a common start; the two ends of one file changed.
async fn apart(shelf: &Shelf) -> (CommitId, CommitId) {
    let text = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    shelf.commit(&[("a", Some(text)), ("b", Some("b\n"))]).await;
    shelf.commit_on("topic", &[("a", Some(&text.replace('9', "nine")))]).await;
    let topic = shelf.commit_on("topic", &[("c", Some("c\n"))]).await;
    let main = shelf.commit(&[("a", Some(&text.replace('1', "one")))]).await;
    (main, topic)
}

#[tokio::test]
async fn both_sides_come_together_in_each_style() {
    for (style, parents) in [(Style::Merge, 2), (Style::Squash, 1), (Style::Rebase, 1)] {
        let shelf = Shelf::new().await;
        let (main, topic) = apart(&shelf).await;
        assert_eq!(shelf.repository.conflicts(&main, &topic).await.unwrap(), Vec::<String>::new());
        let Merged::Done(tip) = shelf.repository.merge(merge(&main, &topic, style)).await.unwrap() else {
            panic!("{style:?} should not conflict")
        };
        assert_eq!(shelf.repository.resolve("main").await.unwrap().as_ref(), Some(&tip));
        let a = shelf.repository.file(&tip, &"a".parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(a.text(), Some("one\n2\n3\n4\n5\n6\n7\n8\nnine\n"), "{style:?}");
        assert!(shelf.repository.file(&tip, &"c".parse().unwrap()).await.unwrap().is_some());
        let commit = shelf.repository.commit(&tip).await.unwrap().unwrap();
        assert_eq!((commit.parents.len(), &commit.committer.name[..]), (parents, "Bob"), "{style:?}");
        let ahead = shelf.repository.ahead_behind(&main, &tip).await.unwrap().0;
        assert_eq!(ahead, [3, 1, 2][style as usize], "{style:?}");

        let again = shelf.repository.merge(merge(&main, &topic, style)).await.unwrap_err();
        assert_eq!(again.kind(), ErrorKind::Conflict);
        if style == Style::Merge {
            let nothing = shelf.repository.merge(merge(&tip, &topic, style)).await.unwrap_err();
            assert_eq!(nothing.code_name(), "NOTHING_CHANGES");
        }
    }
}

#[tokio::test]
async fn a_conflict_names_its_paths_and_moves_nothing() {
    let shelf = Shelf::new().await;
    shelf.commit(&[("a", Some("1\n")), ("gone", Some("x\n")), ("fine", Some("f\n"))]).await;
    let topic = shelf.commit_on("topic", &[("a", Some("2\n")), ("gone", Some("y\n"))]).await;
    let main = shelf.commit(&[("a", Some("3\n")), ("gone", None), ("fine", Some("g\n"))]).await;
    assert_eq!(shelf.repository.conflicts(&main, &topic).await.unwrap(), ["a", "gone"]);
    for style in [Style::Merge, Style::Squash, Style::Rebase] {
        let made = shelf.repository.merge(merge(&main, &topic, style)).await.unwrap();
        assert_eq!(made, Merged::Conflict(vec!["a".into(), "gone".into()]), "{style:?}");
    }
    assert_eq!(shelf.repository.resolve("main").await.unwrap(), Some(main));
}

#[tokio::test]
async fn a_commit_comes_out_of_quarantine_whole() {
    let shelf = Shelf::new().await;
    let base = shelf.commit(&[("a", Some("1\n")), ("dir/b", Some("b\n"))]).await;
    let run = RunId::make();
    let quarantine = shelf.git.quarantine(run, &shelf.repository).await.unwrap();
    assert!(shelf.git.quarantine(run, &shelf.repository).await.unwrap().commit(&base).await.unwrap().is_some());
    let server = Server::start(&quarantine, &[]).await;
    let agent = Client::new(shelf.home.path(), "agent");
    agent.git(&["init", "-q", "."]).await;
    agent.git(&["fetch", "-q", &shelf.repository.directory().display().to_string(), "main"]).await;
    agent.git(&["switch", "-qc", "fix", "FETCH_HEAD"]).await;
    agent.write("dir/b", b"better\n");
    agent.git(&["commit", "-qam", "Fix"]).await;
    agent.git(&["push", "-q", &server.url(), "fix"]).await;
    let fix = quarantine.resolve("fix").await.unwrap().unwrap();
    assert_eq!(shelf.repository.commit(&fix).await.unwrap(), None);

    // The repository moves away and back meanwhile: the quarantine still sees its objects.
    let (owner, old, new) = ("acme".parse().unwrap(), "tool".parse().unwrap(), "gadget".parse().unwrap());
    shelf.git.rename((&owner, &old), (&owner, &new)).await.unwrap();
    assert!(quarantine.commit(&base).await.unwrap().is_some());
    shelf.git.rename((&owner, &new), (&owner, &old)).await.unwrap();

    shelf.repository.import(&quarantine, &fix).await.unwrap();
    shelf.repository.import(&quarantine, &fix).await.unwrap();
    shelf.git.drop_quarantine(run).await.unwrap();
    shelf.repository.update_ref("refs/heads/fix", &Expected::Absent, Some(&fix)).await.unwrap();
    let file = shelf.repository.file(&fix, &"dir/b".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(file.bytes, b"better\n");
    assert!(!quarantine.exists().await);
}

#[tokio::test]
async fn a_proposal_is_written_once_and_seen_by_no_client() {
    let shelf = Shelf::new().await;
    shelf.commit(&[("a", Some("1\n"))]).await;
    let quarantine = shelf.git.quarantine(RunId::make(), &shelf.repository).await.unwrap();
    let parts = || vec![("effects/1.json".parse().unwrap(), b"{}".to_vec())];
    let write = || quarantine.write_proposal("run/1", parts(), who("Agent"), "Proposal 1".into());
    let one = write().await.unwrap();
    assert_eq!(write().await.unwrap(), one);
    let other = quarantine.write_proposal("run/1", Vec::new(), who("Agent"), "Proposal 1".into()).await;
    assert_eq!(other.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(quarantine.find_ref("refs/forgehand/proposals/run/1").await.unwrap(), Some(one));
    let server = Server::start(&quarantine, &[]).await;
    let agent = Client::new(shelf.home.path(), "agent");
    assert_eq!(agent.git(&["ls-remote", &server.url()]).await, "");
}

#[tokio::test]
async fn an_unsound_commit_is_not_imported() {
    let shelf = Shelf::new().await;
    let base = shelf.commit(&[("a", Some("1\n"))]).await;
    let quarantine = shelf.git.quarantine(RunId::make(), &shelf.repository).await.unwrap();
    let inner = quarantine.tree_with(None, vec![("config".parse().unwrap(), write(b"x"))]).await.unwrap();
    // A tree with `.git` in it, written past every check.
    let tree = quarantine
        .blocking(move |repository| {
            let mode = gix::objs::tree::EntryKind::Tree.into();
            let oid = crate::git::repository::oid(&inner);
            let tree = gix::objs::Tree { entries: vec![gix::objs::tree::Entry { mode, filename: ".git".into(), oid }] };
            Ok(crate::git::repository::object_id(repository.write_object(&tree).unwrap()))
        })
        .await
        .unwrap();
    let message = "Harmless".into();
    let commit = NewCommit { tree, parents: vec![base], author: who("M"), committer: who("M"), message };
    let bad = quarantine.commit_tree(commit).await.unwrap();
    let error = shelf.repository.import(&quarantine, &bad).await.unwrap_err();
    assert_eq!((error.kind(), error.code_name()), (ErrorKind::Invalid, "UNSOUND_OBJECTS"));
    assert_eq!(shelf.repository.commit(&bad).await.unwrap(), None);
}

fn write(bytes: &[u8]) -> TreeChange {
    TreeChange::Write { bytes: bytes.to_vec(), executable: false }
}
