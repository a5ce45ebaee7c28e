//! What strangers can push: names that are none, bytes that are no text, links out of the repository, lines without an end.
//! Every page of it answers, says what it is and runs nothing.

use std::collections::BTreeSet;

use serde_json::json;

use crate::driver::Browser;
use crate::driver::Clone;
use crate::driver::REPO;
use crate::driver::World;
use crate::driver::scripts;

/// More than any page of these should need.
const LARGEST_PAGE: usize = 3_000_000;

async fn start() -> (World, Clone) {
    let world = World::begin().await;
    let (clone, _) = world.repository(scripts::ON_MENTION, scripts::COMMENTS).await;
    (world, clone)
}

/// A page that answers: with itself, with another address, or that there is no such thing. What is wrong with it is noted: a
/// fault of ours, a script of theirs, more bytes than a page has, or characters that nobody sees.
async fn answers(browser: &Browser<'_>, path: &str, faults: &mut Vec<String>) -> String {
    let told = browser.look(path).await;
    if ![200, 303, 307, 308, 404, 413, 422].contains(&told.status) {
        faults.push(format!("{path}: {}", told.status));
    }
    if told.text.len() > LARGEST_PAGE {
        faults.push(format!("{path}: {} bytes", told.text.len()));
    }
    for wrong in ["<script>alert", "\u{202e}", "\u{7}", "\u{0}"] {
        if let Some(at) = told.text.find(wrong).filter(|_| told.status == 200) {
            let before: String = told.text[..at].chars().rev().take(80).collect::<Vec<_>>().into_iter().rev().collect();
            faults.push(format!("{path} shows {wrong:?} as it is after {before:?}"));
        }
    }
    told.text
}

