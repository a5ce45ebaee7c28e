//! The commit that changed each line of a directory last, as the listing of a directory shows it.
//!
//! One walk for the whole directory: each commit, newest first, holds the names that nobody has answered for yet. A name
//! goes on to a parent that has the same entry, and is answered for where no parent has it. What was found for a commit
//! never changes, so it is kept, and a walk from a newer commit ends where an older answer begins.

use std::collections::BTreeMap;
use std::collections::BinaryHeap;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::git::Commit;
use crate::git::Repository;
use crate::git::graph::Ancestry;
use crate::git::graph::Graphs;
use crate::git::graph::Key;
use crate::git::graph::Node;
use crate::git::history;
use crate::git::repository::commit_id;
use crate::git::repository::oid;
use crate::git::tree::joined;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::model::CommitId;
use crate::model::TreePath;

/// Commits that one walk looks at; names that are older stay unanswered.
const LONGEST_WALK: usize = 100_000;
/// Directories whose answers are kept.
const MOST_KEPT: usize = 256;
/// Larger directories are shown without.
const LARGEST_DIRECTORY: usize = 2_000;

/// Answers that were found before, by commit and directory.
#[derive(Debug, Default)]
pub(super) struct Lasts(Mutex<HashMap<Place, Arc<Answers>>>);

type Place = (CommitId, Option<TreePath>);
type Answers = BTreeMap<Vec<u8>, gix::ObjectId>;
/// The entries of a directory at one commit: id and mode by name.
type Lines = BTreeMap<Vec<u8>, (gix::ObjectId, u16)>;

impl Repository {
    /// The commit that changed each entry of a directory last, by name. A name that is missing was not found in time.
    pub async fn last_changes(&self, commit: &CommitId, path: Option<&TreePath>) -> Result<BTreeMap<Vec<u8>, Commit>> {
        let (git, place) = (self.git().clone(), (commit.clone(), path.cloned()));
        self.blocking(move |repository| {
            let answers = git.lasts().find(repository, git.graphs(), place)?;
            let mut read: HashMap<gix::ObjectId, Commit> = HashMap::new();
            let mut told = BTreeMap::new();
            for (name, id) in answers.iter() {
                let commit = match read.get(id) {
                    Some(commit) => commit.clone(),
                    None => history::read(&repository.find_commit(*id).context("Cannot read a commit")?)?,
                };
                read.insert(*id, commit.clone());
                told.insert(name.clone(), commit);
            }
            Ok(told)
        })
        .await
    }
}

impl Lasts {
    fn known(&self, place: &Place) -> Option<Arc<Answers>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(place).cloned()
    }

    fn find(&self, repository: &gix::Repository, graphs: &Graphs, place: Place) -> Result<Arc<Answers>> {
        if let Some(known) = self.known(&place) {
            return Ok(known);
        }
        let answers = Arc::new(self.walk(repository, &graphs.ancestry(repository), &place)?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(place, answers.clone());
        Ok(answers)
    }

    fn walk(&self, repository: &gix::Repository, ancestry: &Ancestry<'_>, (from, path): &Place) -> Result<Answers> {
        let mut directories = Directories { repository, path: path.as_ref(), seen: HashMap::new() };
        let mut answers = Answers::new();
        let start = oid(from);
        let first = directories.at(start, &ancestry.node(start)?)?;
        if first.lines.len() > LARGEST_DIRECTORY {
            return Ok(answers);
        }
        let above = path.as_ref().map(TreePath::as_str).unwrap_or_default().as_bytes();
        let whole = path.as_ref().map(|_| Key::of(above));
        let names = first.lines.keys().map(|name| (name.clone(), Key::of(&joined(above, name)))).collect();
        let mut waiting: HashMap<gix::ObjectId, Vec<Name>> = HashMap::from([(start, names)]);
        let mut next = BinaryHeap::from([(i64::MAX, start)]);
        for _ in 0..LONGEST_WALK {
            let Some((_, id)) = next.pop() else { break };
            let Some(mut names) = waiting.remove(&id) else { continue };
            if id != start
                && let Some(known) = self.known(&(commit_id(id), path.clone()))
            {
                answers.extend(names.into_iter().filter_map(|(name, _)| Some((name.clone(), *known.get(&name)?))));
                continue;
            }
            let node = ancestry.node(id)?;
            for (at, parent) in node.parents.iter().enumerate() {
                let mut passed = Vec::new();
                if at == 0 {
                    let untouched = whole.is_some_and(|whole| !ancestry.may_have_changed(&node, whole));
                    let sure = |(_, key): &Name| untouched || !ancestry.may_have_changed(&node, *key);
                    (passed, names) = names.into_iter().partition(sure);
                }
                if !names.is_empty() {
                    let (here, there) =
                        (directories.at(id, &node)?, directories.at(*parent, &ancestry.node(*parent)?)?);
                    let same =
                        |(name, _): &Name| here.tree == there.tree || here.lines.get(name) == there.lines.get(name);
                    let (also, kept): (Vec<_>, Vec<_>) = names.into_iter().partition(same);
                    passed.extend(also);
                    names = kept;
                }
                if !passed.is_empty() {
                    next.push((ancestry.node(*parent)?.seconds, *parent));
                    waiting.entry(*parent).or_default().extend(passed);
                }
                if names.is_empty() {
                    break;
                }
            }
            answers.extend(names.into_iter().map(|(name, _)| (name, id)));
            directories.seen.remove(&id);
        }
        Ok(answers)
    }
}

/// A name that nobody answered for yet, and how filters know its path.
type Name = (Vec<u8>, Key);

/// One directory over the commits of a walk. Each is read twice at most: as a parent and for itself.
struct Directories<'a> {
    repository: &'a gix::Repository,
    path: Option<&'a TreePath>,
    seen: HashMap<gix::ObjectId, Rc<Directory>>,
}

struct Directory {
    /// None where the commit has no such directory.
    tree: Option<gix::ObjectId>,
    lines: Lines,
}

impl Directories<'_> {
    fn at(&mut self, commit: gix::ObjectId, node: &Node) -> Result<Rc<Directory>> {
        if let Some(seen) = self.seen.get(&commit) {
            return Ok(seen.clone());
        }
        let root = self.repository.find_tree(node.tree).context("Cannot read the tree of a commit")?;
        let tree = match self.path {
            None => Some(root),
            Some(path) => {
                let entry = root.lookup_entry(path.as_str().split('/')).context("Cannot read a directory")?;
                let entry = entry.filter(|entry| entry.mode().is_tree());
                let tree = entry.map(|entry| self.repository.find_tree(entry.object_id()));
                tree.transpose().context("Cannot read a directory")?
            }
        };
        let mut lines = Lines::new();
        for line in tree.iter().flat_map(gix::Tree::iter) {
            let line = line.context("Cannot read a directory")?;
            lines.insert(line.filename().to_vec(), (line.object_id(), line.mode().value()));
        }
        let directory = Rc::new(Directory { tree: tree.map(|tree| tree.id), lines });
        self.seen.insert(commit, directory.clone());
        Ok(directory)
    }
}
