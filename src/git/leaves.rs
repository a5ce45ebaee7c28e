//! Whole trees at once: every file of a commit, what differs between two, and many blobs on all processors.
//!
//! What an index reads. Sizes are not looked up: a blob says how large it is when it is read.

use std::sync::Mutex;
use std::sync::PoisonError;

use crate::git::EntryKind;
use crate::git::ObjectId;
use crate::git::Repository;
use crate::git::compare;
use crate::git::repository::object_id;
use crate::git::repository::oid;
use crate::git::tree::joined;
use crate::git::tree::kind;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::model::CommitId;

/// A file, link or submodule of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Its whole path; it need not be UTF-8.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: EntryKind,
    /// The object.
    pub id: ObjectId,
}

/// A blob that was asked for.
#[derive(Debug)]
pub enum Blob {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// It is larger than asked for: so many bytes.
    Large(u64),
    /// There is none with this id.
    Missing,
}

/// Threads that read one repository at a time.
const MOST_THREADS: usize = 4;
/// Fewer blobs are not worth a thread of their own.
const SHORTEST_PART: usize = 32;
/// Directories that one list looks into. A hostile tree may hold itself ten times over ten levels.
const MOST_DIRECTORIES: usize = 400_000;

impl Repository {
    /// Every file, link and submodule of a commit, sorted by path. Says 413 when there are more than `most`.
    pub async fn leaves(&self, commit: &CommitId, most: usize) -> Result<Vec<Leaf>> {
        let commit = oid(commit);
        self.blocking(move |repository| {
            let mut open = vec![(Vec::new(), tree_of(repository, commit)?)];
            let (mut found, mut directories) = (Vec::new(), 0);
            while let Some((above, id)) = open.pop() {
                directories += 1;
                let tree = repository.find_tree(id).context("Cannot read a directory")?;
                for line in tree.iter() {
                    let line = line.context("Cannot read a directory")?;
                    let path = joined(&above, line.filename());
                    if line.mode().is_tree() {
                        open.push((path, line.object_id()));
                    } else {
                        found.push(Leaf { path, kind: kind(line.kind()), id: object_id(line.oid()) });
                    }
                }
                if found.len() > most || directories > MOST_DIRECTORIES {
                    let message = format!("There are more than {most} files at this commit");
                    return Err(Error::new(crate::kit::ErrorKind::TooLarge, message));
                }
            }
            found.sort_by(|one, other| one.path.cmp(&other.path));
            Ok(found)
        })
        .await
    }

    /// What lies at each path that differs between two commits, sorted; none for the list when it would be too long.
    pub async fn leaf_changes(&self, from: &CommitId, to: &CommitId) -> Result<Option<Vec<(Vec<u8>, Option<Leaf>)>>> {
        let (from, to) = (oid(from), oid(to));
        self.blocking(move |repository| {
            let (old, new) = (tree_of(repository, from)?, tree_of(repository, to)?);
            let (pairs, cut) = compare::pairs(repository, Some(old), Some(new))?;
            let changed = pairs.into_iter().map(|pair| {
                let path = pair.path;
                let new = pair.new.map(|leaf| Leaf {
                    path: path.clone(),
                    kind: kind(leaf.mode.kind()),
                    id: object_id(leaf.id),
                });
                (path, new)
            });
            Ok((!cut).then(|| changed.collect()))
        })
        .await
    }

    /// Reads many blobs, each of at most `most` bytes, on several threads: each part of at most `together` goes to `work`,
    /// one blob after the other. The answers keep the order of the parts.
    pub async fn blobs_in_parts<A: Send + 'static, B: Send + 'static>(
        &self,
        wanted: Vec<(ObjectId, A)>,
        together: usize,
        most: u64,
        work: impl Fn(&mut dyn Iterator<Item = Result<(A, ObjectId, Blob)>>) -> Result<B> + Send + Sync + 'static,
    ) -> Result<Vec<B>> {
        let repository = self.clone();
        let all = move || {
            let shared = repository.open()?.into_sync();
            let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
            let length = wanted.len().div_ceil(threads).clamp(SHORTEST_PART, together.max(SHORTEST_PART));
            let mut wanted = wanted.into_iter();
            let parts: Vec<Vec<_>> = std::iter::from_fn(|| Some(wanted.by_ref().take(length).collect()))
                .take_while(|part: &Vec<_>| !part.is_empty())
                .collect();
            let answers: Vec<Mutex<Option<Result<B>>>> = parts.iter().map(|_| Mutex::default()).collect();
            let queue = Mutex::new(parts.into_iter().zip(&answers));
            let run = || {
                let repository = shared.to_thread_local();
                loop {
                    let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((part, answer)) = next else { return };
                    let mut blobs = part.into_iter().map(|(id, with)| {
                        let blob = bounded(&repository, &id, most)?;
                        Ok((with, id, blob))
                    });
                    *answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(work(&mut blobs));
                }
            };
            if answers.len() <= 1 {
                run();
            } else {
                std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(run))));
            }
            let taken = answers.into_iter().map(|answer| answer.into_inner().unwrap_or_else(PoisonError::into_inner));
            taken.map(|answer| answer.unwrap_or_else(|| Err(Error::internal("Reading blobs broke off")))).collect()
        };
        tokio::task::spawn_blocking(all).await.context("Reading blobs broke off")?
    }
}

fn tree_of(repository: &gix::Repository, commit: gix::ObjectId) -> Result<gix::ObjectId> {
    let found = repository.find_commit(commit).map_err(|_| Error::not_found("commit"))?;
    Ok(found.tree_id().context("Cannot read the tree of a commit")?.detach())
}

fn bounded(repository: &gix::Repository, id: &ObjectId, most: u64) -> Result<Blob> {
    let id = oid(id);
    let Some(header) = repository.try_find_header(id).context("Cannot look for a blob")? else {
        return Ok(Blob::Missing);
    };
    if header.kind() != gix::objs::Kind::Blob {
        return Ok(Blob::Missing);
    }
    if header.size() > most {
        return Ok(Blob::Large(header.size()));
    }
    let mut object = repository.find_blob(id).context("Cannot read a blob")?;
    Ok(Blob::Bytes(object.take_data()))
}
