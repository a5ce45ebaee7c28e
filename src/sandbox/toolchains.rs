//! Folders of programs that an administrator shows to every sandbox, read-only: the agents that others wrote, compilers.
//!
//! A folder lies inside where it lies outside, because programs remember their own paths. What is in `bin` or in
//! `node_modules/.bin` below it is found by `PATH`, before what the system has.

use std::path::Component;
use std::path::Path;
use std::path::PathBuf;

use crate::kit::Error;
use crate::kit::Result;
use crate::sandbox;
use crate::sandbox::arguments;

/// Folders of programs that every sandbox shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Toolchains(Vec<PathBuf>);

/// Where programs lie below a toolchain.
const PROGRAMS: [&str; 2] = ["bin", "node_modules/.bin"];

/// What the sandbox has for itself.
const TAKEN: [&str; 8] = ["/proc", "/sys", "/dev", "/etc", "/run", sandbox::WORKSPACE, arguments::HOME, "/lost+found"];

/// What the system has, which is shown already.
const SYSTEM_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

impl Toolchains {
    /// Takes folders by their whole paths.
    pub fn parse(words: &[String]) -> Result<Self> {
        let folders = words.iter().map(|word| folder(word.trim())).collect::<Result<_>>()?;
        Ok(Self(folders))
    }

    /// The folders.
    pub fn folders(&self) -> &[PathBuf] {
        &self.0
    }

    /// What is shown: (outside, inside).
    pub(super) fn shown(&self) -> impl Iterator<Item = (PathBuf, PathBuf)> {
        self.0.iter().map(|folder| (folder.clone(), folder.clone()))
    }

    /// Where programs are looked for, inside.
    pub(super) fn search_path(&self) -> String {
        let below = |folder: &PathBuf| PROGRAMS.map(|programs| folder.join(programs));
        let there = self.0.iter().flat_map(below).filter(|programs| programs.is_dir());
        let mut all: Vec<String> = there.map(|programs| programs.to_string_lossy().into_owned()).collect();
        all.push(SYSTEM_PATH.to_owned());
        all.join(":")
    }
}

fn folder(word: &str) -> Result<PathBuf> {
    let wrong = |why: &str| {
        Error::invalid(format!("The toolchain `{word}` cannot be shown to agents: {why}"))
            .field("toolchains")
            .hint("name a folder by its whole path that holds programs and nothing secret, such as `/opt/agents`")
    };
    let path = Path::new(word);
    let plain = path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    if !path.is_absolute() || !plain || word.contains(':') {
        return Err(wrong("it is no whole path without `..` and `:`"));
    }
    if path.components().count() < 3 {
        return Err(wrong("it lies too near the root, and holds more than programs"));
    }
    if TAKEN.iter().any(|taken| path.starts_with(taken) || Path::new(taken).starts_with(path)) {
        return Err(wrong("the sandbox has something of its own there"));
    }
    Ok(path.components().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(word: &str) -> String {
        match Toolchains::parse(&[word.to_owned()]) {
            Ok(toolchains) => toolchains.folders()[0].display().to_string(),
            Err(error) => error.message().to_owned(),
        }
    }

    #[test]
    fn only_folders_of_their_own_are_shown() {
        let words = [
            "/opt/agents/",
            "/usr/local/lib/agents",
            "opt/agents",
            "/opt/../etc",
            "/",
            "/opt",
            "/etc/ssh",
            "/home/agent/x",
            "/home/agent",
            "/run/secrets",
            "/a:/b",
        ];
        insta::assert_snapshot!(words.map(told).join("\n"));
    }

    #[test]
    fn programs_of_a_toolchain_are_found_before_those_of_the_system() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("node_modules/.bin")).unwrap();
        let toolchains = Toolchains::parse(&[folder.path().display().to_string()]).unwrap();
        let path = toolchains.search_path();
        assert_eq!(path, format!("{}/node_modules/.bin:{SYSTEM_PATH}", folder.path().display()));
    }
}
