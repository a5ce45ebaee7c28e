//! Locks that a killed process left behind. Git moves a ref by a file `<ref>.lock`; one that nobody holds any more would keep
//! its ref where it is for ever, and one of the commit-graph would end all upkeep.

use std::io;
use std::path::Path;

/// Locks beside the refs, in a repository itself.
const BESIDE: [&str; 4] = ["packed-refs.lock", "HEAD.lock", "config.lock", "objects/info/commit-graph.lock"];

/// Removes the locks of all repositories below this directory. Only for a server that starts, before it opens its doors: it
/// alone uses them.
pub(super) fn break_left_over(root: &Path) -> io::Result<()> {
    for owner in folders(root)? {
        for repository in folders(&owner)? {
            for lock in BESIDE.map(|name| repository.join(name)) {
                if lock.symlink_metadata().is_ok() {
                    remove(&lock)?;
                }
            }
            below(&repository.join("refs"))?;
        }
    }
    Ok(())
}

/// No ref can be called so: Git forbids names that end in `.lock`.
fn below(refs: &Path) -> io::Result<()> {
    for entry in entries(refs)? {
        let kind = entry.file_type()?;
        if kind.is_dir() {
            below(&entry.path())?;
        } else if entry.file_name().as_encoded_bytes().ends_with(b".lock") {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

fn remove(lock: &Path) -> io::Result<()> {
    tracing::warn!(lock = %lock.display(), "removed a lock that a killed process left behind");
    std::fs::remove_file(lock)
}

fn folders(directory: &Path) -> io::Result<Vec<std::path::PathBuf>> {
    let is_folder = |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    Ok(entries(directory)?.into_iter().filter(is_folder).map(|entry| entry.path()).collect())
}

fn entries(directory: &Path) -> io::Result<Vec<std::fs::DirEntry>> {
    match std::fs::read_dir(directory) {
        Ok(found) => found.collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_locks_go() {
        let root = tempfile::tempdir().unwrap();
        let file = |path: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "x").unwrap();
            path
        };
        let left = [
            "objects/info/commit-graph.lock",
            "HEAD.lock",
            "packed-refs.lock",
            "refs/heads/main.lock",
            "refs/forgehand/proposals/1/2.lock",
        ];
        let locks = left.map(|path| file(&format!("acme/slug.git/{path}")));
        let kept =
            ["HEAD", "refs/heads/main", "objects/pack/x.lock"].map(|path| file(&format!("acme/slug.git/{path}")));
        break_left_over(root.path()).unwrap();
        assert!(locks.iter().all(|lock| !lock.exists()) && kept.iter().all(|path| path.exists()));
    }
}
