//! Upkeep while everybody works, and what it leaves for those who borrow objects.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use crate::git::Expected;
use crate::git::Upkeep;
use crate::git::tests::Shelf;
use crate::git::tests::client::Client;
use crate::git::tests::client::Server;
use crate::git::tests::on;
use crate::kit::page::Paging;
use crate::model::RunId;

const CLIENTS: usize = 3;
const PUSHES: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pushes_clones_and_pages_go_on_while_everything_is_packed() {
    let shelf = Shelf::new().await;
    let server = Server::start(&shelf.repository, &[]).await;
    let tip = shelf.commit(&[("a.txt", Some("a\n")), ("src/b.rs", Some("b\n"))]).await;
    let over = Arc::new(AtomicBool::new(false));
    let packs = async {
        let mut rounds = 0;
        while !over.load(Ordering::SeqCst) {
            let how = if rounds % 3 == 2 { Upkeep::Gathered } else { Upkeep::Whole };
            shelf.repository.pack_refs().await.unwrap();
            shelf.repository.pack(how).await.unwrap();
            shelf.repository.write_graph().await.unwrap();
            if rounds % 2 == 0 {
                shelf.repository.forget();
            }
            rounds += 1;
        }
        rounds
    };
    let looks = async {
        while !over.load(Ordering::SeqCst) {
            let refs = shelf.repository.all_refs().await.unwrap();
            assert!(refs.iter().any(|(name, _)| name == "refs/heads/main"), "a branch is never gone: {refs:?}");
            for (_, commit) in refs {
                let log = shelf.repository.log(&commit, None, Paging::new(None, None)).await.unwrap();
                assert_eq!(log.items.first().unwrap().id, commit);
                shelf.repository.last_changes(&commit, None).await.unwrap();
                assert!(shelf.repository.file(&commit, &"a.txt".parse().unwrap()).await.unwrap().is_some());
            }
        }
    };
    let pushes = async {
        let clients = (0..CLIENTS).map(async |number| {
            let client = Client::new(shelf.home.path(), &format!("client-{number}"));
            client.git(&["init", "-q", "."]).await;
            client.git(&["pull", "-q", &server.url(), "main"]).await;
            for push in 0..PUSHES {
                client.write(&format!("{number}/{push}.txt"), format!("{number} {push}\n").repeat(50).as_bytes());
                client.git(&["add", "."]).await;
                client.git(&["commit", "-qm", &format!("Push {push}")]).await;
                client.git(&["push", "-q", &server.url(), &format!("HEAD:refs/heads/topic-{number}/{push}")]).await;
                client.git(&["clone", "-q", "--bare", &server.url(), &format!("clone-{push}")]).await;
            }
        });
        futures_util::future::join_all(clients).await;
        over.store(true, Ordering::SeqCst);
    };
    let (rounds, (), ()) = tokio::join!(packs, looks, pushes);
    assert!(rounds > 1, "everything was packed while they worked");
    shelf.repository.pack(Upkeep::Whole).await.unwrap();
    shelf.repository.forget();
    assert_eq!(shelf.repository.branches().await.unwrap().len(), 1 + CLIENTS * PUSHES);
    let client = Client::new(shelf.home.path(), "check");
    let directory = shelf.repository.directory().display().to_string();
    client.git(&["--git-dir", &directory, "fsck", "--full", "--strict"]).await;
    client.git(&["--git-dir", &directory, "commit-graph", "verify"]).await;
    assert!(shelf.repository.is_ancestor(&tip, &tip).await.unwrap());
}

#[tokio::test]
async fn what_no_branch_leads_to_stays_for_those_who_borrow_it() {
    let shelf = Shelf::new().await;
    let base = shelf.commit(&[("a.txt", Some("a\n"))]).await;
    let forgotten = shelf.commit_on("topic", &[("a.txt", Some("forgotten\n"))]).await;
    let quarantine = shelf.git.quarantine(RunId::make(), &shelf.repository).await.unwrap();
    let proposed =
        quarantine.commit_files(on("work", Some(forgotten.clone()), &[("b.txt", Some("b\n"))])).await.unwrap();
    shelf.repository.update_ref("refs/heads/topic", &Expected::At(forgotten.clone()), None).await.unwrap();
    for how in [Upkeep::Gathered, Upkeep::Whole, Upkeep::Gathered, Upkeep::Whole] {
        shelf.repository.pack(how).await.unwrap();
        shelf.repository.pack_refs().await.unwrap();
        shelf.repository.write_graph().await.unwrap();
        shelf.repository.forget();
        assert!(shelf.repository.commit(&forgotten).await.unwrap().is_some(), "{how:?}");
        let file = quarantine.file(&proposed, &"a.txt".parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(file.text(), Some("forgotten\n"), "{how:?}");
        assert!(quarantine.is_ancestor(&base, &proposed).await.unwrap());
    }
    let packs = std::fs::read_dir(shelf.repository.directory().join("objects/pack")).unwrap();
    let packs = packs.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|end| end == "pack"));
    assert_eq!(packs.count(), 1);
}

#[tokio::test]
async fn a_large_push_is_packed_with_a_bitmap_and_a_graph_and_a_small_one_is_left() {
    let shelf = Shelf::new().await;
    shelf.commit(&[("a.txt", Some("a\n"))]).await;
    assert_eq!(shelf.repository.look_after().await.unwrap(), Upkeep::Nothing);
    let client = Client::new(shelf.home.path(), "alice");
    let noise: String =
        (0..300_000_u64).map(|number| format!("{:x}\n", number.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    client.git(&["init", "-q", "."]).await;
    client.write("noise.txt", noise.as_bytes());
    client.git(&["add", "."]).await;
    client.git(&["commit", "-qm", "Noise"]).await;
    let server = Server::start(&shelf.repository, &[]).await;
    client.git(&["-c", "pack.compression=0", "push", "-q", &server.url(), "HEAD:refs/heads/noise"]).await;
    assert_eq!(shelf.repository.look_after().await.unwrap(), Upkeep::Whole);
    let objects = shelf.repository.directory().join("objects");
    assert!(objects.join("info/commit-graph").exists());
    let bitmap = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.unwrap().path().extension().is_some_and(|end| end == "bitmap")
    };
    assert!(std::fs::read_dir(objects.join("pack")).unwrap().any(bitmap));
    assert_eq!(shelf.repository.look_after().await.unwrap(), Upkeep::Nothing);
}
