//! What an agent changed in its workspace, read without trusting anything there.
//!
//! Only the overlay's upper directory is walked: the cost follows the changes, not the size of the repository. A device
//! `0/0` there means "removed", the attribute `user.overlay.opaque` on a folder means "nothing of the lower shows
//! through"; the kernel keeps agents from making either through the overlay. Nothing is followed, and nothing but
//! regular files is ever opened. Folders named `.git` are the agent's own and are left out.

use std::ffi::CStr;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::io::Read as _;
use std::os::fd::AsFd;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::FileType;
use rustix::fs::OFlags;
use rustix::fs::Stat;
use rustix::fs::fgetxattr;
use rustix::fs::fstat;
use rustix::fs::readlinkat;
use rustix::io::Errno;

use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::sandbox::Workspace;
use crate::sandbox::compare;
use crate::sandbox::walk;
use crate::sandbox::walk::Found;

/// One path that differs from the checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// From the root of the workspace, without a slash in front; any bytes but NUL.
    pub path: Vec<u8>,
    /// What became of it.
    pub kind: ChangeKind,
}

/// What became of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// A regular file stands there now, in place of whatever stood there. Its content may be the same as before.
    Written {
        /// Whether its owner may execute it.
        executable: bool,
        /// Its size.
        bytes: u64,
        /// Whether it has other names.
        hard_linked: bool,
        /// Whether it has the set-user or set-group bit.
        set_id: bool,
    },
    /// A symbolic link stands there now, in place of whatever stood there.
    Link {
        /// Where it points; any bytes.
        target: Vec<u8>,
    },
    /// Whatever stood there is gone, with everything below.
    Removed,
    /// A folder stands there that shares nothing with what stood there: all of that is gone. What is in the new folder
    /// follows as changes of its own.
    FolderReplaced,
    /// Something that cannot be in a repository; reported, never opened.
    Special(&'static str),
}

/// How much a capture may hold.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Changed paths.
    pub changes: usize,
    /// Bytes of all written files together.
    pub bytes: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { changes: 20_000, bytes: 256 << 20 }
    }
}

/// The changes of a workspace, and the way to their bytes.
#[derive(Debug)]
pub struct Capture {
    /// Sorted by path, a folder before what is in it.
    pub changes: Vec<Change>,
    root: OwnedFd,
}

/// Lists what differs from the checkout. `skip` is asked with each changed path and whether it is a folder; what is
/// skipped is neither listed nor counted, a folder with all that is in it.
pub fn capture(workspace: &Workspace, bounds: Bounds, skip: impl Fn(&[u8], bool) -> bool) -> Result<Capture> {
    let lower = walk::open_root(workspace.lower().path()).context("could not open the checkout of a workspace")?;
    let mut list = List { changes: Vec::new(), bytes: 0, bounds, skip: &skip };
    let (root, walked) = match workspace.copy() {
        Some(copy) => {
            let root = walk::open_root(&copy).context("could not open the copy of a workspace")?;
            let walked = compare::compare(&root, &lower, &mut list);
            (root, walked)
        }
        None => {
            let root = walk::open_root(&workspace.upper()).context("could not open the changes of a workspace")?;
            let walked = walk::walk(&root, |found| overlaid(found, &lower, &mut list));
            (root, walked)
        }
    };
    walked.map_err(|error| list.explain(error))?;
    let mut changes = list.changes;
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Capture { changes, root })
}

impl Capture {
    /// The bytes of a written file, if it is still a regular file of at most `most` bytes.
    pub fn read(&self, path: &[u8], most: u64) -> Result<Vec<u8>> {
        let shown = String::from_utf8_lossy(path);
        let opened =
            walk::open_beneath(&self.root, Path::new(OsStr::from_bytes(path)), OFlags::RDONLY).map_err(|error| {
                Error::conflict(format!("Cannot read `{shown}`: it is not there any more")).source(error)
            })?;
        let found = fstat(&opened).context("could not look at a changed file")?;
        if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
            return Err(Error::conflict(format!("Cannot read `{shown}`: it is not a regular file any more")));
        }
        let mut bytes = Vec::new();
        File::from(opened).take(most + 1).read_to_end(&mut bytes).context("could not read a changed file")?;
        if bytes.len() as u64 > most {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!("Cannot read `{shown}`: it has more than {most} bytes"),
            ));
        }
        Ok(bytes)
    }
}

/// The changes found so far.
pub struct List<'a> {
    changes: Vec<Change>,
    bytes: u64,
    bounds: Bounds,
    skip: &'a dyn Fn(&[u8], bool) -> bool,
}

