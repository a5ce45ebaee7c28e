//! What strangers can push by real Git, and what is refused: names that Git forbids, refs that are ours, a past that is forced
//! on a protected branch.

use serde_json::json;

use crate::driver::Clone;
use crate::driver::REPO;
use crate::driver::World;
use crate::driver::scripts;

async fn start() -> (World, Clone) {
    let world = World::begin().await;
    let (clone, _) = world.repository(scripts::ON_MENTION, scripts::COMMENTS).await;
    (world, clone)
}

/// A line as `git mktree -z` reads it.
fn entry(mode: &str, kind: &str, id: &str, name: &[u8]) -> Vec<u8> {
    [format!("{mode} {kind} {id}\t").as_bytes(), name, b"\0"].concat()
}

/// What `git` makes of the lines of a tree.
fn made_of(clone: &Clone, command: &str) -> String {
    clone.git(&["-c", &format!("alias.made=!git {command} <.git/tree"), "made"])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_git_forbids_and_history_that_is_forced_are_refused() {
    let (world, clone) = start().await;
    let text = clone.git(&["rev-parse", "HEAD:greet.sh"]);
    for (number, name) in [&b".git"[..], b".GIT", b"..", b"."].into_iter().enumerate() {
        std::fs::write(clone.folder.join(".git/tree"), entry("100644", "blob", &text, name)).unwrap();
        let tree = made_of(&clone, "mktree -z --missing");
        let commit = clone.git(&["commit-tree", &tree, "-m", "No such name"]);
        let to = format!("{commit}:refs/heads/forbidden-{number}");
        let (pushed, said) = clone.try_git(&["push", "origin", &to]);
        assert!(!pushed && said.contains("fsck"), "{name:?}: {said}");
    }
    for name in ["refs/heads/.hidden", "refs/heads/a..b", "refs/pull/1/head", "refs/forgehand/x", "refs/replace/x"] {
        let (pushed, said) = clone.try_git(&["push", "origin", &format!("HEAD:{name}")]);
        assert!(!pushed, "{name}: {said}");
    }

    // A protected branch takes no push at all, and above all none that forgets; another one does what it is told.
    let tip = clone.git(&["rev-parse", "HEAD"]);
    let protection = json!({"branch_name": "main"});
    world.json("alice", &format!("POST {REPO}/branch_protections"), Some(protection)).await;
    clone.git(&["push", "--quiet", "origin", "HEAD:refs/heads/loose"]);
    clone.git(&["commit", "--quiet", "--amend", "--message", "Another past"]);
    let (pushed, said) = clone.try_git(&["push", "--force", "origin", "HEAD:refs/heads/main"]);
    assert!(!pushed && said.contains("protected"), "{said}");
    let (pushed, said) = clone.try_git(&["push", "origin", ":refs/heads/main"]);
    assert!(!pushed, "{said}");
    let branch = world.json("alice", &format!("GET {REPO}/branches/main"), None).await;
    assert_eq!(branch["commit"]["id"], json!(tip));
    let (pushed, said) = clone.try_git(&["push", "origin", "HEAD:refs/heads/loose"]);
    assert!(!pushed, "without force Git itself refuses: {said}");
    clone.git(&["push", "--quiet", "--force", "origin", "HEAD:refs/heads/loose"]);
    world.settle().await;
}
