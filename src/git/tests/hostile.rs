//! Repositories that try to run something: no canary sings.

use crate::git::DiffBounds;
use crate::git::Expected;
use crate::git::Side;
use crate::git::Workspace;
use crate::git::tests::Shelf;
use crate::git::tests::client::Client;
use crate::git::tests::client::Server;
use crate::git::tests::on;
use crate::kit::page::Paging;
use crate::model::BranchName;
use crate::model::OwnerName;
use crate::model::RepoName;
use crate::model::RunId;
use crate::model::TreePath;

/// Everything that a careless checkout, diff or merge would run. Plain `git` with such settings runs most of it.
#[tokio::test]
async fn nothing_in_a_repository_runs() {
    let shelf = Shelf::new().await;
    let canary = shelf.home.path().join("canary");
    let sing = format!("touch {}", canary.display());
    let hook = format!("#!/bin/sh\n{sing}\n");
    let config = format!(
        "[core]\nfsmonitor = {sing}\nhooksPath = hooks\nsshCommand = {sing}\npager = {sing}\n\
         [diff \"x\"]\ntextconv = {sing}\ncommand = {sing}\n[merge \"x\"]\ndriver = {sing}\n\
         [filter \"x\"]\nclean = {sing}\nsmudge = {sing}\nprocess = {sing}\nrequired = true\n"
    );
    let modules = format!("[submodule \"m\"]\npath = m\nurl = ext::{sing}\nupdate = !{sing}\n");
    let files = [
        (".gitattributes", Some("* filter=x diff=x merge=x text working-tree-encoding=UTF-16\n")),
        (".gitconfig", Some(config.as_str())),
        (".gitmodules", Some(modules.as_str())),
        (".envrc", Some(sing.as_str())),
        ("hooks/post-checkout", Some(hook.as_str())),
        ("hooks/pre-receive", Some(hook.as_str())),
        ("hooks/fsmonitor-watchman", Some(hook.as_str())),
        ("a.txt", Some("1\n2\n3\n")),
    ];
    let base = shelf.commit(&files).await;
    let topic = shelf.commit_on("topic", &[("a.txt", Some("1\n2\nthree\n"))]).await;
    let main = shelf.commit(&[("a.txt", Some("one\n2\n3\n"))]).await;

    // Everything that the room does with it.
    let repository = &shelf.repository;
    repository.diff(Side::Commit(&base), Side::Commit(&topic), &DiffBounds::default()).await.unwrap();
    repository.conflicts(&main, &topic).await.unwrap();
    repository.log(&main, Some(&"a.txt".parse().unwrap()), Paging::new(None, None)).await.unwrap();
    let run = RunId::make();
    let quarantine = shelf.git.quarantine(run, repository).await.unwrap();
    let server = Server::start(&quarantine, &[]).await;
    let agent = Client::new(shelf.home.path(), "agent");
    agent.git(&["init", "-q", "."]).await;
    agent.git(&["fetch", "-q", &repository.directory().display().to_string(), "topic:topic"]).await;
    agent.git(&["push", "-q", &server.url(), "topic"]).await;
    repository.import(&quarantine, &topic).await.unwrap();
    let workspace = Workspace {
        directory: shelf.home.path().join("work"),
        branch: Some("topic".parse().unwrap()),
        alternates: repository.directory().join("objects"),
        origin: "http://127.0.0.1:7071/quarantine.git".into(),
        user: ("agent".into(), "agent@example.org".into()),
    };
    repository.materialise(&topic, workspace).await.unwrap();
    assert!(!canary.exists(), "something in the repository ran");
    assert_eq!(std::fs::read(shelf.home.path().join("work/a.txt")).unwrap(), b"1\n2\nthree\n");
}

