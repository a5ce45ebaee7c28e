//! Directories and files at a commit.

use std::collections::HashMap;

use gix::bstr::BStr;
use gix::bstr::ByteSlice as _;

use crate::git::Entry;
use crate::git::EntryKind;
use crate::git::File;
use crate::git::ObjectId;
use crate::git::Repository;
use crate::git::object::shown;
use crate::git::repository::object_id;
use crate::git::repository::oid;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::model::CommitId;
use crate::model::TreePath;

/// Directories that are looked into for one list of files: a tree may hold itself ten times over ten levels.
const MOST_DIRECTORIES: usize = 20_000;
/// The largest blob that is read into memory.
const LARGEST_BLOB: u64 = 64 * 1024 * 1024;

/// Some of the lines of a directory.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The lines.
    pub page: Page<Entry>,
    /// The first file whose name is wanted.
    pub found: Option<Entry>,
}

impl Repository {
    /// The lines of a directory, directories first; none when the path is not a directory.
    pub async fn tree(&self, commit: &CommitId, path: Option<&TreePath>) -> Result<Option<Vec<Entry>>> {
        let all = Paging { page: 1, limit: u32::MAX };
        Ok(self.listing(commit, path, all, |_| false).await?.map(|listing| listing.page.items))
    }

    /// Some of the lines of a directory, directories first, and the first file of it whose name is wanted, wherever it stands;
    /// none when the path is not a directory. Only what is answered is looked up: a directory may hold a hundred thousand.
    pub async fn listing(
        &self,
        commit: &CommitId,
        path: Option<&TreePath>,
        paging: Paging,
        wanted: impl Fn(&[u8]) -> bool + Send + 'static,
    ) -> Result<Option<Listing>> {
        let (commit, path) = (commit.clone(), path.cloned());
        self.blocking(move |repository| {
            let Some(tree) = directory(repository, &commit, path.as_ref())? else { return Ok(None) };
            let above = path.as_ref().map(TreePath::as_str).unwrap_or_default().as_bytes();
            let mut lines = Vec::new();
            for line in tree.iter() {
                let line = line.context("Cannot read a directory")?.inner;
                lines.push((!line.mode.is_tree(), line.filename, line.mode.kind(), line.oid));
            }
            lines.sort_unstable();
            let read = |(_, name, kind, id): &(bool, &BStr, _, &gix::oid)| entry(repository, above, name, *kind, id);
            let found = lines.iter().find(|(is_file, name, ..)| *is_file && wanted(name)).map(read);
            let skip = usize::try_from(paging.offset()).unwrap_or(usize::MAX);
            let items = lines.iter().skip(skip).take(paging.limit as usize).map(read).collect();
            Ok(Some(Listing { page: Page { items, total: lines.len() as u64, paging }, found }))
        })
        .await
    }

    /// Every file, link and submodule below a directory, at most `most`; their names are whole paths. True when the list was
    /// cut.
    pub async fn files(&self, commit: &CommitId, below: Option<&TreePath>, most: usize) -> Result<(Vec<Entry>, bool)> {
        let (commit, below) = (commit.clone(), below.cloned());
        self.blocking(move |repository| {
            let Some(tree) = directory(repository, &commit, below.as_ref())? else { return Ok((Vec::new(), false)) };
            let mut open = vec![(below.map(|path| path.as_str().as_bytes().to_vec()).unwrap_or_default(), tree.id)];
            let mut found = Vec::new();
            let mut directories_left = MOST_DIRECTORIES;
            while let Some((above, id)) = open.pop() {
                if directories_left == 0 {
                    return Ok((found, true));
                }
                directories_left -= 1;
                let tree = repository.find_tree(id).context("Cannot read a directory")?;
                let mut directories = Vec::new();
                for line in tree.iter() {
                    let line = line.context("Cannot read a directory")?;
                    let path = joined(&above, line.filename());
                    if line.mode().is_tree() {
                        directories.push((path, line.object_id()));
                        continue;
                    }
                    if found.len() == most {
                        return Ok((found, true));
                    }
                    found.push(entry(repository, b"", path.as_bstr(), line.kind(), line.oid()));
                }
                open.extend(directories.into_iter().rev());
            }
            found.sort_by(|one, other| one.name.cmp(&other.name));
            Ok((found, false))
        })
        .await
    }

