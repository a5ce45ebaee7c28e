//! How soon an attempt has its files: a folder over a cached checkout, against `git worktree add` on the same machine.
//!
//! "Ready" is the folder of the attempt; "first instruction" adds the sandbox around it, with the overlay mounted, which a
//! work tree has not. "Cold" is the first checkout of a commit, that all later attempts share.

use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::time::Instant;

use anyhow::ensure;

use forgehand::git;
use forgehand::git::Git;
use forgehand::git::Repository;
use forgehand::model::CommitId;
use forgehand::sandbox;
use forgehand::sandbox::Bubblewrap;
use forgehand::sandbox::Input;
use forgehand::sandbox::Limits;
use forgehand::sandbox::Sandbox as _;
use forgehand::sandbox::Task;
use forgehand::sandbox::Workspaces;

use crate::figure::Figure;
use crate::server;

const RUNS: usize = 9;

/// Measures repositories of two sizes, so that a cost that grows with the files is seen.
pub fn measure() -> anyhow::Result<Vec<Figure>> {
    let runtime = tokio::runtime::Runtime::new()?;
    let mut figures = Vec::new();
    for files in [1_000, 10_000] {
        figures.extend(runtime.block_on(of(files))?);
    }
    Ok(figures)
}

async fn of(files: usize) -> anyhow::Result<Vec<Figure>> {
    let home = tempfile::tempdir()?;
    let git = Git::open(home.path(), &git::Settings::default()).await?;
    let repository = git.create(&"acme".parse()?, &"large".parse()?, &"main".parse()?).await?;
    fill(&repository, files)?;
    let commit = repository.resolve("main").await?.expect("it was just written");
    let workspaces = Workspaces::open(&home.path().join("workspaces"), sandbox::Settings::default())?;
    let sandbox = Bubblewrap::find(server::BINARY.into(), &workspaces)?;

    let (mut cold, mut ready, mut started, mut worktree) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for run in 0..RUNS {
        let key = format!("cold {run}");
        let begun = Instant::now();
        check_out(&workspaces, &repository, &commit, key).await?;
        cold.push(since(begun));

        let lower = check_out(&workspaces, &repository, &commit, "warm".into()).await?;
        let begun = Instant::now();
        let workspace = workspaces.open_attempt(&lower)?;
        ready.push(since(begun));
        let _gateway = UnixListener::bind(workspace.gateway_socket())?;
        let task = Task {
            argv: vec!["true".into()],
            env: Vec::new(),
            read_only: vec![(repository.directory().join("objects"), "/objects".into())],
            gateway_socket: workspace.gateway_socket(),
            stdin: Input::Nothing,
            limits: Limits::default(),
        };
        let mut running = sandbox.start(&workspace, task).await?;
        started.push(since(begun));
        running.ended().await?;

        let tree = home.path().join(format!("tree-{run}"));
        let begun = Instant::now();
        plain_git(repository.directory(), &["worktree", "add", "-q", "--detach"], &tree)?;
        worktree.push(since(begun));
        std::fs::remove_dir_all(&tree)?;
    }
    Ok(vec![
        Figure::median(format!("ready, {files} files"), "ms", ready),
        Figure::median(format!("first instruction, {files} files"), "ms", started),
        Figure::median(format!("git worktree add, {files} files"), "ms", worktree),
        Figure::median(format!("cold, {files} files"), "ms", cold),
    ])
}

/// Takes a checkout from the cache, or fills it.
async fn check_out(
    workspaces: &Workspaces,
    repository: &Repository,
    commit: &CommitId,
    key: String,
) -> anyhow::Result<sandbox::Lower> {
    let (workspaces, repository, commit) = (workspaces.clone(), repository.clone(), commit.clone());
    let handle = tokio::runtime::Handle::current();
    let fill = move |directory: &Path| {
        let wanted = git::Workspace {
            directory: directory.to_owned(),
            branch: Some("main".parse()?),
            alternates: "/objects".into(),
            origin: "http://127.0.0.1:7071/quarantine.git".into(),
            user: ("agent".into(), "agent@forgehand.invalid".into()),
        };
        handle.block_on(repository.materialise(&commit, wanted))
    };
    Ok(tokio::task::spawn_blocking(move || workspaces.cached(&key, fill)).await??)
}

fn since(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1000.0
}

/// One commit of many files of a few kilobytes, in one pack, as a clone would have it.
fn fill(repository: &Repository, files: usize) -> anyhow::Result<()> {
    let mut stream =
        String::from("commit refs/heads/main\ncommitter A <a@example.org> 1600000000 +0000\ndata 4\nfill\n");
    for number in 0..files {
        let content = format!("line of file {number}\n").repeat(100);
        write!(
            stream,
            "M 100644 inline d{}/e{}/f{number}\ndata {}\n{content}\n",
            number % 50,
            number % 7,
            content.len()
        )?;
    }
    let mut command = Command::new("git");
    command.arg("--git-dir").arg(repository.directory()).args(["fast-import", "--quiet"]).stdin(Stdio::piped());
    let mut child = command.spawn()?;
    child.stdin.take().expect("standard input is piped").write_all(stream.as_bytes())?;
    ensure!(child.wait()?.success(), "`git fast-import` failed");
    Ok(())
}

fn plain_git(repository: &Path, words: &[&str], path: &Path) -> anyhow::Result<()> {
    let status = Command::new("git").arg("--git-dir").arg(repository).args(words).arg(path).arg("main").status()?;
    ensure!(status.success(), "`git {}` failed", words.join(" "));
    Ok(())
}