#[tokio::test]
async fn a_replaced_object_is_not_looked_at() {
    let shelf = Shelf::new().await;
    let honest = shelf.commit(&[("a", Some("honest\n"))]).await;
    let other = shelf.commit_on("other", &[("a", Some("replaced\n"))]).await;
    // As somebody with a shell on the server could leave it; a push cannot.
    let replace = shelf.repository.directory().join("refs/replace");
    std::fs::create_dir_all(&replace).unwrap();
    std::fs::write(replace.join(honest.as_str()), format!("{other}\n")).unwrap();
    shelf.repository.forget();
    let file = shelf.repository.file(&honest, &"a".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(file.text(), Some("honest\n"));
    let server = Server::start(&shelf.repository, &[]).await;
    let bob = Client::new(shelf.home.path(), "bob");
    bob.git(&["clone", "-q", &server.url(), "."]).await;
    assert_eq!(std::fs::read_to_string(bob.directory.join("a")).unwrap(), "honest\n");
    assert!(!bob.git(&["ls-remote", "origin"]).await.contains("refs/replace"));
}

/// Names as an attacker would choose them, through every type and every verb that takes one.
#[tokio::test]
async fn a_thousand_hostile_names_reach_no_option_and_no_other_directory() {
    let shelf = Shelf::new().await;
    shelf.commit(&[("a", Some("1\n"))]).await;
    let canary = shelf.home.path().join("canary");
    let listing = || {
        let mut names: Vec<_> = walk(shelf.home.path()).collect();
        names.sort();
        names
    };
    let before = listing();
    let sing = format!("touch {}", canary.display());
    let seeds = [
        format!("$({sing})"),
        format!("`{sing}`"),
        format!("--upload-pack={sing}"),
        format!("--output={}", canary.display()),
        format!("-c core.sshCommand={sing}"),
        format!("ext::{sing}"),
        "../../canary".into(),
        "..".into(),
        "/etc/passwd".into(),
        "a\0b".into(),
        "a\nb".into(),
        "a\rb".into(),
        "\u{202e}txt.exe".into(),
        "\u{e0041}".into(),
        "x".repeat(4096),
        ".git/hooks/pre-receive".into(),
        "refs/heads/../../config".into(),
        "HEAD@{1}".into(),
        "main^{/x}".into(),
        ":(top)a".into(),
        "con".into(),
        "a.lock".into(),
        "%2e%2e%2f".into(),
        "a;b|c&d".into(),
        "-".into(),
    ];
    let affixes =
        ["", "a", "-", "--", "/", "./", "../", "refs/heads/", " ", "\u{200b}", ".", "~", "é", "'", "\"", "\\"];
    let mut tried = 0;
    for seed in &seeds {
        for affix in affixes {
            for name in [format!("{affix}{seed}"), format!("{seed}{affix}"), format!("a/{affix}{seed}")] {
                tried += 1;
                shelf.repository.resolve(&name).await.unwrap();
                shelf.repository.find_ref(&name).await.unwrap();
                if let Ok(branch) = name.parse::<BranchName>() {
                    assert!(!branch.as_str().starts_with('-') && !branch.as_str().contains(".."));
                    assert!(shelf.repository.branch(&branch).await.is_ok());
                }
                if let (Ok(owner), Ok(repo)) = (name.parse::<OwnerName>(), name.parse::<RepoName>()) {
                    assert!(!shelf.git.repository(&owner, &repo).exists().await);
                }
                if let Ok(path) = name.parse::<TreePath>() {
                    let main = shelf.repository.resolve("main").await.unwrap().unwrap();
                    assert!(shelf.repository.file(&main, &path).await.unwrap().is_none());
                }
                let moved = shelf.repository.update_ref(&name, &Expected::Any, None).await;
                assert!(moved.is_err() || name.starts_with("refs/heads/"), "{name:?}");
            }
        }
    }
    assert!(tried >= 1000, "{tried}");
    // Names that are allowed stay names: a branch and files that look like commands are made and read.
    for name in ["a;b|c&d", "$(touch", "it's", "`id`"] {
        let files = [(name, Some("x\n"))];
        let commit = shelf.repository.commit_files(on(name, None, &files)).await.unwrap();
        assert_eq!(shelf.repository.resolve(name).await.unwrap(), Some(commit));
    }
    assert!(!canary.exists());
    let added: Vec<_> = listing().into_iter().filter(|name| !before.contains(name)).collect();
    assert!(added.iter().all(|name| name.contains("/refs/heads/") || name.contains("/objects/")), "{added:?}");
}

fn walk(directory: &std::path::Path) -> Box<dyn Iterator<Item = String>> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    Box::new(entries.flat_map(|path| {
        let below: Box<dyn Iterator<Item = String>> =
            if path.is_dir() { walk(&path) } else { Box::new(std::iter::empty()) };
        std::iter::once(path.display().to_string()).chain(below)
    }))
}
