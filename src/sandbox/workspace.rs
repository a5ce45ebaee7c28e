//! One attempt's folder: what it starts from, what it writes, where its gateway listens.

use std::fs;
use std::io;
use std::os::unix::fs::lchown;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use rustix::fs::Mode;

use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::sandbox::leftovers;
use crate::sandbox::workspaces;
use crate::sandbox::workspaces::Lower;

/// The folder of one attempt. Removed with everything in it when this is dropped and its last task has ended.
///
/// ```text
/// upper/    what the agent changed, as the overlay writes it (empty when a copy was needed instead)
/// work/     the overlay's own
/// copy/     a whole copy of the lower, only where this machine cannot mount overlays
/// home/     /home/agent
/// gateway/  for the gateway's socket; the agent sees the socket, not the folder
/// marks/    what must be killed and removed if this server dies: read by `leftovers.rs`; its label, see `kept.rs`
/// ```
#[derive(Debug)]
pub struct Workspace(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    dir: PathBuf,
    trash: PathBuf,
    shelf: PathBuf,
    lower: Lower,
    owner: Option<u32>,
    busy: AtomicBool,
}

/// A workspace while a task runs in it: keeps the folder, and keeps other tasks out.
#[derive(Clone, Debug)]
pub struct Taken(Arc<Hold>);

#[derive(Debug)]
struct Hold(Arc<Inner>);

impl Workspace {
    pub(super) fn make(
        dir: PathBuf,
        (trash, shelf): (PathBuf, PathBuf),
        lower: Lower,
        owner: Option<u32>,
    ) -> Result<Self> {
        let inner = Inner { dir, trash, shelf, lower, owner, busy: AtomicBool::new(false) };
        let made = || -> io::Result<()> {
            rustix::fs::mkdir(&inner.dir, Mode::RWXU)?;
            for name in [UPPER, WORK, HOME, GATEWAY, MARKS] {
                fs::create_dir(inner.dir.join(name))?;
            }
            let Some(id) = owner else { return Ok(()) };
            [".", UPPER, WORK, HOME].iter().try_for_each(|name| lchown(inner.dir.join(name), Some(id), Some(id)))
        };
        made().context("could not make the folder of a workspace")?;
        Ok(Self(Arc::new(inner)))
    }

    /// Where the gateway of this attempt should listen.
    pub fn gateway_socket(&self) -> PathBuf {
        self.0.dir.join(GATEWAY).join("socket")
    }

    /// The read-only checkout that the attempt started from.
    pub fn lower(&self) -> &Lower {
        &self.0.lower
    }

    /// Where workspaces are put away.
    pub(super) fn shelf(&self) -> &Path {
        &self.0.shelf
    }

    /// Takes over what an attempt before this one wrote. The overlay's own folder starts empty, as a mount wants it.
    pub(super) fn fill_from(&self, home: &Path) -> Result<()> {
        for name in [UPPER, HOME, COPY] {
            let (there, here) = (home.join(name), self.0.dir.join(name));
            if !there.is_dir() {
                continue;
            }
            if here.is_dir() {
                fs::remove_dir(&here).context("could not take over a workspace")?;
            }
            fs::rename(there, here).context("could not take over a workspace")?;
        }
        workspaces::discard(home, &self.0.trash);
        Ok(())
    }

    pub(super) fn dir(&self) -> &Path {
        &self.0.dir
    }

    /// The folder's own name, which no other attempt has.
    pub(super) fn name(&self) -> String {
        self.0.dir.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The agents' user, when we are root.
    pub(super) fn owner(&self) -> Option<u32> {
        self.0.owner
    }

    pub(super) fn upper(&self) -> PathBuf {
        self.0.dir.join(UPPER)
    }

    /// The whole copy, if one had to be made.
    pub(super) fn copy(&self) -> Option<PathBuf> {
        Some(self.0.dir.join(COPY)).filter(|copy| copy.is_dir())
    }

    /// Whether anything was written to it.
    pub fn is_touched(&self) -> bool {
        let holds = |dir: &PathBuf| fs::read_dir(dir).is_ok_and(|mut inside| inside.next().is_some());
        self.written().iter().any(holds)
    }

    /// The folders that a task writes to.
    pub(super) fn written(&self) -> Vec<PathBuf> {
        [UPPER, HOME, COPY].iter().map(|name| self.0.dir.join(name)).collect()
    }

    /// Writes down the control groups to remove if we cannot.
    pub(super) fn mark_groups(&self, groups: &[PathBuf]) -> Result<()> {
        let lines: Vec<String> = groups.iter().map(|group| group.display().to_string()).collect();
        fs::write(self.0.marks().join(leftovers::GROUPS), lines.join("\n")).context("could not mark a workspace")
    }

    /// Takes the workspace for one task; two overlays on one upper directory would ruin it.
    pub(super) fn take(&self) -> Result<Taken> {
        if self.0.busy.swap(true, Ordering::AcqRel) {
            return Err(Error::conflict("A task is still running in this workspace")
                .hint("wait until it has ended, or open another workspace"));
        }
        Ok(Taken(Arc::new(Hold(Arc::clone(&self.0)))))
    }
}

impl Taken {
    /// Where marks for a later server are written.
    pub fn marks(&self) -> PathBuf {
        self.0.0.marks()
    }
}

impl Inner {
    fn marks(&self) -> PathBuf {
        self.dir.join(MARKS)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.busy.store(false, Ordering::Release);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        workspaces::discard(&self.dir, &self.trash);
    }
}

pub(super) const UPPER: &str = "upper";
pub(super) const WORK: &str = "work";
pub(super) const COPY: &str = "copy";
pub(super) const HOME: &str = "home";
const GATEWAY: &str = "gateway";
pub(super) const MARKS: &str = "marks";
