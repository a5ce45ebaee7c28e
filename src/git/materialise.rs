//! A commit as files on disk, for the lower directory of a sandbox.
//!
//! Nothing of the tree runs or steers: no filter, no attribute, no hook, no submodule. Each name is made below an open
//! directory with `openat2`, which never follows a link and never leaves the directory; a tree that holds `.git` or `..`
//! is refused as a whole. Every file gets the same old time, so that whatever an agent writes later looks newer than the
//! index and `git status` finds it by time alone.

use std::collections::HashMap;
use std::ffi::CString;
use std::fs::File;
use std::io::Write as _;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::path::PathBuf;

use gix::objs::tree::EntryKind;
use rustix::fs::AtFlags;
use rustix::fs::Mode;
use rustix::fs::OFlags;
use rustix::fs::ResolveFlags;
use rustix::fs::Timespec;
use rustix::fs::Timestamps;
use rustix::io::Errno;

use crate::git::Repository;
use crate::git::dotgit;
use crate::git::object::shown;
use crate::git::repository::oid;
use crate::git::tree::joined;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::TreePath;

/// Where a commit is to be written and how its `.git` is to look to the agent.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The directory; it is made, or is there and empty.
    pub directory: PathBuf,
    /// The branch that `HEAD` is on; none for a detached `HEAD`.
    pub branch: Option<BranchName>,
    /// Where the `objects` directory of the repository will lie when `git` runs in the workspace.
    pub alternates: PathBuf,
    /// The address of `origin`.
    pub origin: String,
    /// `user.name` and `user.email`.
    pub user: (String, String),
}

/// The time of every file: 2001-09-09.
pub(super) const WRITTEN: i64 = 1_000_000_000;
/// A tree with more files and directories is refused.
const MOST_ENTRIES: usize = 500_000;
/// A tree with more bytes is refused.
const MOST_BYTES: u64 = 8 * 1024 * 1024 * 1024;
/// A tree that is deeper is refused.
const DEEPEST: usize = 200;

impl Repository {
    /// Writes the files of a commit and a `.git` whose index knows them. Runs no filter and follows no link; a tree with
    /// `.git`, `..` or the like in it is refused. Nothing stays of a workspace that cannot be written whole.
    pub async fn materialise(&self, commit: &CommitId, workspace: Workspace) -> Result<()> {
        let commit = commit.clone();
        self.blocking(move |repository| {
            let Ok(found) = repository.find_commit(oid(&commit)) else { return Err(Error::not_found("commit")) };
            let tree = found.tree_id().context("Cannot read a commit")?.detach();
            make_empty(&workspace.directory)?;
            let written = files(repository, tree, &workspace.directory)
                .and_then(|sizes| dotgit::write(repository, &commit, tree, &workspace, &sizes));
            if written.is_err() {
                std::fs::remove_dir_all(&workspace.directory).ok();
            }
            written
        })
        .await
    }
}

/// Makes a directory, or makes sure that it is empty.
fn make_empty(directory: &Path) -> Result<()> {
    match std::fs::create_dir(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let mut inside = std::fs::read_dir(directory).context("Cannot look into a workspace")?;
            match inside.next() {
                None => Ok(()),
                Some(_) => Err(Error::conflict("The directory of this workspace is not empty")),
            }
        }
        made => made.context("Cannot make a workspace"),
    }
}

/// Sizes of the files that were written, by path.
pub(super) type Sizes = HashMap<Vec<u8>, u64>;

