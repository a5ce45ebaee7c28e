//! Work of an earlier attempt, laid into the fresh workspace of another one, as if its agent had just done it.
//!
//! It is written into the overlay's upper directory before the first task runs: no agent has touched it yet, so what stands
//! there is ours. A file that is gone becomes a whiteout, which anybody may make. Where the machine cannot mount overlays, the
//! launcher copies the checkout and then does the same on the copy (`tree::apply`).

use std::fs;
use std::io;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::fs::lchown;
use std::path::Path;
use std::path::PathBuf;

use rustix::fs::CWD;
use rustix::fs::FileType;
use rustix::fs::Mode;
use rustix::fs::mknodat;

use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::model::TreePath;
use crate::sandbox::Workspace;

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Laid {
    /// A regular file.
    File {
        /// All of it.
        bytes: Vec<u8>,
        /// Whether its owner may execute it.
        executable: bool,
    },
    /// A symbolic link; nobody follows it here.
    Link {
        /// Where it points.
        target: Vec<u8>,
    },
    /// Nothing any more.
    Removed,
}

impl Workspace {
    /// Lays these over the checkout. For a workspace in which nothing ran yet.
    pub fn lay(&self, paths: &[(TreePath, Laid)]) -> Result<()> {
        let root = self.upper();
        let mut hand = Hand { owner: self.owner(), root: &root };
        // What is written first: it says which of the removed names are covered anyway.
        let (gone, written): (Vec<_>, Vec<_>) = paths.iter().partition(|(_, laid)| *laid == Laid::Removed);
        for (path, laid) in written.into_iter().chain(gone) {
            hand.put(path, laid).context(format!("could not lay `{path}` into a workspace"))?;
        }
        Ok(())
    }
}

struct Hand<'a> {
    owner: Option<u32>,
    root: &'a Path,
}

impl Hand<'_> {
    fn put(&mut self, path: &TreePath, laid: &Laid) -> io::Result<()> {
        let Some(place) = self.folders_of(path)? else {
            return match laid {
                Laid::Removed => Ok(()),
                _ => Err(io::ErrorKind::NotADirectory.into()),
            };
        };
        match laid {
            Laid::File { bytes, executable } => {
                let mode = if *executable { 0o755 } else { 0o644 };
                let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&place)?;
                file.write_all(bytes)?;
                file.set_permissions(fs::Permissions::from_mode(mode))?;
            }
            Laid::Link { target } => std::os::unix::fs::symlink(std::ffi::OsStr::from_bytes(target), &place)?,
            // A folder or a file of that name hides the old one already.
            Laid::Removed if fs::symlink_metadata(&place).is_ok() => return Ok(()),
            Laid::Removed => {
                mknodat(CWD, &place, FileType::CharacterDevice, Mode::empty(), 0)?;
            }
        }
        self.own(&place)
    }

    /// The place of a path, with its folders made; none when a file stands where a folder would have to be.
    fn folders_of(&self, path: &TreePath) -> io::Result<Option<PathBuf>> {
        let mut place = self.root.to_owned();
        let mut names = path.as_str().split('/').peekable();
        while let Some(name) = names.next() {
            place.push(name);
            if names.peek().is_none() {
                break;
            }
            match fs::symlink_metadata(&place) {
                Ok(found) if found.is_dir() => {}
                Ok(_) => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    fs::create_dir(&place)?;
                    fs::set_permissions(&place, fs::Permissions::from_mode(0o755))?;
                    self.own(&place)?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Some(place))
    }

    fn own(&self, place: &Path) -> io::Result<()> {
        self.owner.map_or(Ok(()), |id| lchown(place, Some(id), Some(id)))
    }
}
