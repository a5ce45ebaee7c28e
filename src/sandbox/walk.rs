//! Walks a directory tree that may be hostile and may change while it is walked.
//!
//! Every folder is opened beneath the root without following a link, by its descriptor; there is no recursion and no
//! descriptor for each level, so that neither a link nor fifty thousand nested folders can lead us anywhere.

use std::ffi::CStr;
use std::ffi::OsStr;
use std::io;
use std::os::fd::AsFd;
use std::os::fd::AsRawFd as _;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::path::PathBuf;

use rustix::fs::AtFlags;
use rustix::fs::CWD;
use rustix::fs::Dir;
use rustix::fs::FileType;
use rustix::fs::Mode;
use rustix::fs::OFlags;
use rustix::fs::ResolveFlags;
use rustix::fs::Stat;
use rustix::fs::chmod;
use rustix::fs::fstat;
use rustix::fs::openat2;
use rustix::fs::statat;
use rustix::io::Errno;

/// One thing that was found below the root.
pub struct Found<'a> {
    /// The open folder that holds it.
    pub parent: BorrowedFd<'a>,
    /// Its name there.
    pub name: &'a CStr,
    /// Its path from the root.
    pub path: &'a Path,
    /// What it was at that moment.
    pub stat: &'a Stat,
}

impl Found<'_> {
    /// The kind of file it is.
    pub fn kind(&self) -> FileType {
        FileType::from_raw_mode(self.stat.st_mode)
    }
}

/// Opens the root of a tree that we made ourselves.
pub fn open_root(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(CWD, path, flags, Mode::empty())?)
}

/// Opens something below the root, through no link and onto no other file system. Never waits: a fifo is not opened
/// for its writer. What cannot be read is made readable first, which works when its owner is ourselves.
pub fn open_beneath(root: impl AsFd, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    let root = root.as_fd();
    match open(root, path, flags) {
        Err(Errno::ACCESS) => {
            let found = open(root, path, OFlags::PATH)?;
            let mode = fstat(&found)?.st_mode;
            let is_folder = FileType::from_raw_mode(mode) == FileType::Directory;
            let wanted = if is_folder { Mode::RUSR | Mode::XUSR } else { Mode::RUSR };
            chmod(format!("/proc/self/fd/{}", found.as_raw_fd()), Mode::from_raw_mode(mode) | wanted)?;
            Ok(open(root, path, flags)?)
        }
        opened => Ok(opened?),
    }
}

fn open(root: BorrowedFd<'_>, path: &Path, flags: OFlags) -> rustix::io::Result<OwnedFd> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    // The kernel takes no other flag beside O_PATH.
    let quiet = if flags.contains(OFlags::PATH) { OFlags::empty() } else { OFlags::NONBLOCK | OFlags::NOCTTY };
    let resolve =
        ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_XDEV;
    openat2(root, path, flags | quiet | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty(), resolve)
}

/// Calls `see` for everything below the root, a folder before its content. `see` says whether to look into a folder.
/// What vanishes meanwhile is passed over; a path longer than the system allows is an error.
pub fn walk(root: impl AsFd, mut see: impl FnMut(&Found<'_>) -> io::Result<bool>) -> io::Result<()> {
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let opened = match open_beneath(&root, &folder, OFlags::RDONLY | OFlags::DIRECTORY) {
            Err(error) if gone(&error) => continue,
            opened => opened?,
        };
        for entry in Dir::read_from(&opened)? {
            let entry = entry?;
            let name = entry.file_name();
            if [c".", c".."].contains(&name) {
                continue;
            }
            let stat = match statat(&opened, name, AtFlags::SYMLINK_NOFOLLOW) {
                Err(Errno::NOENT) => continue,
                stat => stat?,
            };
            let path = folder.join(OsStr::from_bytes(name.to_bytes()));
            let found = Found { parent: opened.as_fd(), name, path: &path, stat: &stat };
            if see(&found)? && found.kind() == FileType::Directory {
                folders.push(path);
            }
        }
    }
    Ok(())
}

/// True when something is not there any more, or became something else.
pub fn gone(error: &io::Error) -> bool {
    [Errno::NOENT, Errno::NOTDIR, Errno::LOOP].iter().any(|gone| error.raw_os_error() == Some(gone.raw_os_error()))
}