fn files(repository: &gix::Repository, tree: gix::ObjectId, directory: &Path) -> Result<Sizes> {
    let root = rustix::fs::open(directory, OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
        .context("Cannot open a workspace")?;
    rustix::fs::fchmod(&root, Mode::from_raw_mode(0o755)).context("Cannot open a workspace")?;
    let mut written = Written { sizes: Sizes::new(), entries: 0, bytes: 0 };
    written.directory(repository, tree, &root, b"", 0)?;
    Ok(written.sizes)
}

struct Written {
    sizes: Sizes,
    entries: usize,
    bytes: u64,
}

impl Written {
    fn directory(
        &mut self,
        repository: &gix::Repository,
        tree: gix::ObjectId,
        into: &OwnedFd,
        above: &[u8],
        depth: usize,
    ) -> Result<()> {
        if depth > DEEPEST {
            return Err(too_large(format!("its directories are more than {DEEPEST} deep")));
        }
        let tree = repository.find_tree(tree).context("Cannot read a directory")?;
        for line in tree.iter() {
            let line = line.context("Cannot read a directory")?;
            let path = joined(above, line.filename());
            let name = checked(line.filename(), &path)?;
            self.entries += 1;
            if self.entries > MOST_ENTRIES {
                return Err(too_large(format!("it has more than {MOST_ENTRIES} files")));
            }
            let cannot = || format!("Cannot write `{}` into a workspace", shown(&path));
            match line.kind() {
                EntryKind::Tree => {
                    let inner = make_directory(into, &name).context(cannot())?;
                    self.directory(repository, line.object_id(), &inner, &path, depth + 1)?;
                }
                EntryKind::Commit => drop(make_directory(into, &name).context(cannot())?),
                EntryKind::Link => {
                    let target = self.bytes(repository, &line)?;
                    let target =
                        CString::new(target).map_err(|_| refused(&path, "it is a link with NUL in its target"))?;
                    rustix::fs::symlinkat(&target, into, &name).context(cannot())?;
                    rustix::fs::utimensat(into, &name, &times(), AtFlags::SYMLINK_NOFOLLOW).context(cannot())?;
                    self.sizes.insert(path, target.as_bytes().len() as u64);
                }
                kind @ (EntryKind::Blob | EntryKind::BlobExecutable) => {
                    let bytes = self.bytes(repository, &line)?;
                    let mode = if kind == EntryKind::Blob { 0o644 } else { 0o755 };
                    make_file(into, &name, &bytes, mode).context(cannot())?;
                    self.sizes.insert(path, bytes.len() as u64);
                }
            }
        }
        Ok(())
    }

    fn bytes(&mut self, repository: &gix::Repository, line: &gix::object::tree::EntryRef<'_, '_>) -> Result<Vec<u8>> {
        let header = repository.find_header(line.object_id()).context("Cannot find a file of a commit")?;
        self.bytes += header.size();
        if self.bytes > MOST_BYTES {
            return Err(too_large(format!("it has more than {MOST_BYTES} bytes")));
        }
        Ok(repository.find_blob(line.object_id()).context("Cannot read a file of a commit")?.take_data())
    }
}

/// The name, if no file system could take it for `.git` or for another directory.
fn checked(name: &[u8], path: &[u8]) -> Result<CString> {
    // `\` is a name like any other here; a path of ours refuses it for the sake of other systems.
    let text = String::from_utf8_lossy(name).replace('\\', "_");
    if name.contains(&b'/') || text.parse::<TreePath>().is_err() {
        return Err(refused(path, "no checkout may hold such a name"));
    }
    CString::new(name).map_err(|_| refused(path, "no checkout may hold such a name"))
}

fn refused(path: &[u8], why: &str) -> Error {
    Error::invalid(format!("Cannot check out this commit because of `{}`: {why}", shown(path)))
        .code("UNSAFE_TREE")
        .hint("remove it from the commit; no honest `git` makes it")
}

fn too_large(why: String) -> Error {
    Error::new(ErrorKind::TooLarge, format!("Cannot check out this commit: {why}"))
}

fn make_directory(into: &OwnedFd, name: &CString) -> rustix::io::Result<OwnedFd> {
    rustix::fs::mkdirat(into, name, Mode::from_raw_mode(0o755))?;
    let made = beneath(into.as_fd(), name, OFlags::DIRECTORY | OFlags::RDONLY, Mode::empty())?;
    rustix::fs::fchmod(&made, Mode::from_raw_mode(0o755))?;
    Ok(made)
}

fn make_file(into: &OwnedFd, name: &CString, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
    let mode = Mode::from_raw_mode(mode);
    let mut file = File::from(beneath(into.as_fd(), name, flags, mode)?);
    file.write_all(bytes)?;
    rustix::fs::fchmod(&file, mode)?;
    rustix::fs::futimens(&file, &times())?;
    Ok(())
}

/// Opens a name below a directory without following a link or leaving it.
fn beneath(directory: BorrowedFd<'_>, name: &CString, flags: OFlags, mode: Mode) -> rustix::io::Result<OwnedFd> {
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    match rustix::fs::openat2(directory, name, flags, mode, resolve) {
        // Old kernels and some containers lack it. The name is one segment, so `O_NOFOLLOW` says the same.
        Err(Errno::NOSYS | Errno::PERM) => rustix::fs::openat(directory, name, flags, mode),
        opened => opened,
    }
}

fn times() -> Timestamps {
    let at = Timespec { tv_sec: WRITTEN, tv_nsec: 0 };
    Timestamps { last_access: at, last_modification: at }
}
