//! Whether files on a disk are those of a commit: looked at once, when a checkout is made that others will share.

use std::collections::HashSet;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::path::PathBuf;

use gix::objs::tree::EntryKind;

use crate::git::Repository;
use crate::git::object::shown;
use crate::git::repository::oid;
use crate::git::tree::joined;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::model::CommitId;

impl Repository {
    /// Says what is wrong when the files in a directory, but for `.git`, are not exactly those of a commit: bytes, modes,
    /// links, and nothing beside them.
    pub async fn verify(&self, commit: &CommitId, directory: &Path) -> Result<()> {
        let (commit, directory) = (commit.clone(), directory.to_owned());
        self.blocking(move |repository| {
            let Ok(found) = repository.find_commit(oid(&commit)) else { return Err(Error::not_found("commit")) };
            let tree = found.tree_id().context("Cannot read a commit")?.detach();
            let mut open = vec![(Vec::new(), tree)];
            while let Some((above, tree)) = open.pop() {
                one(repository, tree, &directory, &above, &mut open)?;
            }
            Ok(())
        })
        .await
    }
}

/// One directory. Adds those below it to what is still to be looked at.
fn one(
    repository: &gix::Repository,
    tree: gix::ObjectId,
    root: &Path,
    above: &[u8],
    open: &mut Vec<(Vec<u8>, gix::ObjectId)>,
) -> Result<()> {
    let folder = root.join(PathBuf::from(std::ffi::OsString::from_vec(above.to_vec())));
    let mut wanted = HashSet::new();
    for line in repository.find_tree(tree).context("Cannot read a directory")?.iter() {
        let line = line.context("Cannot read a directory")?;
        let name = std::ffi::OsStr::from_bytes(line.filename());
        let path = joined(above, line.filename());
        let wrong = |what: &str| Error::internal(format!("The checkout of `{}` is damaged: {what}", shown(&path)));
        let place = folder.join(name);
        let facts = fs::symlink_metadata(&place).map_err(|error| wrong("it cannot be read").source(error))?;
        wanted.insert(name.to_owned());
        let bytes = match line.kind() {
            EntryKind::Tree | EntryKind::Commit if !facts.is_dir() => return Err(wrong("it is no directory")),
            EntryKind::Commit => continue,
            EntryKind::Tree => {
                open.push((path, line.object_id()));
                continue;
            }
            EntryKind::Link if !facts.is_symlink() => return Err(wrong("it is no link")),
            EntryKind::Link => fs::read_link(&place).context("Cannot read a link")?.into_os_string().into_vec(),
            EntryKind::Blob | EntryKind::BlobExecutable if !facts.is_file() => return Err(wrong("it is no file")),
            kind @ (EntryKind::Blob | EntryKind::BlobExecutable) => {
                let executable = facts.permissions().mode() & 0o100 != 0;
                if executable != (kind == EntryKind::BlobExecutable) {
                    return Err(wrong("its mode is another one"));
                }
                fs::read(&place).context("Cannot read a file of a checkout")?
            }
        };
        let is = gix::objs::compute_hash(gix::hash::Kind::Sha1, gix::objs::Kind::Blob, &bytes)
            .context("Cannot hash a file")?;
        if is != line.object_id() {
            return Err(wrong("its bytes are others"));
        }
    }
    let own = |name: &std::ffi::OsStr| above.is_empty() && name == ".git";
    for entry in fs::read_dir(&folder).context("Cannot list a checkout")? {
        let name = entry.context("Cannot list a checkout")?.file_name();
        if !wanted.contains(&name) && !own(&name) {
            return Err(Error::internal(format!(
                "The checkout holds `{}`, which is not in its commit",
                name.display()
            )));
        }
    }
    Ok(())
}
