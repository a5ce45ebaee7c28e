//! Whole directory trees outside the sandbox: weigh, hand over, copy, remove. Never follows a symbolic link.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::fs::lchown;
use std::path::Path;
use std::path::PathBuf;

use rustix::fs::AtFlags;
use rustix::fs::CWD;
use rustix::fs::Dir;
use rustix::fs::FileType;
use rustix::fs::Gid;
use rustix::fs::Mode;
use rustix::fs::Uid;
use rustix::fs::chmodat;
use rustix::fs::chownat;
use rustix::fs::renameat;
use rustix::fs::unlinkat;
use rustix::io::Errno;
use uuid::Uuid;

use crate::sandbox::walk;

/// What a name costs in [`weigh`], so that millions of empty files are not free.
const NAME_BYTES: u64 = 256;

/// The bytes that a tree takes on the disk, at least up to `enough`. A tree too deep to be walked weighs infinitely much.
pub fn weigh(root: &Path, enough: u64) -> io::Result<u64> {
    let mut bytes = 0_u64;
    let walked = walk::walk(walk::open_root(root)?, |found| {
        bytes += u64::try_from(found.stat.st_blocks).unwrap_or(0) * 512 + NAME_BYTES;
        match bytes > enough {
            true => Err(io::ErrorKind::StorageFull.into()),
            false => Ok(true),
        }
    });
    match walked {
        Err(error) if error.raw_os_error() == Some(Errno::NAMETOOLONG.raw_os_error()) => Ok(u64::MAX),
        Err(error) if error.kind() == io::ErrorKind::StorageFull => Ok(bytes),
        walked => walked.map(|()| bytes),
    }
}

/// Makes a user the owner of a tree and all that is in it.
pub fn hand_over(root: &Path, id: u32) -> io::Result<()> {
    lchown(root, Some(id), Some(id))?;
    walk::walk(walk::open_root(root)?, |found| {
        let (user, group) = (Uid::from_raw(id), Gid::from_raw(id));
        chownat(found.parent, found.name, Some(user), Some(group), AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(true)
    })
}

/// Copies a tree with its modes and links. The target must not exist; nothing may change the source meanwhile.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    walk::walk(walk::open_root(from)?, |found| {
        let (source, target) = (from.join(found.path), to.join(found.path));
        match found.kind() {
            FileType::Directory => {
                fs::create_dir(&target)?;
                fs::set_permissions(&target, fs::Permissions::from_mode(found.stat.st_mode | 0o700))?;
            }
            FileType::Symlink => std::os::unix::fs::symlink(fs::read_link(&source)?, &target)?,
            FileType::RegularFile => {
                fs::copy(&source, &target)?;
            }
            _ => {}
        }
        Ok(true)
    })
}

/// Does to a tree what an overlay's upper directory says: what [`Workspace::lay`](crate::sandbox::Workspace::lay) wrote.
pub fn apply(upper: &Path, onto: &Path) -> io::Result<()> {
    walk::walk(walk::open_root(upper)?, |found| {
        let (source, target) = (upper.join(found.path), onto.join(found.path));
        let there = fs::symlink_metadata(&target).ok();
        if found.kind() == FileType::Directory && there.as_ref().is_some_and(fs::Metadata::is_dir) {
            return Ok(true);
        }
        match there {
            Some(there) if there.is_dir() => fs::remove_dir_all(&target)?,
            Some(_) => fs::remove_file(&target)?,
            None => {}
        }
        match found.kind() {
            FileType::Directory => fs::create_dir(&target)?,
            FileType::Symlink => std::os::unix::fs::symlink(fs::read_link(&source)?, &target)?,
            FileType::RegularFile => drop(fs::copy(&source, &target)?),
            // A whiteout: gone is what it says.
            _ => {}
        }
        Ok(true)
    })
}

/// Removes a tree that an agent may have had; no process of it is alive any more. Nothing there is fine.
///
/// Folders without permissions are opened first, for us too when we are not root. A folder that is not empty is moved
/// beside the root and removed from there: no recursion and two descriptors, however deep the tree.
pub fn remove(root: &Path) -> io::Result<()> {
    let beside = root.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let mut doomed: Vec<PathBuf> = vec![root.to_owned()];
    while let Some(folder) = doomed.pop() {
        match fs::symlink_metadata(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Ok(found) if !found.is_dir() => fs::remove_file(&folder)?,
            found => {
                found?;
                fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
                empty(&folder, beside, &mut doomed)?;
                fs::remove_dir(&folder)?;
            }
        }
    }
    Ok(())
}

fn empty(folder: &Path, beside: &Path, doomed: &mut Vec<PathBuf>) -> io::Result<()> {
    let opened = walk::open_root(folder)?;
    for entry in Dir::read_from(&opened)? {
        let entry = entry?;
        let name = entry.file_name();
        if [c".", c".."].contains(&name) {
            continue;
        }
        match unlinkat(&opened, name, AtFlags::empty()) {
            Err(Errno::ISDIR | Errno::PERM) => {}
            done => {
                done?;
                continue;
            }
        }
        if unlinkat(&opened, name, AtFlags::REMOVEDIR).is_ok() {
            continue;
        }
        // Moving a folder writes its `..`, which needs permission on the folder itself.
        chmodat(&opened, name, Mode::RWXU, AtFlags::empty())?;
        let aside = beside.join(format!("deep-{}", Uuid::now_v7().as_simple()));
        renameat(&opened, name, CWD, aside.as_os_str().as_bytes())?;
        doomed.push(aside);
    }
    Ok(())
}
