//! Where one path was changed: how a history that follows a path gets from commit to commit.

use std::collections::HashMap;

use crate::git::graph::Ancestry;
use crate::git::graph::Key;
use crate::git::graph::Node;
use crate::kit::Result;
use crate::kit::error::Context as _;

/// The id and mode of an entry; none where there is no such path.
pub(super) type Leaf = Option<(gix::ObjectId, u16)>;

/// One path through the commits of a repository.
pub(super) struct Trail<'a> {
    repository: &'a gix::Repository,
    ancestry: &'a Ancestry<'a>,
    path: Vec<u8>,
    key: Key,
    /// What was found as a parent and is about to be asked for itself.
    seen: HashMap<gix::ObjectId, Leaf>,
}

/// What a commit did to the path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing: it is as in this parent, so the story goes on there alone.
    Same(gix::ObjectId),
    /// It is otherwise than in each of these parents; none for the first commit.
    Changed(Vec<gix::ObjectId>),
    /// There is no such path, and no parent to have had it.
    Nothing,
}

impl<'a> Trail<'a> {
    pub fn new(repository: &'a gix::Repository, ancestry: &'a Ancestry<'a>, path: &[u8]) -> Self {
        Self { repository, ancestry, path: path.to_vec(), key: Key::of(path), seen: HashMap::new() }
    }

    /// What this commit did to the path.
    pub fn step(&mut self, id: gix::ObjectId) -> Result<Step> {
        let node = self.ancestry.node(id)?;
        if let Some(first) = node.parents.first()
            && !self.ancestry.may_have_changed(&node, self.key)
        {
            self.seen.remove(&id);
            return Ok(Step::Same(*first));
        }
        let here = self.at(id, &node)?;
        self.seen.remove(&id);
        for parent in &node.parents {
            if self.entry(*parent)? == here {
                return Ok(Step::Same(*parent));
            }
        }
        Ok(if node.parents.is_empty() && here.is_none() { Step::Nothing } else { Step::Changed(node.parents) })
    }

    /// What is at the path in a commit.
    pub fn entry(&mut self, commit: gix::ObjectId) -> Result<Leaf> {
        if let Some(known) = self.seen.get(&commit) {
            return Ok(*known);
        }
        let node = self.ancestry.node(commit)?;
        self.at(commit, &node)
    }

    fn at(&mut self, commit: gix::ObjectId, node: &Node) -> Result<Leaf> {
        if let Some(known) = self.seen.get(&commit) {
            return Ok(*known);
        }
        let tree = self.repository.find_tree(node.tree).context("Cannot read the tree of a commit")?;
        let found = tree.lookup_entry(self.path.split(|byte| *byte == b'/')).context("Cannot read a directory")?;
        let found = found.map(|entry| (entry.object_id(), entry.mode().value()));
        self.seen.insert(commit, found);
        Ok(found)
    }
}
