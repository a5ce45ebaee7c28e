//! Which commit each line of a file comes from.

use std::collections::HashMap;

use gix::bstr::BStr;
use gix::repository::blame_file::Options;

use crate::git::Commit;
use crate::git::Repository;
use crate::git::history;
use crate::git::object::is_binary;
use crate::git::object::shown;
use crate::git::repository::oid;
use crate::git::tree::blob;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::model::CommitId;
use crate::model::TreePath;

/// Larger files are not looked into.
const LARGEST: usize = 1024 * 1024;

/// Lines that stand together and come from one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blamed {
    /// The first line, counted from 1.
    pub from: u32,
    /// How many lines.
    pub count: u32,
    /// The commit that brought them.
    pub commit: Commit,
    /// The path that they had there, when it was another; visible.
    pub path: Option<String>,
}

impl Repository {
    /// Where the lines of a file come from, in their order; none when there is no such file. Says 413 for a file over
    /// 1 MiB, and 422 for one that is not text.
    pub async fn blame(&self, commit: &CommitId, path: &TreePath) -> Result<Option<Vec<Blamed>>> {
        let (commit, path) = (oid(commit), path.clone());
        self.blocking(move |repository| {
            let found = repository.find_commit(commit).context("Cannot read a commit")?;
            let tree = found.tree().context("Cannot read the tree of a commit")?;
            let entry = tree.lookup_entry(path.as_str().split('/')).context("Cannot read a directory")?;
            let Some(entry) = entry.filter(|entry| entry.mode().is_blob()) else { return Ok(None) };
            let Some(bytes) = blob(repository, entry.object_id())? else { return Ok(None) };
            if bytes.len() > LARGEST {
                return Err(Error::new(ErrorKind::TooLarge, format!("`{path}` is too large to tell its lines apart")));
            }
            if is_binary(&bytes) {
                return Err(Error::invalid(format!("`{path}` is not text: it has no lines")));
            }
            if bytes.is_empty() {
                return Ok(Some(Vec::new()));
            }
            let options = Options { rewrites: Some(gix::diff::Rewrites::default()), ..Options::default() };
            let outcome = repository
                .blame_file(BStr::new(path.as_str()), commit, options)
                .context("Cannot tell where the lines of a file come from")?;
            told(repository, outcome.entries).map(Some)
        })
        .await
    }
}

fn told(repository: &gix::Repository, entries: Vec<gix::blame::BlameEntry>) -> Result<Vec<Blamed>> {
    let mut read: HashMap<gix::ObjectId, Commit> = HashMap::new();
    let mut told: Vec<Blamed> = Vec::with_capacity(entries.len());
    for entry in entries {
        let commit = match read.get(&entry.commit_id) {
            Some(commit) => commit.clone(),
            None => history::read(&repository.find_commit(entry.commit_id).context("Cannot read a commit")?)?,
        };
        read.insert(entry.commit_id, commit.clone());
        let path = entry.source_file_name.as_ref().map(|name| shown(name));
        let (from, count) = (entry.start_in_blamed_file + 1, entry.len.get());
        match told.last_mut() {
            Some(last) if last.commit.id == commit.id && last.path == path && last.from + last.count == from => {
                last.count += count;
            }
            _ => told.push(Blamed { from, count, commit, path }),
        }
    }
    Ok(told)
}