impl List<'_> {
    /// Whether the caller or we leave this path out.
    pub fn skips(&self, found: &Found<'_>) -> bool {
        let path = found.path.as_os_str().as_bytes();
        path == b".git" || (self.skip)(path, found.kind() == FileType::Directory)
    }

    pub fn push(&mut self, path: &Path, kind: ChangeKind) -> io::Result<()> {
        if let ChangeKind::Written { bytes, .. } = &kind {
            self.bytes = self.bytes.saturating_add(*bytes);
        }
        self.changes.push(Change { path: path.as_os_str().as_bytes().to_vec(), kind });
        match self.changes.len() > self.bounds.changes || self.bytes > self.bounds.bytes {
            true => Err(io::ErrorKind::FileTooLarge.into()),
            false => Ok(()),
        }
    }

    fn explain(&self, error: io::Error) -> Error {
        let Bounds { changes, bytes } = self.bounds;
        if error.kind() == io::ErrorKind::FileTooLarge {
            let message = format!("The workspace holds more than {changes} changes or {} MiB", bytes >> 20);
            return Error::new(ErrorKind::TooLarge, message)
                .hint("add what is built or downloaded to `.gitignore` on the default branch");
        }
        if error.raw_os_error() == Some(Errno::NAMETOOLONG.raw_os_error()) {
            return Error::invalid("The workspace holds a path that is too long for a file system");
        }
        Error::internal("could not list the changes of a workspace").source(error)
    }
}

/// Notes one entry of the upper directory; says whether to look into it.
fn overlaid(found: &Found<'_>, lower: &OwnedFd, list: &mut List<'_>) -> io::Result<bool> {
    if list.skips(found) {
        return Ok(false);
    }
    if is_whiteout(found)? {
        if below(lower, found.path)?.is_some() {
            list.push(found.path, ChangeKind::Removed)?;
        }
        return Ok(false);
    }
    if found.kind() != FileType::Directory {
        list.push(found.path, kind(found)?)?;
        return Ok(false);
    }
    if is_git(found) {
        list.push(found.path, ChangeKind::Special("a Git repository of its own"))?;
        return Ok(false);
    }
    let was_folder = below(lower, found.path)?.map(|was| FileType::from_raw_mode(was.st_mode) == FileType::Directory);
    if was_folder == Some(false) || (was_folder == Some(true) && is_opaque(found)?) {
        list.push(found.path, ChangeKind::FolderReplaced)?;
    }
    Ok(true)
}

/// What a path that is not a folder became.
pub fn kind(found: &Found<'_>) -> io::Result<ChangeKind> {
    let stat = found.stat;
    Ok(match found.kind() {
        _ if is_git(found) => ChangeKind::Special("a Git repository of its own"),
        FileType::RegularFile => ChangeKind::Written {
            executable: stat.st_mode & 0o100 != 0,
            bytes: u64::try_from(stat.st_size).unwrap_or(u64::MAX),
            hard_linked: stat.st_nlink > 1,
            set_id: stat.st_mode & 0o6000 != 0,
        },
        FileType::Symlink => {
            ChangeKind::Link { target: readlinkat(found.parent, found.name, Vec::new())?.into_bytes() }
        }
        FileType::Fifo => ChangeKind::Special("a fifo"),
        FileType::Socket => ChangeKind::Special("a socket"),
        FileType::BlockDevice | FileType::CharacterDevice => ChangeKind::Special("a device"),
        _ => ChangeKind::Special("of an unknown kind"),
    })
}

/// A `.git` below the root: Git refuses such a path, in any case of letters.
pub fn is_git(found: &Found<'_>) -> bool {
    found.name.to_bytes().eq_ignore_ascii_case(b".git")
}

/// What the checkout has at a path, a link itself included.
pub fn below(lower: &OwnedFd, path: &Path) -> io::Result<Option<Stat>> {
    match walk::open_beneath(lower, path, OFlags::PATH) {
        Ok(opened) => Ok(Some(fstat(opened)?)),
        Err(error) if walk::gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_whiteout(found: &Found<'_>) -> io::Result<bool> {
    Ok(match found.kind() {
        FileType::CharacterDevice => found.stat.st_rdev == 0,
        FileType::RegularFile if found.stat.st_size == 0 => has(found, c"user.overlay.whiteout", OFlags::RDONLY)?,
        _ => false,
    })
}

fn is_opaque(found: &Found<'_>) -> io::Result<bool> {
    has(found, c"user.overlay.opaque", OFlags::RDONLY | OFlags::DIRECTORY)
}

fn has(found: &Found<'_>, attribute: &CStr, flags: OFlags) -> io::Result<bool> {
    let name = Path::new(OsStr::from_bytes(found.name.to_bytes()));
    let opened = match walk::open_beneath(found.parent, name, flags) {
        Err(error) if walk::gone(&error) => return Ok(false),
        opened => opened?,
    };
    match fgetxattr(opened.as_fd(), attribute, &mut [0_u8; 16][..]) {
        Ok(_) | Err(Errno::RANGE) => Ok(true),
        Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
