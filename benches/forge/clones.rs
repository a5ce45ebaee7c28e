//! Clones by the real `git` from our server and from `git http-backend`, in turns, and what both hold in memory meanwhile.

use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::time::Instant;

use anyhow::ensure;

use crate::figure::Figure;
use crate::forge::history::git;
use crate::forge::hosted::Hosted;
use crate::server::Server;

const RUNS: usize = 5;
/// Clones that are under way at the same time.
const CROWD: usize = 50;

/// One value a run of everything that is measured of one server.
#[derive(Default)]
struct Measured {
    full: Vec<f64>,
    shallow: Vec<f64>,
    peak: Vec<f64>,
}

impl Measured {
    fn run(&mut self, server: &Server, address: &str, scratch: &Path) -> anyhow::Result<()> {
        server.forget_peak()?;
        self.full.push(cloned(address, &[], scratch)?);
        self.peak.push(server.peak()?);
        self.shallow.push(cloned(address, &["--depth=1"], scratch)?);
        Ok(())
    }

    fn figures(self, who: &str) -> Vec<Figure> {
        vec![
            Figure::median(format!("{who}: full clone"), "s", self.full),
            Figure::median(format!("{who}: shallow clone"), "s", self.shallow),
            Figure::median(format!("{who}: most memory in a full clone"), "MiB", self.peak),
        ]
    }
}

/// Clones the repository from both, which serve the same bytes on the disk.
pub fn side_by_side(hosted: &Hosted, peer: &Server, scratch: &Path) -> anyhow::Result<Vec<Figure>> {
    let (ours, theirs) = (hosted.address("large"), format!("http://{}/large.git", peer.address));
    let (mut we, mut they) = (Measured::default(), Measured::default());
    for run in 0..=RUNS {
        if run == 0 {
            // Both are asked once before, so that the disk's cache favours nobody.
            cloned(&theirs, &[], scratch)?;
            cloned(&ours, &[], scratch)?;
        } else if run % 2 == 0 {
            they.run(peer, &theirs, scratch)?;
            we.run(&hosted.server, &ours, scratch)?;
        } else {
            we.run(&hosted.server, &ours, scratch)?;
            they.run(peer, &theirs, scratch)?;
        }
    }
    let full = Figure::ratio("full clone, ours to theirs", &we.full, &they.full);
    let shallow = Figure::ratio("shallow clone, ours to theirs", &we.shallow, &they.shallow);
    let mut figures = [they.figures("git http-backend"), we.figures("forgehand")].concat();
    figures.extend([full, shallow]);
    hosted.server.forget_peak()?;
    cloned(&hosted.address("early"), &[], scratch)?;
    figures.push(Figure::once("forgehand: most memory in a full clone of a tenth", "MiB", hosted.server.peak()?));
    Ok(figures)
}

/// Many full clones at once, each checked by `git` as it always does. One that fails fails the bench.
pub fn crowd(hosted: &Hosted, scratch: &Path) -> anyhow::Result<Vec<Figure>> {
    hosted.server.forget_peak()?;
    let begun = Instant::now();
    let mut clones = Vec::new();
    for number in 0..CROWD {
        let mut command = Command::new("git");
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").args(["clone", "--quiet", "--bare", &hosted.address("early")]);
        command.arg(scratch.join(format!("crowd-{number}"))).stdin(Stdio::null()).stderr(Stdio::piped());
        clones.push(command.spawn()?);
    }
    for (number, clone) in clones.into_iter().enumerate() {
        let output = clone.wait_with_output()?;
        ensure!(output.status.success(), "clone {number} failed:\n{}", String::from_utf8_lossy(&output.stderr));
        std::fs::remove_dir_all(scratch.join(format!("crowd-{number}")))?;
    }
    Ok(vec![
        Figure::once(format!("{CROWD} clones of a tenth at once"), "s", begun.elapsed().as_secs_f64()),
        Figure::once(format!("most memory in {CROWD} clones at once"), "MiB", hosted.server.peak()?),
    ])
}

fn cloned(address: &str, options: &[&str], scratch: &Path) -> anyhow::Result<f64> {
    let into = scratch.join("clone");
    let begun = Instant::now();
    git(scratch, &[&["clone", "--quiet", "--bare"], options, &[address, "clone"]].concat())?;
    let took = begun.elapsed().as_secs_f64();
    std::fs::remove_dir_all(into)?;
    Ok(took)
}
