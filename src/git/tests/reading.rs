//! Reading at a commit.

use crate::git::EntryKind;
use crate::git::tests::Shelf;
use crate::kit::page::Paging;

#[tokio::test]
async fn what_was_committed_is_read_again() {
    let shelf = Shelf::new().await;
    assert_eq!(shelf.repository.head_branch().await.unwrap().as_str(), "main");
    assert_eq!(shelf.repository.resolve("HEAD").await.unwrap(), None);
    let first = shelf.commit(&[("a.txt", Some("one\n")), ("src/b.rs", Some("fn b() {}\n"))]).await;
    let second = shelf.commit(&[("src/b.rs", Some("fn b() { }\n"))]).await;
    let repository = &shelf.repository;

    for name in ["HEAD", "main", "refs/heads/main", second.as_str(), &second.as_str()[..9]] {
        assert_eq!(repository.resolve(name).await.unwrap().as_ref(), Some(&second), "{name}");
    }
    for name in ["main~1", "HEAD^", "@{u}", "-x", "", "refs/forgehand/x", "../../etc", "a\0b", &first.as_str()[..6]] {
        assert_eq!(repository.resolve(name).await.unwrap(), None, "{name:?}");
    }

    let lines = repository.tree(&second, None).await.unwrap().unwrap();
    let shown: Vec<_> = lines.iter().map(|line| (line.shown.as_str(), line.kind, line.size)).collect();
    assert_eq!(shown, [("src", EntryKind::Directory, None), ("a.txt", EntryKind::File, Some(4))]);
    assert!(repository.tree(&second, Some(&"a.txt".parse().unwrap())).await.unwrap().is_none());

    let file = repository.file(&first, &"src/b.rs".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(file.text(), Some("fn b() {}\n"));
    assert!(repository.file(&first, &"src".parse().unwrap()).await.unwrap().is_none());
    assert!(repository.file(&first, &"nothing/here".parse().unwrap()).await.unwrap().is_none());

    let (files, cut) = repository.files(&second, None, 10).await.unwrap();
    assert_eq!(files.iter().map(|file| file.shown.as_str()).collect::<Vec<_>>(), ["a.txt", "src/b.rs"]);
    assert!(!cut);
}

#[tokio::test]
async fn a_history_is_paged_and_followed_for_one_path() {
    let shelf = Shelf::new().await;
    let mut commits = Vec::new();
    for number in 0..5 {
        let path = if number % 2 == 0 { "even" } else { "odd" };
        commits.push(shelf.commit(&[(path, Some(&number.to_string()))]).await);
    }
    let tip = commits.last().unwrap();
    let page = shelf.repository.log(tip, None, Paging::new(Some(2), Some(2))).await.unwrap();
    assert_eq!((page.total, page.items.len(), page.last()), (5, 2, 3));
    assert_eq!(page.items[0].id, commits[2]);

    let odd = shelf.repository.log(tip, Some(&"odd".parse().unwrap()), Paging::new(None, None)).await.unwrap();
    assert_eq!(odd.items.iter().map(|commit| &commit.id).collect::<Vec<_>>(), [&commits[3], &commits[1]]);
    let since = shelf.repository.commits_between(&commits[1], tip, 10).await.unwrap();
    assert_eq!(since.iter().map(|commit| &commit.id).collect::<Vec<_>>(), [&commits[4], &commits[3], &commits[2]]);
    assert!(shelf.repository.is_ancestor(&commits[0], tip).await.unwrap());
    assert!(!shelf.repository.is_ancestor(tip, &commits[0]).await.unwrap());
    assert_eq!(shelf.repository.ahead_behind(&commits[1], tip).await.unwrap(), (3, 0));
}
