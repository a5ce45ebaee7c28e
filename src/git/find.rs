//! Searching the text of every file at a commit. There is no index: the objects are read, within bounds that are said.

use std::time::Duration;
use std::time::Instant;

use regex::bytes::Regex;
use regex::bytes::RegexBuilder;

use crate::git::Repository;
use crate::git::object::is_binary;
use crate::git::object::shown;
use crate::git::tree::blob;
use crate::git::tree::directory;
use crate::git::tree::joined;
use crate::git::tree::size;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::model::CommitId;

/// Files with hits that one search answers with.
const MOST_FILES: usize = 100;
/// Lines that are told of one file.
const MOST_LINES: usize = 10;
/// Larger files are not looked into.
const LARGEST: u64 = 1024 * 1024;
/// A longer line is cut in what is told.
const LONGEST_LINE: usize = 300;
/// How long one search may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Files with hits, in the order of their paths.
    pub files: Vec<FoundFile>,
    /// Why this is not everything: too many hits, or too little time.
    pub cut: Option<&'static str>,
}

/// A file with hits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFile {
    /// Its path, visible.
    pub path: String,
    /// Whether an address can hold the path as it is.
    pub plain: bool,
    /// The first lines with hits: the number, counted from 1, and the bytes.
    pub lines: Vec<(u32, Vec<u8>)>,
    /// Lines with hits that are not told.
    pub more: usize,
}

impl Repository {
    /// The lines of all text files at a commit that hold these words as they stand, in any case.
    pub async fn find(&self, commit: &CommitId, words: &str) -> Result<Found> {
        let words = words.trim();
        if words.len() < 2 || words.len() > 200 {
            return Err(Error::invalid("Search for 2 to 200 characters").field("q"));
        }
        let pattern = RegexBuilder::new(&regex::escape(words)).case_insensitive(true).build();
        let pattern = pattern.map_err(|error| Error::invalid("Cannot search for this").field("q").source(error))?;
        let commit = commit.clone();
        self.blocking(move |repository| {
            let Some(root) = directory(repository, &commit, None)? else { return Err(Error::not_found("commit")) };
            search(repository, root.id, &pattern)
        })
        .await
    }
}

/// A directory or a file that is still to be looked at.
struct Open {
    path: Vec<u8>,
    id: gix::ObjectId,
    directory: bool,
}

fn search(repository: &gix::Repository, root: gix::ObjectId, pattern: &Regex) -> Result<Found> {
    let begun = Instant::now();
    let mut found = Found::default();
    let mut open = vec![Open { path: Vec::new(), id: root, directory: true }];
    while let Some(next) = open.pop() {
        if begun.elapsed() > PATIENCE {
            found.cut = Some("The search took too long and stopped here");
            return Ok(found);
        }
        if next.directory {
            open.extend(below(repository, &next)?);
        } else if size(repository, &next.id) <= LARGEST
            && let Some(bytes) = blob(repository, next.id)?
            && let Some(file) = hits(next.path, &bytes, pattern)
        {
            if found.files.len() == MOST_FILES {
                found.cut = Some("More files than these hold it");
                return Ok(found);
            }
            found.files.push(file);
        }
    }
    Ok(found)
}

/// What a directory holds, last first, so that a stack gives it back in order.
fn below(repository: &gix::Repository, directory: &Open) -> Result<Vec<Open>> {
    let tree = repository.find_tree(directory.id).context("Cannot read a directory")?;
    let mut open = Vec::new();
    for line in tree.iter() {
        let line = line.context("Cannot read a directory")?;
        let mode = line.mode();
        if mode.is_tree() || mode.is_blob() {
            let path = joined(&directory.path, line.filename());
            open.push(Open { path, id: line.object_id(), directory: mode.is_tree() });
        }
    }
    open.reverse();
    Ok(open)
}

fn hits(path: Vec<u8>, bytes: &[u8], pattern: &Regex) -> Option<FoundFile> {
    if is_binary(bytes) || !pattern.is_match(bytes) {
        return None;
    }
    let mut lines = Vec::new();
    let mut more = 0;
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        if pattern.is_match(line) {
            if lines.len() < MOST_LINES {
                lines.push((number, line[..line.len().min(LONGEST_LINE)].to_vec()));
            } else {
                more += 1;
            }
        }
    }
    let plain = std::str::from_utf8(&path).is_ok_and(|path| path == shown(path.as_bytes()));
    Some(FoundFile { path: shown(&path), plain, lines, more })
}
