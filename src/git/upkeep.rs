//! Upkeep of a repository: what pushes left in many pieces is packed, so that clones stay cheap and pages quick.
//!
//! **Nothing is dropped.** An object that no ref leads to any more may be what a quarantine or a workspace borrows, the code of
//! a run that is to be replayed, or what a push that is under way counts on. Each object that was here before is here
//! afterwards: a pack goes only when another one holds all of it. So pushes, clones and pages go on meanwhile, and nobody
//! has to wait for a lock; a `git` that finds a pack gone looks where its objects went, as does the library that reads.
//! What it costs is the disk that forgotten objects take.
//!
//! What is due is decided from numbers alone. Packing everything into one pack, with a bitmap that tells a clone at once which
//! objects it needs, is worth it when what lies outside of the last such pack has grown to half of it: then each object is
//! written again a few times in its life at most, however often somebody pushes. Until then small packs are put together.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;
use std::time::SystemTime;

use tokio::io::AsyncWriteExt as _;

use crate::git::Repository;
use crate::git::blocking;
use crate::git::process;
use crate::git::process::Start;
use crate::git::process::Target;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Clock;
use crate::kit::error::Context as _;

/// How long one step may take.
const LONGEST: Duration = Duration::from_secs(3600);
/// What a killed `git` left behind is removed when it is this old: a push that is under way writes to what it has.
const LEFT_OVER: Duration = Duration::from_secs(24 * 3600);
/// Objects that lie in files of their own before they are packed.
const MANY_LOOSE: usize = 1_000;
/// Packs that lie beside each other before they are put together.
const MANY_PACKS: usize = 8;
/// Refs that lie in files of their own before they are put into one.
const MANY_REFS: usize = 200;
/// A smaller repository needs no bitmap.
const SMALL: u64 = 1024 * 1024;

/// What was done for a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upkeep {
    /// Nothing was due.
    Nothing,
    /// Loose objects and small packs were put together.
    Gathered,
    /// Everything was put into one pack.
    Whole,
}

/// What lies in a Git directory.
#[derive(Clone, Debug, Default)]
struct Pieces {
    /// Objects in files of their own.
    loose: usize,
    /// Bytes of those.
    loose_bytes: u64,
    /// Bytes of each pack.
    packs: Vec<u64>,
    /// Bytes of the packs that have a bitmap.
    mapped: u64,
    /// Whether what commits there are is written down in a commit-graph.
    graph: bool,
    /// Refs in files of their own.
    refs: usize,
}

impl Pieces {
    fn due(&self) -> Upkeep {
        let all: u64 = self.packs.iter().sum::<u64>() + self.loose_bytes;
        let outside = all - self.mapped.min(all);
        if all > SMALL && outside * 2 >= self.mapped {
            Upkeep::Whole
        } else if self.loose >= MANY_LOOSE || self.packs.len() >= MANY_PACKS {
            Upkeep::Gathered
        } else {
            Upkeep::Nothing
        }
    }
}

impl Repository {
    /// Does what is due, at the lowest priority. Only one at a time a repository: the caller sees to that.
    pub async fn look_after(&self) -> Result<Upkeep> {
        if !self.exists().await {
            return Ok(Upkeep::Nothing);
        }
        let directory = self.directory().to_owned();
        let pieces = blocking(move || {
            sweep(&directory).context("Cannot remove what a killed `git` left behind")?;
            look(&directory).context("Cannot look into a Git directory")
        })
        .await?;
        if pieces.refs >= MANY_REFS {
            self.pack_refs().await?;
        }
        let due = pieces.due();
        self.pack(due).await?;
        if due != Upkeep::Nothing || (!pieces.graph && !pieces.packs.is_empty()) {
            self.write_graph().await?;
        }
        // What was opened would keep files of packs that are gone.
        self.forget();
        Ok(due)
    }

    pub(super) async fn pack(&self, how: Upkeep) -> Result<()> {
        match how {
            Upkeep::Nothing => Ok(()),
            Upkeep::Gathered => self.step(&["repack", "-d", "-l", "-q", "--geometric=2"]).await,
            Upkeep::Whole => self.step(&["repack", "-a", "-d", "-l", "-q", "-b", "--keep-unreachable"]).await,
        }
    }

    pub(super) async fn pack_refs(&self) -> Result<()> {
        self.step(&["pack-refs", "--all", "--prune"]).await
    }

    pub(super) async fn write_graph(&self) -> Result<()> {
        self.step(&["commit-graph", "write", "--reachable", "--changed-paths", "--no-progress"]).await
    }

