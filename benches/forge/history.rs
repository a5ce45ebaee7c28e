//! Makes the repository that the forge is measured on: 20,000 commits over 10,000 files of unpacked crates, the same every
//! time.
//!
//! The files are those of the crates that this project is built from, as cargo unpacked them. The first commits bring them, a
//! few of one crate at a time; every later one edits up to three files, mostly anywhere and sometimes among a few that many
//! commits touch; every twentieth is a merge. All of it goes to `git fast-import` as one stream.

use std::io::BufWriter;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

use anyhow::Context as _;
use anyhow::ensure;

/// Files of the repository.
pub const FILES: usize = 10_000;
/// Commits of its main branch, side branches included.
pub const COMMITS: usize = 20_000;
/// Files that the branch `wide` changes.
pub const WIDE: usize = 500;

/// Files that many commits touch.
const HOT: usize = 40;
/// Files that one of the first commits brings.
const BROUGHT: usize = 25;
/// Larger files would make the stream large, and say little more.
const LARGEST: u64 = 20_000;
const FIRST: u64 = 1_500_000_000;

/// A repository to push from.
pub struct History {
    /// Its Git directory.
    pub directory: PathBuf,
    /// The file that most commits touch.
    pub hottest: String,
    /// A folder with many entries.
    pub widest: &'static str,
    /// What the files say, to go on from.
    writer: Writer,
}

struct Writer {
    files: Vec<(String, Vec<String>)>,
    /// Numbers that look random and are the same every time.
    state: u64,
    /// The last mark.
    mark: u64,
    commits: u64,
}

impl History {
    /// Makes it in this folder.
    pub fn make(directory: &Path) -> anyhow::Result<Self> {
        let mut writer = Writer { files: files()?, state: 1, mark: 0, commits: 0 };
        git(directory, &["init", "--quiet", "--bare", "--initial-branch=main", "."])?;
        fast_import(directory, |to| writer.whole(to))?;
        let hottest = writer.files[0].0.clone();
        Ok(Self { directory: directory.to_owned(), hottest, widest: "crates", writer })
    }

    /// Adds so many commits to a branch that starts where `main` ends.
    pub fn go_on(&mut self, branch: &str, commits: usize) -> anyhow::Result<()> {
        let writer = &mut self.writer;
        fast_import(&self.directory, |to| {
            for number in 0..commits {
                let from = if number == 0 { Some("refs/heads/main^0".to_owned()) } else { None };
                let edited = writer.edits(to, 2)?;
                writer.commit(to, branch, &from.into_iter().collect::<Vec<_>>(), &edited)?;
            }
            Ok(())
        })
    }
}

type Edited = Vec<(u64, String)>;

impl Writer {
    fn whole(&mut self, to: &mut impl Write) -> anyhow::Result<()> {
        let mut tip: Option<u64> = None;
        for first in (0..self.files.len()).step_by(BROUGHT) {
            let last = self.files.len().min(first + BROUGHT);
            let brought = (first..last).map(|at| self.blob(to, at)).collect::<anyhow::Result<Edited>>()?;
            tip = Some(self.commit(to, "main", &parents(tip), &brought)?);
        }
        while self.commits < COMMITS as u64 {
            if self.commits.is_multiple_of(20) {
                let side = self.edits(to, 2)?;
                let there = self.commit(to, "side", &parents(tip), &side)?;
                tip = Some(self.commit(to, "main", &[parents(tip), parents(Some(there))].concat(), &side)?);
            }
            let edited = self.edits(to, 3)?;
            tip = Some(self.commit(to, "main", &parents(tip), &edited)?);
        }
        let every = self.files.len() / WIDE;
        let wide: Vec<usize> = (0..WIDE).map(|at| at * every).collect();
        let wide = wide.into_iter().map(|at| self.edit(to, at)).collect::<anyhow::Result<Edited>>()?;
        self.commit(to, "wide", &parents(tip), &wide)?;
        writeln!(to, "reset refs/heads/side\nfrom {:040}\n", 0)?;
        Ok(())
    }

    /// One to `most` files edited.
    fn edits(&mut self, to: &mut impl Write, most: usize) -> anyhow::Result<Edited> {
        let count = 1 + self.below(most);
        let mut chosen = Vec::new();
        for _ in 0..count {
            let at =
                if self.below(5) == 0 { self.below(HOT).min(self.below(HOT)) } else { self.below(self.files.len()) };
            if !chosen.contains(&at) {
                chosen.push(at);
            }
        }
        chosen.into_iter().map(|at| self.edit(to, at)).collect()
    }

    /// Puts lines of another file into one, and takes some of its own away.
    fn edit(&mut self, to: &mut impl Write, at: usize) -> anyhow::Result<(u64, String)> {
        let other = self.below(self.files.len());
        let (from, count) = (self.below(self.files[other].1.len().max(1)), 1 + self.below(5));
        let lines: Vec<String> = self.files[other].1.iter().skip(from).take(count).cloned().collect();
        let place = self.below(self.files[at].1.len() + 1);
        let gone = self.below(5).min(self.files[at].1.len() - place);
        self.files[at].1.splice(place..place + gone, lines);
        self.blob(to, at)
    }

