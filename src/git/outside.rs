//! Repositories that this server does not keep: the work tree in front of a person, for commands. They are read, never written.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::git::Git;
use crate::git::Repository;
use crate::git::Settings;
use crate::git::Shared;
use crate::kit::Error;
use crate::kit::Result;

impl Repository {
    /// The repository that a folder lies in: the nearest `.git` above it, or the folder itself when it is a Git directory.
    pub fn outside(folder: &Path) -> Result<Self> {
        let missing = || {
            Error::invalid(format!("There is no Git repository at `{}`", folder.display()))
                .hint("name a work tree, or make one with `git init` and commit")
        };
        let whole = folder.canonicalize().map_err(|_| missing())?;
        let directory = whole.ancestors().find_map(git_directory).ok_or_else(missing)?;
        let shared = Shared {
            root: directory.clone(),
            hooks: PathBuf::new(),
            settings: Settings::default(),
            opened: Default::default(),
            walks: Default::default(),
            lasts: Default::default(),
            graphs: Default::default(),
            blames: Default::default(),
            pairs: Default::default(),
            capabilities: Default::default(),
        };
        Ok(Self::at(&Git(Arc::new(shared)), directory))
    }
}

fn git_directory(folder: &Path) -> Option<PathBuf> {
    let is_one = |path: &Path| path.join("HEAD").is_file() && path.join("objects").is_dir();
    let inside = folder.join(".git");
    if is_one(&inside) {
        return Some(inside);
    }
    // A linked work tree names its Git directory in a file.
    if let Ok(text) = std::fs::read_to_string(&inside) {
        let named = folder.join(text.strip_prefix("gitdir:")?.trim());
        return named.join("HEAD").is_file().then_some(named);
    }
    is_one(folder).then(|| folder.to_owned())
}