    async fn step(&self, verb: &'static [&'static str]) -> Result<()> {
        // One thread: the other cores are for people.
        let settings = ["pack.threads=1", "repack.updateServerInfo=false", "core.commitGraph=true"].map(str::to_owned);
        let directory = Target::Environment(self.directory());
        let start = Start { verb, words: &[], directory, settings: &settings, environment: &[] };
        let mut child = process::start(self.git(), &start)?;
        process::yield_to_others(&child);
        if let Some(mut stdin) = child.stdin.take() {
            stdin.shutdown().await.ok();
        }
        let (mut stdout, stderr) =
            (child.stdout.take().expect("standard output is piped"), child.stderr.take().expect("it is piped"));
        let mut sink = tokio::io::sink();
        let ended = tokio::time::timeout(LONGEST, async {
            tokio::join!(child.wait(), process::complaint(stderr), tokio::io::copy(&mut stdout, &mut sink))
        });
        let (status, complaint, _) = ended.await.context("Upkeep of a repository took too long")?;
        if !status.as_ref().is_ok_and(ExitStatus::success) {
            return Err(Error::internal(format!("`git {}` failed: {complaint}", verb[0])));
        }
        Ok(())
    }
}

fn look(directory: &Path) -> std::io::Result<Pieces> {
    let objects = directory.join("objects");
    let mut pieces = Pieces { graph: objects.join("info/commit-graph").exists(), ..Pieces::default() };
    for shelf in std::fs::read_dir(&objects)? {
        let shelf = shelf?;
        if shelf.file_name().len() == 2 {
            for object in std::fs::read_dir(shelf.path())? {
                pieces.loose += 1;
                pieces.loose_bytes += object?.metadata().map_or(0, |about| about.len());
            }
        }
    }
    for pack in std::fs::read_dir(objects.join("pack"))? {
        let path = pack?.path();
        if path.extension().is_some_and(|ending| ending == "pack") {
            let bytes = path.metadata().map_or(0, |about| about.len());
            pieces.packs.push(bytes);
            pieces.mapped += if path.with_extension("bitmap").exists() { bytes } else { 0 };
        }
    }
    pieces.refs = files_below(&directory.join("refs"));
    Ok(pieces)
}

fn files_below(directory: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(directory) else { return 0 };
    let count = |entry: std::fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => files_below(&entry.path()),
        _ => 1,
    };
    entries.flatten().map(count).sum()
}

/// Removes packs and objects that a `git` began to write long ago and never finished.
fn sweep(directory: &Path) -> std::io::Result<()> {
    let objects = directory.join("objects");
    for (folder, prefixes) in
        [(objects.clone(), &["tmp_objdir-", "incoming-"][..]), (objects.join("pack"), &["tmp_", ".tmp-"][..])]
    {
        for entry in std::fs::read_dir(folder)?.flatten() {
            let name = entry.file_name();
            let begun = prefixes.iter().any(|prefix| name.as_bytes().starts_with(prefix.as_bytes()));
            if begun && is_old(&entry.path()) {
                tracing::warn!(path = %entry.path().display(), "removed what a killed `git` left behind");
                let is_folder = entry.file_type()?.is_dir();
                if is_folder { std::fs::remove_dir_all(entry.path())? } else { std::fs::remove_file(entry.path())? }
            }
        }
    }
    Ok(())
}

fn is_old(path: &Path) -> bool {
    // The time of files is the machine's, not that of a story.
    let now = SystemTime::UNIX_EPOCH + Duration::from_micros(Clock::system().now().0.unsigned_abs());
    let changed = path.symlink_metadata().and_then(|about| about.modified());
    changed.is_ok_and(|changed| now.duration_since(changed).is_ok_and(|age| age > LEFT_OVER))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    #[test]
    fn everything_is_packed_anew_only_when_half_as_much_came_to_it() {
        let due = |packs: &[u64], mapped: u64, loose: usize| {
            let loose_bytes = loose as u64 * 1024;
            Pieces { packs: packs.to_vec(), mapped, loose, loose_bytes, ..Pieces::default() }.due()
        };
        assert_eq!(due(&[], 0, 300), Upkeep::Nothing);
        assert_eq!(due(&[100 * MIB], 0, 0), Upkeep::Whole);
        assert_eq!(due(&[100 * MIB], 100 * MIB, 0), Upkeep::Nothing);
        assert_eq!(due(&[100 * MIB, 49 * MIB], 100 * MIB, 0), Upkeep::Nothing);
        assert_eq!(due(&[100 * MIB, 50 * MIB], 100 * MIB, 0), Upkeep::Whole);
        assert_eq!(due(&[100 * MIB, 1, 1, 1, 1, 1, 1, 1], 100 * MIB, 0), Upkeep::Gathered);
        assert_eq!(due(&[100 * MIB], 100 * MIB, 1_000), Upkeep::Gathered);
        assert_eq!(due(&[], 0, 100_000), Upkeep::Whole);
    }
}
