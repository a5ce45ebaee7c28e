//! How commits follow each other and which paths they touch, without reading them: from the commit-graph that upkeep writes,
//! as far as that goes. What is newer is read from the objects.
//!
//! The graph holds a filter for each commit, made of the paths that differ from its first parent (`gitformat-commit-graph`,
//! chunks `BIDX` and `BDAT`). A filter that does not hold a path is sure; one that does may be wrong once in a hundred. So
//! what a page asks of a long history, who changed this last, is answered by reading the few commits that may have.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::io::Seek as _;
use std::io::SeekFrom;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::kit::Result;
use crate::kit::error::Context as _;

/// Graphs that are kept in memory.
const MOST_KEPT: usize = 32;

/// Graphs that were read before, by repository.
#[derive(Debug, Default)]
pub(super) struct Graphs(Mutex<HashMap<PathBuf, (Stamp, Arc<Known>)>>);

/// Which file it was: each graph is written anew and put in the place of the one before.
type Stamp = (u64, u64, i64, i64);

struct Known {
    graph: gix::commitgraph::Graph,
    filters: Option<Filters>,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Known").finish_non_exhaustive()
    }
}

/// The commits of one repository.
pub(super) struct Ancestry<'a> {
    repository: &'a gix::Repository,
    known: Option<Arc<Known>>,
}

/// What there is to know of a commit without its message.
pub(super) struct Node {
    /// The commits that it was made on.
    pub parents: Vec<gix::ObjectId>,
    /// When it was made.
    pub seconds: i64,
    /// The tree that it holds.
    pub tree: gix::ObjectId,
    /// Where it stands in the graph.
    at: Option<usize>,
}

/// A path, as filters know it; none for one that they may not agree about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key(Option<(u32, u32)>);

impl Graphs {
    pub(super) fn ancestry<'a>(&self, repository: &'a gix::Repository) -> Ancestry<'a> {
        Ancestry { repository, known: self.known(repository) }
    }

    fn known(&self, repository: &gix::Repository) -> Option<Arc<Known>> {
        let path = repository.common_dir().join("objects/info/commit-graph");
        let stamp = stamp(&path)?;
        if let Some((kept, known)) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&path)
            && *kept == stamp
        {
            return Some(known.clone());
        }
        let graph = repository.commit_graph().ok()?;
        let filters = Filters::read(&path).ok().flatten();
        // Both are of one file, or of none.
        let filters = filters.filter(|filters| filters.ends.len() == graph.num_commits() as usize);
        let known = Arc::new(Known { graph, filters });
        if self::stamp(&path) == Some(stamp) {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() >= MOST_KEPT {
                kept.clear();
            }
            kept.insert(path, (stamp, known.clone()));
            return Some(known);
        }
        None
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let about = path.metadata().ok()?;
    Some((about.ino(), about.len(), about.mtime(), about.mtime_nsec()))
}

impl Ancestry<'_> {
    /// What there is to know of a commit.
    pub fn node(&self, id: gix::ObjectId) -> Result<Node> {
        if let Some(known) = &self.known
            && let Some(at) = known.graph.lookup(id)
        {
            let commit = known.graph.commit_at(at);
            let mut parents = Vec::with_capacity(1);
            for parent in commit.iter_parents() {
                parents.push(known.graph.id_at(parent.context("Cannot read a commit-graph")?).to_owned());
            }
            return Ok(Node {
                parents,
                seconds: i64::try_from(commit.committer_timestamp()).unwrap_or(i64::MAX),
                tree: commit.root_tree_id().to_owned(),
                at: Some(at.0 as usize),
            });
        }
        let commit = self.repository.find_commit(id).context("Cannot read a commit")?;
        Ok(Node {
            parents: commit.parent_ids().map(gix::Id::detach).collect(),
            seconds: commit.time().context("Cannot read when a commit was made")?.seconds,
            tree: commit.tree_id().context("Cannot read the tree of a commit")?.detach(),
            at: None,
        })
    }

    /// Whether something at or below a path may differ from the first parent. False is sure.
    pub fn may_have_changed(&self, node: &Node, key: Key) -> bool {
        let filters = self.known.as_ref().and_then(|known| known.filters.as_ref());
        match (filters, node.at) {
            (Some(filters), Some(at)) => filters.may_hold(at, key),
            _ => true,
        }
    }
}