    /// The file or link at a path; none when there is none. Says 413 for more than 64 MiB.
    pub async fn file(&self, commit: &CommitId, path: &TreePath) -> Result<Option<File>> {
        let (commit, path) = (commit.clone(), path.clone());
        self.blocking(move |repository| {
            let Some(tree) = directory(repository, &commit, None)? else { return Ok(None) };
            let found = tree.lookup_entry(path.as_str().split('/'));
            let Some(line) = found.context("Cannot read a directory")? else { return Ok(None) };
            if !line.mode().is_blob_or_symlink() {
                return Ok(None);
            }
            let bytes = blob(repository, line.object_id())?;
            Ok(bytes.map(|bytes| File { bytes, kind: kind(line.mode().kind()), id: object_id(line.oid()) }))
        })
        .await
    }

    /// The bytes of a blob; none when there is none. Says 413 for more than 64 MiB.
    pub async fn blob(&self, id: &ObjectId) -> Result<Option<Vec<u8>>> {
        let id = id.clone();
        self.blocking(move |repository| blob(repository, oid(&id))).await
    }
}

/// The tree of a commit, or of a directory in it; none when there is no such commit or directory.
pub(super) fn directory<'repo>(
    repository: &'repo gix::Repository,
    commit: &CommitId,
    path: Option<&TreePath>,
) -> Result<Option<gix::Tree<'repo>>> {
    let Ok(commit) = repository.find_commit(oid(commit)) else { return Ok(None) };
    let tree = commit.tree().context("Cannot read the tree of a commit")?;
    let Some(path) = path else { return Ok(Some(tree)) };
    let found = tree.lookup_entry(path.as_str().split('/'));
    match found.context("Cannot read a directory")? {
        Some(line) if line.mode().is_tree() => {
            Ok(Some(repository.find_tree(line.object_id()).context("Cannot read a directory")?))
        }
        _ => Ok(None),
    }
}

/// How many entries there are below a tree, which may hold another one any number of times: each is looked into once.
pub(super) fn entries_below(repository: &gix::Repository, root: gix::ObjectId) -> Result<u64> {
    let mut counts: HashMap<gix::ObjectId, u64> = HashMap::new();
    let mut open = vec![root];
    while let Some(id) = open.last().copied() {
        let tree = repository.find_tree(id).context("Cannot read a directory")?;
        let (mut count, mut below) = (0_u64, Vec::new());
        for line in tree.iter() {
            let line = line.context("Cannot read a directory")?;
            count = count.saturating_add(1);
            if line.mode().is_tree() {
                match counts.get(&line.object_id()) {
                    Some(known) => count = count.saturating_add(*known),
                    None => below.push(line.object_id()),
                }
            }
        }
        if below.is_empty() {
            counts.insert(id, count);
            open.pop();
        } else {
            open.extend(below);
        }
    }
    Ok(counts[&root])
}

/// The bytes of a blob that is not too large.
pub(super) fn blob(repository: &gix::Repository, id: gix::ObjectId) -> Result<Option<Vec<u8>>> {
    let Some(header) = repository.try_find_header(id).context("Cannot look for a blob")? else { return Ok(None) };
    if header.kind() != gix::objs::Kind::Blob {
        return Ok(None);
    }
    if header.size() > LARGEST_BLOB {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!("A file of {} bytes is too large to show; clone the repository to see it", header.size()),
        ));
    }
    let mut object = repository.find_blob(id).context("Cannot read a blob")?;
    Ok(Some(object.take_data()))
}

/// The size of a blob; 0 when there is none.
pub(super) fn size(repository: &gix::Repository, id: &gix::oid) -> u64 {
    repository.try_find_header(id.to_owned()).ok().flatten().map_or(0, |header| header.size())
}

fn entry(
    repository: &gix::Repository,
    above: &[u8],
    name: &BStr,
    mode: gix::objs::tree::EntryKind,
    id: &gix::oid,
) -> Entry {
    let kind = kind(mode);
    let has_bytes = matches!(kind, EntryKind::File | EntryKind::Executable | EntryKind::Link);
    Entry {
        name: name.to_vec(),
        shown: shown(name),
        path: std::str::from_utf8(&joined(above, name)).ok().and_then(|path| path.parse().ok()),
        kind,
        id: object_id(id),
        size: has_bytes.then(|| size(repository, id)),
    }
}

/// A path with one more segment.
pub(super) fn joined(above: &[u8], name: &[u8]) -> Vec<u8> {
    if above.is_empty() { name.to_vec() } else { [above, b"/", name].concat() }
}

/// Turns the library's kind into ours.
pub(super) fn kind(mode: gix::objs::tree::EntryKind) -> EntryKind {
    match mode {
        gix::objs::tree::EntryKind::Tree => EntryKind::Directory,
        gix::objs::tree::EntryKind::Blob => EntryKind::File,
        gix::objs::tree::EntryKind::BlobExecutable => EntryKind::Executable,
        gix::objs::tree::EntryKind::Link => EntryKind::Link,
        gix::objs::tree::EntryKind::Commit => EntryKind::Submodule,
    }
}
