//! What differs between two commits.

use crate::git::DiffBounds;
use crate::git::Side;
use crate::git::TreeChange;
use crate::git::diff::LineKind;
use crate::git::diff::Status;
use crate::git::tests::Shelf;
use crate::git::tests::client::Client;
use crate::git::tests::client::Server;
use crate::git::tests::who;
use crate::git::write::NewCommit;

#[tokio::test]
async fn files_lines_and_renames_are_told() {
    let shelf = Shelf::new().await;
    let long: String = (1..=30).map(|n| format!("line {n}\n")).collect();
    let base = shelf
        .commit(&[("keep", Some("k\n")), ("old/name", Some(&long)), ("gone", Some("g\n")), ("many", Some(&long))])
        .await;
    let moved = long.replace("line 30", "line thirty");
    let edited = long.replace("line 2\n", "line two\n").replace("line 20\n", "");
    let head = shelf
        .commit(&[
            ("old/name", None),
            ("new/name", Some(&moved)),
            ("gone", None),
            ("many", Some(&edited)),
            ("fresh", Some("no newline")),
            ("image", Some("\0\u{1}")),
        ])
        .await;
    let (from, to) = (Side::Commit(&base), Side::Commit(&head));
    let diff = shelf.repository.diff(from, to, &DiffBounds::default()).await.unwrap();
    let told: Vec<_> = diff.files.iter().map(|file| (file.path.as_str(), file.status, file.binary)).collect();
    assert_eq!(
        told,
        [
            ("fresh", Status::Added, false),
            ("gone", Status::Deleted, false),
            ("image", Status::Added, true),
            ("many", Status::Modified, false),
            ("new/name", Status::Renamed, false),
        ]
    );
    assert_eq!(diff.files[4].old_path, "old/name");
    assert_eq!((diff.additions, diff.deletions, diff.truncated), (3, 4, false));
    let many = &diff.files[3];
    let ranges: Vec<_> =
        many.hunks.iter().map(|hunk| (hunk.old_start, hunk.old_count, hunk.new_start, hunk.new_count)).collect();
    assert_eq!(ranges, [(1, 5, 1, 5), (17, 7, 17, 6)]);
    assert_eq!(many.hunks[0].lines[1].kind, LineKind::Deleted);
    assert_eq!((many.hunks[0].lines[2].new_number, &many.hunks[0].lines[2].bytes[..]), (Some(2), &b"line two"[..]));
    let paths = shelf.repository.changed_paths(from, to, 10).await.unwrap();
    assert_eq!(paths, ["fresh", "gone", "image", "many", "new/name", "old/name"]);
}

#[tokio::test]
async fn a_difference_applies_with_git() {
    let shelf = Shelf::new().await;
    let numbers = |edit: &dyn Fn(u32) -> String| (0..200).map(edit).collect::<String>();
    let base = shelf
        .commit(&[
            ("a", Some(&numbers(&|n| format!("{n}\n")))),
            ("b", Some("x\ny")),
            ("we ird\"name", Some("1\n")),
            ("empty", Some("")),
        ])
        .await;
    let changed = numbers(&|n| match n {
        3 | 4 | 60 => String::new(),
        100 => "hundred\nand more\n".into(),
        _ => format!("{}\n", n % 150),
    });
    let files = [
        ("a", Some(changed.as_str())),
        ("b", Some("x\ny\n")),
        ("we ird\"name", Some("2\n")),
        ("empty", None),
        ("c/d", Some("new")),
        ("e", Some("")),
    ];
    let head = shelf.commit(&files).await;
    let bounds = DiffBounds::default();
    let diff = shelf.repository.diff(Side::Commit(&base), Side::Commit(&head), &bounds).await.unwrap();
    let server = Server::start(&shelf.repository, &[]).await;
    let alice = Client::new(shelf.home.path(), "alice");
    alice.git(&["clone", "-q", &server.url(), "."]).await;
    alice.git(&["reset", "-q", "--hard", base.as_str()]).await;
    std::fs::write(shelf.home.path().join("patch"), diff.unified()).unwrap();
    alice.git(&["apply", "--index", "../../patch"]).await;
    assert_eq!(alice.git(&["write-tree"]).await, alice.git(&["rev-parse", &format!("{head}^{{tree}}")]).await);
}

