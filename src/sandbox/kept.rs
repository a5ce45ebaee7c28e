//! Workspaces that are kept after their task has ended, so that another attempt can go on in them.
//!
//! A workspace is known by its [`Label`]: whose it is, over which checkout, and in which tier it was used. It is opened again
//! for the same checkout and the same tier only: nothing that an untrusted run left is ever under a trusted one. The label is
//! written when the workspace is made, so that a server that dies leaves folders that the next one can tell apart.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;
use serde::Serialize;

use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::sandbox::Lower;
use crate::sandbox::Workspace;
use crate::sandbox::Workspaces;
use crate::sandbox::tree;
use crate::sandbox::workspace;
use crate::sandbox::workspaces;

/// Whose hands a workspace was in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Only people who may steer agents had a say.
    Trusted,
    /// Forks, and texts of strangers.
    Untrusted,
}

/// What a workspace is known by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Its name, which no other has: letters, digits and `-`.
    pub name: String,
    /// The key of the checkout that it lies over.
    pub key: String,
    /// Whose hands it was in.
    pub tier: Tier,
}

/// A label with the start of the machine that it was written in.
#[derive(Serialize, Deserialize)]
struct Written {
    label: Label,
    boot: String,
}

/// The name of the file below `marks/`.
const LABEL: &str = "label";

impl Workspace {
    /// Writes down what the workspace is known by. From now on it is kept when the server dies.
    pub fn label(&self, label: &Label) -> Result<()> {
        let named = label.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !named || label.name.is_empty() {
            return Err(Error::internal("a workspace cannot have this name"));
        }
        let written = Written { label: label.clone(), boot: workspaces::boot() };
        let text = serde_json::to_vec(&written).context("could not write the label of a workspace")?;
        fs::write(self.dir().join(workspace::MARKS).join(LABEL), text).context("could not label a workspace")
    }

    /// Puts the folder of a labelled workspace away for another attempt; says how many bytes it holds. A workspace that
    /// nothing was written to is not worth it: then, and without a label, nothing is kept. Afterwards this workspace is empty.
    pub fn keep(&self) -> Result<Option<u64>> {
        let Some(label) = read(&self.dir().join(workspace::MARKS)) else { return Ok(None) };
        let _taken = self.take()?;
        let mut bytes = 0;
        for dir in self.written().iter().filter(|dir| dir.is_dir()) {
            bytes += tree::weigh(dir, u64::MAX).context("could not weigh a workspace")?;
        }
        if bytes == 0 {
            return Ok(None);
        }
        let home = self.shelf().join(&label.label.name);
        fs::rename(self.dir(), &home).context("could not put a workspace away")?;
        Ok(Some(bytes))
    }
}

impl Workspaces {
    /// Whether a workspace of this name is kept.
    pub fn is_kept(&self, name: &str) -> bool {
        read(&self.shelf().join(name).join(workspace::MARKS)).is_some_and(|written| written.label.name == name)
    }

    /// The labels of all that are kept.
    pub fn all_kept(&self) -> Result<Vec<Label>> {
        let mut labels = Vec::new();
        for entry in fs::read_dir(self.shelf()).context("could not list the kept workspaces")? {
            let path = entry.context("could not list the kept workspaces")?.path();
            labels.extend(read(&path.join(workspace::MARKS)).map(|written| written.label));
        }
        Ok(labels)
    }

    /// Opens a kept workspace again, over the same checkout and in the same tier as before; none when none of this name is
    /// kept. It is not kept any more then.
    pub fn reopen(&self, label: &Label, lower: &Lower) -> Result<Option<Workspace>> {
        let home = self.shelf().join(&label.name);
        let Some(Written { label: was, .. }) = read(&home.join(workspace::MARKS)) else { return Ok(None) };
        if was.tier != label.tier {
            return Err(Error::conflict("Cannot use this workspace again: it was used in another trust tier")
                .code("OTHER_TIER"));
        }
        if was != *label {
            return Err(Error::conflict("Cannot use this workspace again: it lies over another checkout"));
        }
        let workspace = self.open_attempt(lower)?;
        workspace.fill_from(&home)?;
        Ok(Some(workspace))
    }

    /// Throws a kept workspace away. Nothing happens when there is none.
    pub fn let_go(&self, name: &str) {
        if self.is_kept(name) {
            workspaces::discard(&self.shelf().join(name), &self.trash());
        }
    }
}

/// Puts the folder of an attempt whose server died away, if it is labelled. False when it is worth nothing: without a
/// label, or from before the machine last started, when not all of it may have reached the disk.
pub fn put_away(attempt: &Path, shelf: &Path) -> bool {
    let Some(written) = read(&attempt.join(workspace::MARKS)) else { return false };
    let home = shelf.join(&written.label.name);
    written.boot == workspaces::boot() && !home.exists() && fs::rename(attempt, home).is_ok()
}

fn read(marks: &Path) -> Option<Written> {
    serde_json::from_slice(&fs::read(marks.join(LABEL)).ok()?).ok()
}

/// Where kept workspaces lie, from the folder of all.
pub fn shelf(dir: &Path) -> PathBuf {
    dir.join("kept")
}
