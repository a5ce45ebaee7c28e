//! The company brain: how soon it is indexed and asked, and how well it answers, beside what people use without it.
//!
//! Brains of 10,000 and 100,000 records are generated: sentences are drawn from the documentation of the crates that this
//! project builds on, so that words are as frequent as in prose about code. `FORGEHAND_BENCH_RECORDS` asks for one size only.

mod generate;
mod quality;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use forgehand::git::Repository;
use forgehand::kit::clock::Timestamp;
use forgehand::memory::When;
use forgehand::memory::index::Indexes;
use forgehand::memory::index::View;
use forgehand::memory::query;
use forgehand::memory::query::Around;
use forgehand::memory::query::Direction;
use forgehand::memory::query::Query;
use forgehand::memory::query::Scope;
use forgehand::memory::query::around;

use crate::figure::Figure;
use crate::memory::generate::Generated;
use crate::server;

/// Questions of each kind.
const QUESTIONS: usize = 300;
/// Questions that the slower peers are asked.
const FOR_PEERS: usize = 7;

/// Measures both sizes, then the quality.
pub fn measure() -> anyhow::Result<Vec<Figure>> {
    let runtime = tokio::runtime::Runtime::new()?;
    let sizes = match std::env::var("FORGEHAND_BENCH_RECORDS") {
        Ok(size) => vec![size.parse()?],
        Err(_) => vec![10_000, 100_000],
    };
    let mut figures = Vec::new();
    for size in sizes {
        figures.extend(runtime.block_on(of(size))?);
    }
    figures.extend(runtime.block_on(quality::measure())?);
    Ok(figures)
}

async fn of(size: usize) -> anyhow::Result<Vec<Figure>> {
    let home = tempfile::tempdir()?;
    eprintln!("  generating {size} records …");
    let mut brain = Generated::make(home.path(), size)?;
    let mut figures = cold(&brain, size)?;
    let repository = Repository::outside(&brain.repository)?;
    let indexes = Indexes::in_folder(&home.path().join("index"));
    let tip = When::Now.commit(&repository).await?;
    indexes.view(&repository, &tip).await?;

    let begun = Instant::now();
    let long_ago = When::At(Timestamp::from_seconds(generate::LAST - 365 * 86_400)).commit(&repository).await?;
    indexes.view(&repository, &long_ago).await?;
    figures.push(Figure::once(format!("a year back, first time, {size} records"), "ms", since(begun)));
    indexes.view(&repository, &tip).await?;

    let mut after_one = Vec::new();
    for _ in 0..15 {
        brain.touch_one()?;
        let begun = Instant::now();
        let tip = When::Now.commit(&repository).await?;
        indexes.view(&repository, &tip).await?;
        after_one.push(since(begun));
    }
    figures.push(Figure::median(format!("index after a commit of one file, {size} records"), "ms", after_one));

    let tip = When::Now.commit(&repository).await?;
    let view = indexes.view(&repository, &tip).await?;
    figures.extend(asked(&repository, &view, &mut brain, size).await?);
    figures.extend(peers(&brain, home.path(), size)?);
    Ok(figures)
}

