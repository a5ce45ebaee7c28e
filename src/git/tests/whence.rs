//! Who changed what last, where lines come from, and what holds a word: the same answers as the system's `git` gives.

use tokio::io::AsyncReadExt as _;

use crate::git::Packed;
use crate::git::Upkeep;
use crate::git::tests::Shelf;
use crate::git::tests::client::Client;
use crate::git::tests::client::Server;
use crate::kit::page::Paging;
use crate::model::CommitId;

/// A history with branches and merges, pushed to the shelf.
async fn branchy(shelf: &Shelf) -> (Client, CommitId) {
    let server = Server::start(&shelf.repository, &[]).await;
    let client = Client::new(shelf.home.path(), "alice");
    client.git(&["init", "-q"]).await;
    let letters = ["a.txt", "b.txt", "src/c.rs", "src/deep/d.rs", "src/deep/e.rs", "docs/f.md"];
    let text = |salt: usize| (0..20).map(|line| format!("line {}\n", (line * 7 + salt * (line % 5)) % 23)).collect();
    for (number, path) in letters.iter().enumerate() {
        let text: String = text(number);
        client.write(path, text.as_bytes());
        client.git(&["add", "."]).await;
        client.git(&["commit", "-qm", &format!("Add {path}")]).await;
    }
    for round in 0..6_usize {
        client.git(&["checkout", "-qb", &format!("side-{round}")]).await;
        let text: String = text(round + 10);
        client.write(letters[round], text.as_bytes());
        client.git(&["commit", "-qam", &format!("Side {round}")]).await;
        client.git(&["checkout", "-q", "main"]).await;
        client.write(letters[(round + 3) % 6], format!("main {round}\n{text}").as_bytes());
        client.git(&["commit", "-qam", &format!("Main {round}")]).await;
        client.git(&["merge", "-q", "-X", "ours", "-m", "Merge", &format!("side-{round}")]).await;
    }
    client.git(&["mv", "src/c.rs", "src/moved.rs"]).await;
    client.git(&["commit", "-qm", "Move c"]).await;
    client.git(&["push", "-q", &server.url(), "main"]).await;
    let tip = client.git(&["rev-parse", "HEAD"]).await.parse().unwrap();
    (client, tip)
}

/// With and without what upkeep writes, the answers are the same; nothing that was found before is kept between the two.
async fn both_ways(check: impl AsyncFn(&Shelf, &Client, &CommitId)) {
    for graph in [false, true] {
        let shelf = Shelf::new().await;
        let (client, tip) = branchy(&shelf).await;
        if graph {
            shelf.repository.pack(Upkeep::Whole).await.unwrap();
            shelf.repository.write_graph().await.unwrap();
            assert!(shelf.repository.directory().join("objects/info/commit-graph").exists());
        }
        check(&shelf, &client, &tip).await;
    }
}