/// Addresses of ours that a page leads to.
fn links(page: &str) -> BTreeSet<String> {
    let found = page.split("href=\"/acme/slug/").skip(1).filter_map(|rest| rest.split('"').next());
    found.map(|path| format!("/acme/slug/{}", path.replace("&amp;", "&").replace("&#38;", "&"))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_of_a_hostile_tree_answers() {
    let (world, clone) = start().await;
    let before = clone.git(&["rev-parse", "HEAD"]);
    // Trees by `git mktree`, so that no file system has a say in names.
    let blob = |name: &str, bytes: &[u8]| {
        std::fs::write(clone.folder.join(".git").join(name), bytes).unwrap();
        clone.git(&["hash-object", "-w", "--no-filters", &format!(".git/{name}")])
    };
    let text = blob("text", b"needle in a haystack\nsecond\n");
    let broken = blob("broken", b"needle \xff\xfe\x00 broken\n");
    let script = blob("script", "<script>alert(1)</script>\n\u{202e}needle\u{7}\n".as_bytes());
    let long = blob("long", &[b"needle ".as_slice(), &[b'x'; 5_000_000]].concat());
    let zeros = blob("zeros", &[0; 300_000]);
    let out = blob("out", b"../../../../../../etc/passwd");
    let absolute = blob("absolute", b"/etc/passwd");
    let mut lines = Vec::new();
    let names: [&[u8]; 14] = [
        b"plain.txt",
        b"\xff\xfe.txt",
        b"<script>alert(1)",
        b"new\nline",
        b"quote\"'&amp;",
        "right\u{202e}txt.exe".as_bytes(),
        b"-rf",
        b"--upload-pack=touch x",
        b"$(touch x)",
        b"per%2fcent",
        b"back\\slash",
        b" blank ",
        b"question?hash#",
        "\u{fe0f}\u{200b}".as_bytes(),
    ];
    for name in names {
        lines.push(entry("100644", "blob", &text, name));
    }
    for (name, id) in [("broken.bin", &broken), ("script.html", &script), ("long.txt", &long), ("zeros", &zeros)] {
        lines.push(entry("100644", "blob", id, name.as_bytes()));
    }
    lines.push(entry("120000", "blob", &out, b"link-out"));
    lines.push(entry("120000", "blob", &absolute, b"link-absolute"));
    lines.push(entry("120000", "blob", &long, b"link-long"));
    lines.push(entry("160000", "commit", &"1".repeat(40), b"module"));
    std::fs::write(clone.folder.join(".git/tree"), lines.concat()).unwrap();
    let tree = made_of(&clone, "mktree -z --missing");
    let commit = clone.git(&["commit-tree", &tree, "-p", &before, "-m", "<script>alert(1)</script>\u{202e}"]);
    let (pushed, said) = clone.try_git(&["push", "--quiet", "origin", &format!("{commit}:refs/heads/hostile")]);
    assert!(pushed, "{said}");
    world.settle().await;

    let alice = world.browser("alice").await;
    let root = alice.page("/acme/slug/src/hostile").await;
    assert!(root.contains("plain.txt") && root.contains("module"), "{root}");
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open: BTreeSet<String> = links(&root);
    let all = [
        format!("/acme/slug/commit/{commit}"),
        "/acme/slug/compare/main...hostile".into(),
        "/acme/slug/compare/main...hostile?view=split".into(),
        "/acme/slug/compare/main...hostile?whole=long.txt".into(),
        "/acme/slug/search?q=needle&ref=hostile".into(),
        "/acme/slug/commits/hostile".into(),
        "/acme/slug/atom/commits/hostile".into(),
        "/acme/slug/pulls/new?base=main&head=hostile".into(),
    ];
    open.extend(all);
    for name in ["plain.txt", "%FF%FE.txt", "new%0Aline", "broken.bin", "script.html", "zeros", "link-out", "module"] {
        for kind in ["src", "blame", "commits"] {
            open.insert(format!("/acme/slug/{kind}/hostile/{name}"));
        }
    }
    while let Some(path) = open.pop_first() {
        let ours = ["/src/", "/blame/", "/commits/", "/commit/", "/compare/", "/search"];
        let wanted = ours.iter().any(|part| path.contains(part)) && !path.contains("/raw/");
        if !wanted || seen.len() >= 250 || !seen.insert(path.clone()) {
            continue;
        }
        let page = answers(&alice, &path, &mut faults).await;
        if path.contains("/src/hostile") || path.contains("/search") {
            open.extend(links(&page).into_iter().filter(|link| link.contains("/hostile") && !seen.contains(link)));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(seen.len() > 60, "{seen:?}");
    let link = answers(&alice, "/acme/slug/src/hostile/link-out", &mut faults).await;
    assert!(link.contains("etc/passwd") && !link.contains("root:"), "the target is shown, and not followed: {link}");
    assert!(!answers(&alice, "/acme/slug/raw/hostile/link-out", &mut faults).await.contains("root:"));
    let long = answers(&alice, "/acme/slug/compare/main...hostile?whole=long.txt", &mut faults).await;
    assert!(long.contains("more") && long.len() < 500_000, "{}", long.len());

    // The API gives the same names, and the archive holds every byte without following anything.
    for path in
        ["contents", "contents/link-out", "contents/module", "git/trees/hostile?recursive=true", "contents/long.txt"]
    {
        let mark = if path.contains('?') { '&' } else { '?' };
        let told = world.ask("alice", &format!("GET {REPO}/{path}{mark}ref=hostile"), None).await;
        assert!(told.status < 500, "{path}: {} {}", told.status, told.text);
        assert!(!told.text.contains("root:x"), "{path}");
    }
    for kind in ["tar.gz", "zip"] {
        let told = alice.look(&format!("/acme/slug/archive/hostile.{kind}")).await;
        assert!(told.status == 200 && !told.text.contains("root:x"), "{kind}: {}", told.status);
    }
    let fresh = clone.folder.join("fresh");
    clone.git(&["clone", "--quiet", "--bare", &clone.git(&["remote", "get-url", "origin"]), fresh.to_str().unwrap()]);
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
