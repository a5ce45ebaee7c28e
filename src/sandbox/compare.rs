//! What an agent changed where the workspace had to be a whole copy, because this machine cannot mount overlays.
//!
//! Every file is compared with the checkout's, so this takes as long as the repository is large.

use std::fs::File;
use std::io;
use std::io::BufRead as _;
use std::io::BufReader;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::FileType;
use rustix::fs::OFlags;
use rustix::fs::Stat;
use rustix::fs::readlinkat;

use crate::sandbox::capture;
use crate::sandbox::capture::ChangeKind;
use crate::sandbox::capture::List;
use crate::sandbox::walk;
use crate::sandbox::walk::Found;

/// Lists the differences of a copy from the checkout that it was made of.
pub fn compare(copy: &OwnedFd, lower: &OwnedFd, list: &mut List<'_>) -> io::Result<()> {
    walk::walk(copy, |found| written(found, copy, lower, list))?;
    walk::walk(lower, |found| {
        if list.skips(found) {
            return Ok(false);
        }
        let left = capture::below(copy, found.path)?;
        if left.is_none() {
            list.push(found.path, ChangeKind::Removed)?;
        }
        Ok(left.is_some_and(|left| FileType::from_raw_mode(left.st_mode) == FileType::Directory))
    })
}

fn written(found: &Found<'_>, copy: &OwnedFd, lower: &OwnedFd, list: &mut List<'_>) -> io::Result<bool> {
    if list.skips(found) {
        return Ok(false);
    }
    let was = capture::below(lower, found.path)?;
    if found.kind() == FileType::Directory && !capture::is_git(found) {
        if was.is_some_and(|was| FileType::from_raw_mode(was.st_mode) != FileType::Directory) {
            list.push(found.path, ChangeKind::FolderReplaced)?;
        }
        return Ok(true);
    }
    match was {
        Some(was) if same(found, &was, copy, lower)? => {}
        _ => list.push(found.path, capture::kind(found)?)?,
    }
    Ok(false)
}

fn same(found: &Found<'_>, was: &Stat, copy: &OwnedFd, lower: &OwnedFd) -> io::Result<bool> {
    if found.stat.st_mode & 0o170_100 != was.st_mode & 0o170_100 || found.stat.st_size != was.st_size {
        return Ok(false);
    }
    match found.kind() {
        FileType::RegularFile => {
            let open = |root: &OwnedFd| open_file(root, found.path);
            same_bytes(open(copy)?, open(lower)?)
        }
        FileType::Symlink => {
            let target = |root: &OwnedFd| -> io::Result<_> {
                let link = walk::open_beneath(root, found.path, OFlags::PATH)?;
                Ok(readlinkat(link, c"", Vec::new())?)
            };
            Ok(target(copy)? == target(lower)?)
        }
        _ => Ok(false),
    }
}

fn open_file(root: &OwnedFd, path: &Path) -> io::Result<BufReader<File>> {
    Ok(BufReader::with_capacity(1 << 16, walk::open_beneath(root, path, OFlags::RDONLY)?.into()))
}

fn same_bytes(mut one: BufReader<File>, mut other: BufReader<File>) -> io::Result<bool> {
    loop {
        let (a, b) = (one.fill_buf()?, other.fill_buf()?);
        let both = a.len().min(b.len());
        if both == 0 || a[..both] != b[..both] {
            return Ok(a.is_empty() && b.is_empty());
        }
        one.consume(both);
        other.consume(both);
    }
}
