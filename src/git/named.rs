//! Files of one name at a commit, wherever they lie: the nearest of them counts for what is beside and below it.

use std::collections::VecDeque;

use gix::bstr::ByteSlice as _;

use crate::git::Repository;
use crate::git::tree::directory;
use crate::git::tree::joined;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::model::CommitId;
use crate::model::TreePath;

impl Repository {
    /// The paths of all files of this name, those nearest to the root first. Looks into this many directories and no more: true
    /// when there are others.
    pub async fn named(&self, commit: &CommitId, name: &str, most: usize) -> Result<(Vec<TreePath>, bool)> {
        let (commit, name) = (commit.clone(), name.to_owned());
        self.blocking(move |repository| {
            let Some(root) = directory(repository, &commit, None)? else { return Ok((Vec::new(), false)) };
            let mut open = VecDeque::from([(Vec::new(), root.id)]);
            let mut found = Vec::new();
            for _ in 0..most {
                let Some((above, id)) = open.pop_front() else { return Ok((found, false)) };
                let tree = repository.find_tree(id).context("Cannot read a directory")?;
                for line in tree.iter() {
                    let line = line.context("Cannot read a directory")?;
                    let path = joined(&above, line.filename());
                    if line.mode().is_tree() {
                        open.push_back((path, line.object_id()));
                    } else if line.mode().is_blob() && line.filename() == name.as_bytes().as_bstr() {
                        // A path that cannot be addressed could not be read either.
                        found.extend(path.to_str().ok().and_then(|path| path.parse::<TreePath>().ok()));
                    }
                }
            }
            Ok((found, !open.is_empty()))
        })
        .await
    }
}