    fn blob(&mut self, to: &mut impl Write, at: usize) -> anyhow::Result<(u64, String)> {
        self.mark += 1;
        let (path, lines) = &self.files[at];
        let text = lines.concat();
        write!(to, "blob\nmark :{}\ndata {}\n{text}\n", self.mark, text.len())?;
        Ok((self.mark, path.clone()))
    }

    fn commit(
        &mut self,
        to: &mut impl Write,
        branch: &str,
        parents: &[String],
        edited: &Edited,
    ) -> anyhow::Result<u64> {
        self.mark += 1;
        self.commits += 1;
        let person = self.below(30);
        let seconds = FIRST + self.commits * 4_000;
        let (verb, about) = (["Mend", "Add", "Take away", "Rename", "Say"][self.below(5)], &edited[0].1);
        let message =
            format!("{verb} what {about} needs\n\nChange {} of many, in {} files.\n", self.commits, edited.len());
        writeln!(to, "commit refs/heads/{branch}\nmark :{}", self.mark)?;
        for role in ["author", "committer"] {
            writeln!(to, "{role} Person {person} <person{person}@example.org> {seconds} +0000")?;
        }
        write!(to, "data {}\n{message}", message.len())?;
        for (parent, word) in parents.iter().zip(["from", "merge"]) {
            writeln!(to, "{word} {parent}")?;
        }
        for (mark, path) in edited {
            writeln!(to, "M 100644 :{mark} {path}")?;
        }
        writeln!(to)?;
        Ok(self.mark)
    }

    fn below(&mut self, end: usize) -> usize {
        // A linear congruential generator; its upper bits are good enough to spread edits.
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.state >> 33).expect("31 bits fit") % end.max(1)
    }
}

fn parents(mark: Option<u64>) -> Vec<String> {
    mark.map(|mark| format!(":{mark}")).into_iter().collect()
}

/// Text files of the crates that cargo unpacked, as lines with their line feeds.
fn files() -> anyhow::Result<Vec<(String, Vec<String>)>> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo"))).context("no home")?;
    let mut found = Vec::new();
    let mut open = vec![home.join("registry/src")];
    while let Some(directory) = open.pop() {
        let mut below: Vec<PathBuf> =
            std::fs::read_dir(&directory)?.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<_>>()?;
        below.sort();
        for path in below.into_iter().rev() {
            let about = path.symlink_metadata()?;
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            if about.is_dir() {
                open.push(path);
            } else if matches!(ending, "rs" | "md" | "toml" | "c" | "h" | "txt")
                && (200..LARGEST).contains(&about.len())
                && let Ok(text) = std::fs::read_to_string(&path)
            {
                // Below the folder that is named after the registry.
                let name = path.strip_prefix(home.join("registry/src"))?.components().skip(1).collect::<PathBuf>();
                let name = name.to_str().context("crates have plain names")?.to_owned();
                found.push((format!("crates/{name}"), text.split_inclusive('\n').map(str::to_owned).collect()));
            }
        }
    }
    found.retain(|(name, _): &(String, Vec<String>)| !name.contains(['"', '\n', ' ']));
    found.sort();
    ensure!(found.len() >= FILES, "only {} files of crates are unpacked here", found.len());
    // Every so many, so that every crate is there; source code first among those that many commits touch.
    let every = found.len() / FILES;
    let mut taken: Vec<_> = found.into_iter().step_by(every).take(FILES).collect();
    taken.sort_by_key(|(name, lines)| (!(name.ends_with("/src/lib.rs") && lines.len() > 200), name.clone()));
    let readme = "# Large\n\nMany crates, to measure a forge on.\n".split_inclusive('\n').map(str::to_owned).collect();
    taken.push(("README.md".to_owned(), readme));
    Ok(taken)
}

fn fast_import(
    directory: &Path,
    write: impl FnOnce(&mut BufWriter<std::process::ChildStdin>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut command = Command::new("git");
    command.arg("-C").arg(directory).args(["fast-import", "--quiet", "--force"]).stdin(Stdio::piped());
    let mut child = command.spawn()?;
    let mut to = BufWriter::with_capacity(1 << 20, child.stdin.take().context("standard input is piped")?);
    write(&mut to)?;
    drop(to.into_inner().map_err(std::io::IntoInnerError::into_error)?);
    ensure!(child.wait()?.success(), "`git fast-import` failed");
    Ok(())
}

/// Runs `git`, which must do what it is told.
pub fn git(directory: &Path, words: &[&str]) -> anyhow::Result<()> {
    std::fs::create_dir_all(directory)?;
    let mut command = Command::new("git");
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_TERMINAL_PROMPT", "0");
    let output = command.arg("-C").arg(directory).args(words).output()?;
    ensure!(output.status.success(), "`git {}` failed:\n{}", words.join(" "), String::from_utf8_lossy(&output.stderr));
    Ok(())
}