#[tokio::test]
async fn a_path_is_followed_as_git_log_follows_it() {
    both_ways(async |shelf, client, tip| {
        for path in ["a.txt", "src", "src/deep", "src/deep/e.rs", "src/moved.rs", "src/c.rs", "nothing", "docs/f.md"] {
            let told =
                shelf.repository.log(tip, Some(&path.parse().unwrap()), Paging::new(None, Some(50))).await.unwrap();
            let mut told: Vec<_> = told.items.iter().map(|commit| commit.id.to_string()).collect();
            let wanted = client.git(&["log", "--format=%H", "--", path]).await;
            let mut wanted: Vec<_> = wanted.lines().map(str::to_owned).collect();
            // Commits of the same second have no order.
            told.sort();
            wanted.sort();
            assert_eq!(told, wanted, "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn each_entry_is_told_with_the_commit_that_changed_it_last() {
    both_ways(entries_are_told).await;
}

async fn entries_are_told(shelf: &Shelf, client: &Client, tip: &CommitId) {
    for folder in [None, Some("src"), Some("src/deep")] {
        let path = folder.map(|folder| folder.parse().unwrap());
        let told = shelf.repository.last_changes(tip, path.as_ref()).await.unwrap();
        let entries = shelf.repository.tree(tip, path.as_ref()).await.unwrap().unwrap();
        assert_eq!(told.len(), entries.len());
        for entry in entries {
            let whole = folder.map_or(entry.shown.clone(), |folder| format!("{folder}/{}", entry.shown));
            let wanted = client.git(&["log", "-1", "--format=%H", "--", &whole]).await;
            assert_eq!(told[&entry.name].id.as_str(), wanted, "{whole}");
        }
    }
    // A newer commit builds on what was found for the older one.
    let newer = shelf.commit(&[("a.txt", Some("anew\n"))]).await;
    let told = shelf.repository.last_changes(&newer, None).await.unwrap();
    assert_eq!(told[b"a.txt".as_slice()].id, newer);
    assert_eq!(told[b"b.txt".as_slice()].id.as_str(), client.git(&["log", "-1", "--format=%H", "--", "b.txt"]).await);
}

#[tokio::test]
async fn each_line_is_told_with_the_commit_that_brought_it() {
    both_ways(lines_are_told).await;
}

async fn lines_are_told(shelf: &Shelf, client: &Client, tip: &CommitId) {
    for path in ["a.txt", "src/moved.rs", "src/deep/e.rs"] {
        let told = shelf.repository.blame(tip, &path.parse().unwrap()).await.unwrap().unwrap();
        let lines: Vec<_> = told.iter().flat_map(|one| vec![one.commit.id.to_string(); one.count as usize]).collect();
        let wanted = client.git(&["blame", "-l", "-s", "--root", "-M0", path]).await;
        let wanted: Vec<_> = wanted.lines().map(|line| line[..40].trim_start_matches('^').to_owned()).collect();
        assert_eq!(lines, wanted, "{path}");
    }
    let moved = shelf.repository.blame(tip, &"src/moved.rs".parse().unwrap()).await.unwrap().unwrap();
    assert!(moved.iter().any(|one| one.path.as_deref() == Some("src/c.rs")), "{moved:?}");
    assert!(shelf.repository.blame(tip, &"src".parse().unwrap()).await.unwrap().is_none());
    let binary = shelf.commit(&[("x.bin", Some("\0\0"))]).await;
    assert!(shelf.repository.blame(&binary, &"x.bin".parse().unwrap()).await.is_err());
}

#[tokio::test]
async fn words_are_found_as_git_grep_finds_them() {
    let shelf = Shelf::new().await;
    let (client, tip) = branchy(&shelf).await;
    for words in ["main 3", "LINE 7", "line 1", "nothing of this", "$(id)", ".*"] {
        let found = shelf.repository.find(&tip, words).await.unwrap();
        let lines: usize = found.files.iter().map(|file| file.lines.len() + file.more).sum();
        let output = client.run(&["grep", "-I", "-i", "-F", "-n", "-e", words, tip.as_str()]).await;
        assert_eq!(lines, String::from_utf8_lossy(&output.stdout).lines().count(), "{words}");
        assert_eq!(found.cut, None);
    }
    assert!(shelf.repository.find(&tip, "x").await.is_err());
}

#[tokio::test]
async fn an_archive_holds_every_file_below_one_folder() {
    let shelf = Shelf::new().await;
    let (client, tip) = branchy(&shelf).await;
    let read = async |packed| {
        let mut bytes = Vec::new();
        shelf.repository.archive(&tip, packed).await.unwrap().read_to_end(&mut bytes).await.unwrap();
        bytes
    };
    let whole = format!("{}/src/moved.rs", tip.short());
    client.write("packed.tar.gz", &read(Packed::TarGz).await);
    #[expect(clippy::disallowed_methods, reason = "a person's own tar")]
    let mut tar = tokio::process::Command::new("tar");
    let listed = tar.args(["-tzf", "packed.tar.gz"]).current_dir(&client.directory).output().await.unwrap();
    assert!(String::from_utf8_lossy(&listed.stdout).lines().any(|line| line == whole), "{listed:?}");
    let zip = read(Packed::Zip).await;
    assert!(zip.starts_with(b"PK"));
    assert!(zip.windows(whole.len()).any(|window| window == whole.as_bytes()), "a zip holds its names as they are");
    assert!(shelf.repository.archive(&"0".repeat(40).parse().unwrap(), Packed::Zip).await.is_err());
}
