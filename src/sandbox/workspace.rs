//! One attempt's folder: what it starts from, what it writes, where its gateway listens.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use rustix::fs::Mode;

use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::sandbox::workspaces;
use crate::sandbox::workspaces::Lower;

/// The folder of one attempt. Removed with everything in it when this is dropped.
///
/// ```text
/// upper/    what the agent changed, as the overlay writes it (empty when a copy was needed instead)
/// work/     the overlay's own
/// copy/     a whole copy of the lower, only where this machine cannot mount overlays
/// home/     /home/agent
/// gateway/  for the gateway's socket; the agent sees the socket, not the folder
/// marks/    what must be killed and removed if this server dies: read by `leftovers.rs`
/// ```
#[derive(Debug)]
pub struct Workspace {
    dir: PathBuf,
    trash: PathBuf,
    lower: Lower,
    busy: AtomicBool,
}

impl Workspace {
    pub(super) fn make(dir: PathBuf, trash: PathBuf, lower: Lower, owner: Option<u32>) -> Result<Self> {
        let workspace = Self { dir, trash, lower, busy: AtomicBool::new(false) };
        let made = (|| {
            rustix::fs::mkdir(&workspace.dir, Mode::RWXU)?;
            for name in [UPPER, WORK, HOME, GATEWAY, MARKS] {
                fs::create_dir(workspace.dir.join(name))?;
            }
            for name in [".", UPPER, WORK, HOME] {
                if let Some(id) = owner {
                    std::os::unix::fs::lchown(workspace.dir.join(name), Some(id), Some(id))?;
                }
            }
            std::io::Result::Ok(())
        })();
        made.context("could not make the folder of a workspace")?;
        Ok(workspace)
    }

    /// Where the gateway of this attempt should listen.
    pub fn gateway_socket(&self) -> PathBuf {
        self.dir.join(GATEWAY).join("socket")
    }

    /// The read-only checkout that the attempt started from.
    pub fn lower(&self) -> &Lower {
        &self.lower
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn upper(&self) -> PathBuf {
        self.dir.join(UPPER)
    }

    /// The whole copy, if one had to be made.
    pub(super) fn copy(&self) -> Option<PathBuf> {
        Some(self.dir.join(COPY)).filter(|copy| copy.is_dir())
    }

    pub(super) fn marks(&self) -> PathBuf {
        self.dir.join(MARKS)
    }

    /// Takes the workspace for one task; two overlays on one upper directory would ruin it.
    pub(super) fn take(&self) -> Result<()> {
        if self.busy.swap(true, Ordering::AcqRel) {
            return Err(Error::conflict("A task is still running in this workspace")
                .hint("wait until it has ended, or open another workspace"));
        }
        Ok(())
    }

    pub(super) fn give_back(&self) {
        self.busy.store(false, Ordering::Release);
    }
}

pub(super) const UPPER: &str = "upper";
pub(super) const WORK: &str = "work";
pub(super) const COPY: &str = "copy";
pub(super) const HOME: &str = "home";
const GATEWAY: &str = "gateway";
pub(super) const MARKS: &str = "marks";

impl Drop for Workspace {
    fn drop(&mut self) {
        workspaces::discard(&self.dir, &self.trash);
    }
}