#[tokio::test]
async fn bounds_hold_and_are_told() {
    let shelf = Shelf::new().await;
    let base = shelf.commit(&[("start", Some("0"))]).await;
    let lines = "x\n".repeat(100);
    let names: Vec<String> = (0..20).map(|n| format!("f{n:02}")).collect();
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), Some(lines.as_str()))).collect();
    let head = shelf.commit(&files).await;
    let bounds = DiffBounds { files: 5, lines: 250, ..DiffBounds::default() };
    let diff = shelf.repository.diff(Side::Commit(&base), Side::Commit(&head), &bounds).await.unwrap();
    assert_eq!((diff.files.len(), diff.total_files, diff.truncated), (5, 20, true));
    let told: Vec<usize> = diff.files.iter().map(|file| file.hunks.iter().map(|hunk| hunk.lines.len()).sum()).collect();
    assert_eq!(told, [100, 100, 50, 0, 0]);
    assert!(String::from_utf8(diff.unified()).unwrap().contains("# 15 more files differ"));
}

#[tokio::test]
async fn a_tree_that_holds_itself_many_times_ends() {
    let shelf = Shelf::new().await;
    let base = shelf.commit(&[("leaf", Some("0"))]).await;
    let mut tree = shelf.repository.commit(&base).await.unwrap().unwrap().tree;
    for _ in 0..12 {
        let inner = tree;
        tree = shelf
            .repository
            .blocking(move |repository| {
                let id = crate::git::repository::oid(&inner);
                let entry = |n: u8| gix::objs::tree::Entry {
                    mode: gix::objs::tree::EntryKind::Tree.into(),
                    filename: vec![b'a' + n].into(),
                    oid: id,
                };
                let tree = gix::objs::Tree { entries: (0..10).map(entry).collect() };
                Ok(crate::git::repository::object_id(repository.write_object(&tree).unwrap()))
            })
            .await
            .unwrap();
    }
    let commit = NewCommit { tree, parents: vec![], author: who("M"), committer: who("M"), message: "bomb".into() };
    let bomb = shelf.repository.commit_tree(commit).await.unwrap();
    let bounds = DiffBounds { files: 10, ..DiffBounds::default() };
    let diff = shelf.repository.diff(Side::Empty, Side::Commit(&bomb), &bounds).await.unwrap();
    assert!(diff.truncated);
    let (files, cut) = shelf.repository.files(&bomb, None, 100).await.unwrap();
    assert_eq!((files.len(), cut), (100, true));
}

#[tokio::test]
async fn links_and_submodules_are_told_with_their_modes() {
    let shelf = Shelf::new().await;
    let base = shelf.commit(&[("a", Some("x\n"))]).await;
    let changes = vec![
        ("link".parse().unwrap(), TreeChange::Link { target: b"/etc/passwd".to_vec() }),
        ("module".parse().unwrap(), TreeChange::Submodule { commit: base.clone() }),
        ("a".parse().unwrap(), TreeChange::Write { bytes: b"x\n".to_vec(), executable: true }),
    ];
    let tree = shelf.repository.tree_with(Some(&base), changes).await.unwrap();
    let diff = shelf.repository.diff(Side::Commit(&base), Side::Tree(&tree), &DiffBounds::default()).await.unwrap();
    let text = String::from_utf8(diff.unified()).unwrap();
    for line in ["old mode 100644\nnew mode 100755", "new file mode 120000", "+/etc/passwd", "new file mode 160000"] {
        assert!(text.contains(line), "{text}");
    }
}
