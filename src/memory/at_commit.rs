//! The files of a brain at a commit, for validators: nothing is checked out.

use crate::catalog::Diagnostic;
use crate::git;
use crate::git::Blob;
use crate::git::EntryKind;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::memory::Base;
use crate::memory::Brain;
use crate::memory::RawFile;
use crate::memory::brain::Found;
use crate::memory::brain::LARGEST_READ;
use crate::memory::check;
use crate::memory::folder::MOST_FILES;
use crate::memory::layout::Form;
use crate::model::CommitId;

/// Every file of a commit, except what lies below names that start with a dot.
pub async fn read(repository: &git::Repository, commit: &CommitId) -> Result<Vec<RawFile>> {
    let mut files = Vec::new();
    let mut wanted = Vec::new();
    for leaf in repository.leaves(commit, MOST_FILES).await? {
        if leaf.path.split(|byte| *byte == b'/').any(|segment| segment.starts_with(b".")) {
            continue;
        }
        match leaf.kind {
            EntryKind::File | EntryKind::Executable => wanted.push((leaf.id, leaf.path)),
            EntryKind::Link | EntryKind::Submodule | EntryKind::Directory => {
                files.push(RawFile { path: leaf.path, found: Found::Link });
            }
        }
    }
    let work = |blobs: &mut dyn Iterator<Item = Result<(Vec<u8>, git::ObjectId, Blob)>>| {
        blobs.map(|blob| blob.map(|(path, _, blob)| raw(path, blob))).collect::<Result<Vec<RawFile>>>()
    };
    let read = repository.blobs_in_parts(wanted, TOGETHER, LARGEST_READ, work).await?;
    files.extend(read.into_iter().flatten());
    Ok(files)
}

/// Files that one thread reads in one go.
const TOGETHER: usize = 4_096;

fn raw(path: Vec<u8>, blob: Blob) -> RawFile {
    let wanted = std::str::from_utf8(&path).is_ok_and(|path| Form::of(path) != Form::Other);
    let found = match blob {
        Blob::Bytes(bytes) if wanted => Found::Bytes(bytes),
        Blob::Bytes(bytes) => Found::Unread(bytes.len() as u64),
        Blob::Large(size) if wanted => Found::Large(size),
        Blob::Large(size) => Found::Unread(size),
        Blob::Missing => Found::Unread(0),
    };
    RawFile { path, found }
}

/// What is wrong with a brain at a commit, also against the one that it is to follow: what a pull request is checked by.
///
/// # Errors
///
/// One of the commits cannot be read.
pub async fn check(repository: &git::Repository, head: &CommitId, base: Option<&CommitId>) -> Result<Vec<Diagnostic>> {
    let base = match base {
        Some(base) => Some(base_at(repository, base).await?),
        None => None,
    };
    let raw = read(repository, head).await?;
    let checked = tokio::task::spawn_blocking(move || check::brain(&Brain::read(raw), base.as_ref()));
    checked.await.context("Checking a brain broke off")
}

/// How a brain stands at a commit, for a change to be held against.
///
/// # Errors
///
/// The commit cannot be read.
pub async fn base_at(repository: &git::Repository, commit: &CommitId) -> Result<Base> {
    let raw = read(repository, commit).await?;
    tokio::task::spawn_blocking(move || Brain::read(raw).base()).await.context("Reading a brain broke off")
}
