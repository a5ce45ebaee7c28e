//! The embedded forge with a repository of 20,000 commits and 10,000 files: clones beside `git http-backend`, pushes, and how
//! soon the first byte of its pages of code comes.
//!
//! [`history`] makes the repository, [`hosted`] starts the release binary and pushes to it, [`clones`] clones from both. The
//! peer serves a copy of the same Git directory, taken once the server's own upkeep has packed it, so that both send the same
//! packs. Pages are asked for by nobody: what a signed-in person sees in addition is measured by `pages`.

mod clones;
mod history;
mod hosted;

use std::path::Path;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;

use anyhow::ensure;

use crate::figure::Figure;
use crate::forge::history::History;
use crate::forge::history::git;
use crate::forge::hosted::Hosted;
use crate::forge::hosted::first_byte;
use crate::server::Server;

const WARM: usize = 41;
const COLD: usize = 5;
const PUSHES: usize = 3;
const PUSHED: usize = 1_000;
/// How long the server's upkeep may take to pack what was pushed.
const UPKEEP: Duration = Duration::from_secs(300);

/// Measures all of it on one repository.
pub fn measure() -> anyhow::Result<Vec<Figure>> {
    let home = tempfile::tempdir()?;
    let scratch = home.path().join("scratch");
    std::fs::create_dir_all(&scratch)?;
    eprintln!("making a repository …");
    let mut history = History::make(&home.path().join("history.git"))?;
    let hosted = Hosted::start(&home.path().join("data"))?;
    for name in ["large", "early"] {
        hosted.create(name)?;
    }
    let mut figures = Vec::new();
    eprintln!("pushing …");
    let early = format!("refs/heads/main~{}:refs/heads/main", 17_000);
    hosted.push(&history.directory, "early", &[&early])?;
    let refs = ["refs/heads/main:refs/heads/main", "refs/heads/wide:refs/heads/wide"];
    figures.push(Figure::once("first push of everything", "s", hosted.push(&history.directory, "large", &refs)?));
    figures.push(packed(&hosted)?);

    let peers = home.path().join("peers");
    std::fs::create_dir_all(&peers)?;
    let copied = Command::new("cp").arg("-a").arg(hosted.directory("large")).arg(peers.join("large.git")).status()?;
    ensure!(copied.success(), "the repository was not copied");
    let peer = backend(&peers)?;
    eprintln!("cloning …");
    figures.extend(clones::side_by_side(&hosted, &peer, &scratch)?);
    drop(peer);
    figures.extend(clones::crowd(&hosted, &scratch)?);
    eprintln!("asking for pages …");
    let (hosted, found) = pages(hosted, &history)?;
    figures.extend(found);
    eprintln!("pushing again …");
    let mut pushes = Vec::new();
    for number in 0..PUSHES {
        let branch = format!("more-{number}");
        history.go_on(&branch, PUSHED)?;
        pushes.push(hosted.push(&history.directory, "large", &[&format!("refs/heads/{branch}")])? * 1000.0);
    }
    figures.push(Figure::median(format!("push of {PUSHED} commits"), "ms", pushes));
    Ok(figures)
}

/// Waits until the server has packed what was pushed.
fn packed(hosted: &Hosted) -> anyhow::Result<Figure> {
    let begun = Instant::now();
    let graph = hosted.directory("large").join("objects/info/commit-graph");
    while !graph.exists() {
        ensure!(begun.elapsed() < UPKEEP, "the server did not pack what was pushed");
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(Figure::once("upkeep after it, in the background", "s", begun.elapsed().as_secs_f64()))
}

fn backend(root: &Path) -> anyhow::Result<Server> {
    let mut python = Command::new("python3");
    python.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/http-backend/server.py")).arg(root);
    git(&root.join("large.git"), &["config", "uploadpack.allowFilter", "true"])?;
    Server::start(python, &[], "/readyz")
}

/// First bytes of each page: asked again and again, and as the first request of a process that has just started.
fn pages(mut hosted: Hosted, history: &History) -> anyhow::Result<(Hosted, Vec<Figure>)> {
    let pages = [
        ("tree with last commits", format!("/acme/large/src/main/{}", history.widest)),
        ("file history", format!("/acme/large/commits/main/{}", history.hottest)),
        ("blame", format!("/acme/large/blame/main/{}", history.hottest)),
        ("compare of 500 files", "/acme/large/compare/main...wide".to_owned()),
    ];
    let mut figures = Vec::new();
    for (name, path) in pages {
        let mut cold = Vec::new();
        for _ in 0..COLD {
            hosted = hosted.again()?;
            cold.push(first_byte(hosted.server.address, &path)?);
        }
        let warm = (0..WARM).map(|_| first_byte(hosted.server.address, &path)).collect::<anyhow::Result<_>>()?;
        figures.push(Figure::median(format!("{name}: first byte, cold"), "ms", cold));
        figures.push(Figure::median(format!("{name}: first byte, warm"), "ms", warm));
    }
    Ok((hosted, figures))
}