impl Key {
    pub fn of(path: &[u8]) -> Self {
        // Older filters hash bytes over 127 otherwise.
        let plain = path.is_ascii().then(|| (murmur3(0x293a_e76f, path), murmur3(0x7e64_6e2c, path)));
        Self(plain)
    }
}

/// The filters of a graph.
struct Filters {
    /// Where the filter of each commit ends in the bits.
    ends: Vec<u32>,
    bits: Vec<u8>,
    hashes: u32,
}

impl Filters {
    fn read(path: &Path) -> std::io::Result<Option<Self>> {
        let mut file = File::open(path)?;
        let mut head = [0; 8];
        file.read_exact(&mut head)?;
        let (chunks, bases) = (usize::from(head[6]), head[7]);
        if &head[..6] != b"CGPH\x01\x01" || bases != 0 {
            return Ok(None);
        }
        let mut table = vec![0; (chunks + 1) * 12];
        file.read_exact(&mut table)?;
        let long = |at: usize| u64::from_be_bytes(table[at..at + 8].try_into().expect("eight bytes"));
        let mut chunk = |name: &[u8; 4]| -> std::io::Result<Option<Vec<u8>>> {
            let Some(at) = (0..chunks).find(|at| &table[at * 12..at * 12 + 4] == name) else { return Ok(None) };
            let (from, to) = (long(at * 12 + 4), long(at * 12 + 16));
            file.seek(SeekFrom::Start(from))?;
            let mut bytes = Vec::new();
            (&file).take(to.saturating_sub(from)).read_to_end(&mut bytes)?;
            Ok(Some(bytes))
        };
        let (Some(index), Some(mut bits)) = (chunk(b"BIDX")?, chunk(b"BDAT")?) else { return Ok(None) };
        let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().expect("four bytes"));
        if bits.len() < 12 || !matches!(number(&bits[..4]), 1 | 2) {
            return Ok(None);
        }
        let hashes = number(&bits[4..8]);
        bits.drain(..12);
        Ok(Some(Self { ends: index.chunks_exact(4).map(number).collect(), bits, hashes }))
    }

    fn may_hold(&self, at: usize, Key(key): Key) -> bool {
        let Some((first, second)) = key else { return true };
        let from = at.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        let Some(filter) = self.bits.get(from..self.ends[at] as usize).filter(|filter| !filter.is_empty()) else {
            return true;
        };
        let length = filter.len() as u64 * 8;
        (0..self.hashes).all(|turn| {
            let bit = u64::from(first.wrapping_add(turn.wrapping_mul(second))) % length;
            filter[(bit / 8) as usize] & (1 << (bit % 8)) != 0
        })
    }
}

/// MurmurHash3, 32 bits, as the format of commit-graphs names it.
fn murmur3(seed: u32, bytes: &[u8]) -> u32 {
    let mix = |block: u32| block.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
    let mut hash = seed;
    let mut blocks = bytes.chunks_exact(4);
    for block in &mut blocks {
        hash ^= mix(u32::from_le_bytes(block.try_into().expect("four bytes")));
        hash = hash.rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
    let rest = blocks.remainder();
    if !rest.is_empty() {
        let mut last = [0; 4];
        last[..rest.len()].copy_from_slice(rest);
        hash ^= mix(u32::from_le_bytes(last));
    }
    hash ^= u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values that the tests of `git` itself use.
    #[test]
    fn a_hash_is_the_one_that_git_writes() {
        assert_eq!(murmur3(0, b""), 0);
        assert_eq!(murmur3(0, b"Hello world!"), 0x627b_0c2c);
        assert_eq!(murmur3(0, b"The quick brown fox jumps over the lazy dog"), 0x2e4f_f723);
    }
}