/// A cold index by the program, which starts, indexes, asks and ends; and the most memory that it took.
fn cold(brain: &Generated, size: usize) -> anyhow::Result<Vec<Figure>> {
    let begun = Instant::now();
    let mut child = Command::new(server::BINARY)
        .args(["memory", "query", "--json", "connection timeout", "--in"])
        .arg(&brain.repository)
        .stdout(std::process::Stdio::null())
        .spawn()?;
    let mut most = 0.0_f64;
    while child.try_wait()?.is_none() {
        most = most.max(peak(child.id()));
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let cold = since(begun) / 1000.0;
    let begun = Instant::now();
    let status = Command::new(server::BINARY)
        .args(["memory", "query", "--json", "connection timeout", "--in"])
        .arg(&brain.repository)
        .stdout(std::process::Stdio::null())
        .status()?;
    anyhow::ensure!(status.success(), "the program could not ask");
    let warm = since(begun);
    let kept = folder_size(&brain.repository.join("forgehand-memory"))?;
    std::fs::remove_dir_all(brain.repository.join("forgehand-memory"))?;
    Ok(vec![
        Figure::once(format!("cold index and first answer, {size} records"), "s", cold),
        Figure::once(format!("most memory of it, {size} records"), "MB", most),
        Figure::once(format!("the program asks an index on disk, {size} records"), "ms", warm),
        Figure::once(format!("index on disk, {size} records"), "MB", kept as f64 / 1e6),
    ])
}

async fn asked(
    repository: &Repository,
    view: &Arc<View>,
    brain: &mut Generated,
    size: usize,
) -> anyhow::Result<Vec<Figure>> {
    let scope = Scope::everything();
    let questions = brain.questions(QUESTIONS);
    let mut text = Vec::new();
    for question in questions.iter().chain(&questions) {
        let begun = Instant::now();
        query::ask(repository, view, &Query::text(question), &scope).await?;
        text.push(since(begun));
    }
    // The first round warms the file cache, as a server that is asked for an hour has it.
    let text = text.split_off(QUESTIONS);
    let mut graph = Vec::new();
    for id in brain.nodes(QUESTIONS) {
        let around = Around { id: id.parse()?, edges: Vec::new(), depth: 2, direction: Direction::Both };
        let begun = Instant::now();
        let found = around::neighbourhood(view, &around, &scope)?;
        graph.push(since(begun));
        anyhow::ensure!(!found.nodes.is_empty(), "every node is there");
    }
    Ok(vec![
        percentile(format!("text query p50, {size} records"), &text, 0.50),
        percentile(format!("text query p99, {size} records"), &text, 0.99),
        percentile(format!("graph of depth 2 p50, {size} records"), &graph, 0.50),
        percentile(format!("graph of depth 2 p99, {size} records"), &graph, 0.99),
    ])
}

/// The same questions to `rg` over a checkout, and to `git grep` at the commit: lines with any of the words.
fn peers(brain: &Generated, home: &Path, size: usize) -> anyhow::Result<Vec<Figure>> {
    let tree = home.join("tree");
    let git = || {
        let mut command = Command::new("git");
        command.arg("--git-dir").arg(&brain.repository);
        command
    };
    let status = git().args(["worktree", "add", "-q", "--detach"]).arg(&tree).arg("main").status()?;
    anyhow::ensure!(status.success(), "`git worktree add` failed");
    let (mut by_rg, mut by_grep) = (Vec::new(), Vec::new());
    for question in brain.questions_again(FOR_PEERS) {
        let words = question.split(' ').flat_map(|word| ["-e", word]);
        let begun = Instant::now();
        Command::new("rg").args(["-i", "-w", "-c"]).args(words.clone()).arg(&tree).output()?;
        by_rg.push(since(begun));
        let begun = Instant::now();
        git().args(["grep", "-i", "-w", "-c"]).args(words).arg("main").output()?;
        by_grep.push(since(begun));
    }
    Ok(vec![
        Figure::median(format!("rg over a checkout, {size} records"), "ms", by_rg),
        Figure::median(format!("git grep at the commit, {size} records"), "ms", by_grep),
    ])
}

fn percentile(name: String, values: &[f64], share: f64) -> Figure {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len()) - 1;
    Figure::once(name, "ms", sorted[at])
}

fn since(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1000.0
}

/// The most memory that a process ever had, in megabytes.
fn peak(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<f64>().map_or(0.0, |kibibytes| kibibytes * 1.024 / 1000.0)
}

fn folder_size(folder: &Path) -> anyhow::Result<u64> {
    let mut size = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        size += if metadata.is_dir() { folder_size(&entry.path())? } else { metadata.len() };
    }
    Ok(size)
}
