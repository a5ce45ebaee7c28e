//! Which files differ between two trees, and which of them moved.
//!
//! Of our own rather than the library's, because trees are hostile: a tree may hold itself ten times over ten levels, names
//! may repeat or stand out of order, and telling renames by content must not cost more than the page is worth.

use std::collections::BTreeMap;
use std::collections::HashMap;

use gix::objs::tree::EntryMode;

use crate::git::tree::blob;
use crate::git::tree::joined;
use crate::git::tree::size;
use crate::kit::Result;
use crate::kit::error::Context as _;

/// One path that differs.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    /// Where it is, or was.
    pub path: Vec<u8>,
    /// Where it was, when it moved.
    pub old_path: Option<Vec<u8>>,
    /// What it was.
    pub old: Option<Leaf>,
    /// What it is.
    pub new: Option<Leaf>,
}

/// A file, link or submodule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    pub mode: EntryMode,
    pub id: gix::ObjectId,
}

/// Paths that are looked for; beyond, the comparison is cut.
const MOST_PAIRS: usize = 20_000;
/// Directories that are looked into; beyond, the comparison is cut.
const MOST_DIRECTORIES: usize = 50_000;
/// Files on either side that are compared by content to tell which moved.
const MOST_MOVED: usize = 40;
/// Larger files are told to have moved only when they did not change.
const LARGEST_MOVED: u64 = 256 * 1024;

type Lines = BTreeMap<Vec<u8>, Leaf>;

/// The paths that differ, sorted. True when there are more.
pub(super) fn pairs(
    repository: &gix::Repository,
    old: Option<gix::ObjectId>,
    new: Option<gix::ObjectId>,
) -> Result<(Vec<Pair>, bool)> {
    let mut found = Vec::new();
    let mut open = vec![(Vec::new(), old, new)];
    let mut directories = 0;
    while let Some((above, old, new)) = open.pop() {
        if old == new {
            continue;
        }
        directories += 1;
        if found.len() > MOST_PAIRS || directories > MOST_DIRECTORIES {
            found.truncate(MOST_PAIRS);
            found.sort_by(|one: &Pair, other: &Pair| one.path.cmp(&other.path));
            return Ok((found, true));
        }
        let (old, mut new) = (lines(repository, old)?, lines(repository, new)?);
        let mut both: Vec<_> = old.into_iter().map(|(name, leaf)| (new.remove(&name), name, Some(leaf))).collect();
        both.extend(new.into_iter().map(|(name, leaf)| (Some(leaf), name, None)));
        for (new, name, old) in both {
            if old == new {
                continue;
            }
            let path = joined(&above, &name);
            let tree = |side: Option<Leaf>| side.filter(|leaf| leaf.mode.is_tree()).map(|leaf| leaf.id);
            let leaf = |side: Option<Leaf>| side.filter(|leaf| !leaf.mode.is_tree());
            if tree(old).is_some() || tree(new).is_some() {
                open.push((path.clone(), tree(old), tree(new)));
            }
            if leaf(old).is_some() || leaf(new).is_some() {
                found.push(Pair { path, old_path: None, old: leaf(old), new: leaf(new) });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok((found, false))
}

fn lines(repository: &gix::Repository, tree: Option<gix::ObjectId>) -> Result<Lines> {
    let Some(id) = tree else { return Ok(Lines::new()) };
    let tree = repository.find_tree(id).context("Cannot read a directory")?;
    let leaf = |line: gix::Result<gix::object::tree::EntryRef<'_, '_>>| {
        let line = line.context("Cannot read a directory")?;
        Ok((line.filename().to_vec(), Leaf { mode: line.mode(), id: line.object_id() }))
    };
    tree.iter().map(leaf).collect()
}

/// Joins a file that went with one that came, when they are the same or alike by half.
pub(super) fn with_renames(repository: &gix::Repository, mut pairs: Vec<Pair>) -> Result<Vec<Pair>> {
    let is_file = |leaf: &Leaf| leaf.mode.is_blob();
    let mut gone: Vec<usize> = Vec::new();
    let mut come: Vec<usize> = Vec::new();
    for (at, pair) in pairs.iter().enumerate() {
        match (&pair.old, &pair.new) {
            (Some(old), None) if is_file(old) => gone.push(at),
            (None, Some(new)) if is_file(new) => come.push(at),
            _ => {}
        }
    }
    let mut moved: Vec<(usize, usize)> = Vec::new();
    let mut by_id: HashMap<gix::ObjectId, Vec<usize>> = HashMap::new();
    for at in gone.iter().rev() {
        by_id.entry(pairs[*at].old.expect("it went").id).or_default().push(*at);
    }
    for to in &come {
        if let Some(from) = by_id.get_mut(&pairs[*to].new.expect("it came").id).and_then(Vec::pop) {
            moved.push((from, *to));
        }
    }
    gone.retain(|at| !moved.iter().any(|(from, _)| from == at));
    come.retain(|at| !moved.iter().any(|(_, to)| to == at));
    if gone.len() <= MOST_MOVED && come.len() <= MOST_MOVED {
        moved.extend(alike(repository, &pairs, &gone, &come)?);
    }
    for (from, to) in &moved {
        pairs[*to].old_path = Some(pairs[*from].path.clone());
        pairs[*to].old = pairs[*from].old;
    }
    let mut at = 0;
    pairs.retain(|_| {
        at += 1;
        !moved.iter().any(|(from, _)| *from == at - 1)
    });
    Ok(pairs)
}

/// Matches files whose lines are the same by half or more, the most alike first.
fn alike(repository: &gix::Repository, pairs: &[Pair], gone: &[usize], come: &[usize]) -> Result<Vec<(usize, usize)>> {
    let read = |at: usize| -> Result<Option<Vec<u8>>> {
        let leaf = pairs[at].old.or(pairs[at].new).expect("one side is there");
        if size(repository, &leaf.id) > LARGEST_MOVED { Ok(None) } else { blob(repository, leaf.id) }
    };
    let before = gone.iter().map(|at| Ok((*at, read(*at)?))).collect::<Result<Vec<_>>>()?;
    let after = come.iter().map(|at| Ok((*at, read(*at)?))).collect::<Result<Vec<_>>>()?;
    let mut scored = Vec::new();
    for (from, old) in &before {
        for (to, new) in &after {
            if let (Some(old), Some(new)) = (old, new) {
                let score = likeness(old, new);
                if score >= 50 {
                    scored.push((score, *from, *to));
                }
            }
        }
    }
    scored.sort_by_key(|(score, from, to)| (std::cmp::Reverse(*score), *from, *to));
    let mut moved: Vec<(usize, usize)> = Vec::new();
    for (_, from, to) in scored {
        if !moved.iter().any(|(old, new)| *old == from || *new == to) {
            moved.push((from, to));
        }
    }
    Ok(moved)
}

/// How many of a hundred bytes of the larger one stand in lines that both have.
fn likeness(old: &[u8], new: &[u8]) -> usize {
    let larger = old.len().max(new.len());
    if larger == 0 || old.len().min(new.len()) * 2 < larger {
        return 0;
    }
    let mut counts: HashMap<&[u8], usize> = HashMap::new();
    for line in old.split_inclusive(|b| *b == b'\n') {
        *counts.entry(line).or_default() += 1;
    }
    let mut same = 0;
    for line in new.split_inclusive(|b| *b == b'\n') {
        if let Some(count) = counts.get_mut(line).filter(|count| **count > 0) {
            *count -= 1;
            same += line.len();
        }
    }
    same * 100 / larger
}
