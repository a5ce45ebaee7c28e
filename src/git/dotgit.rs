//! The `.git` of a workspace: a `HEAD`, an index that knows the files, and the objects of the repository by alternates.
//!
//! It is written for the agent and read by nobody else: no `git` of ours ever runs in it.

use std::path::Path;

use gix::index::entry::Stat;
use gix::index::entry::stat::Time;

use crate::git::materialise::Sizes;
use crate::git::materialise::WRITTEN;
use crate::git::materialise::Workspace;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::model::CommitId;

/// Writes `.git` into a directory that holds the files of the tree and nothing else.
pub(super) fn write(
    repository: &gix::Repository,
    commit: &CommitId,
    tree: gix::ObjectId,
    workspace: &Workspace,
    sizes: &Sizes,
) -> Result<()> {
    let directory = workspace.directory.join(".git");
    write_text(&directory, commit, workspace).context("Cannot write the `.git` of a workspace")?;
    write_index(repository, tree, &directory, sizes)
}

fn write_text(directory: &Path, commit: &CommitId, workspace: &Workspace) -> std::io::Result<()> {
    for below in ["objects/info", "objects/pack", "refs/heads", "refs/tags", "info"] {
        std::fs::create_dir_all(directory.join(below))?;
    }
    let (head, refs) = match &workspace.branch {
        Some(branch) => (
            format!("ref: refs/heads/{branch}\n"),
            format!("{commit} refs/heads/{branch}\n{commit} refs/remotes/origin/{branch}\n"),
        ),
        None => (format!("{commit}\n"), String::new()),
    };
    std::fs::write(directory.join("HEAD"), head)?;
    std::fs::write(directory.join("packed-refs"), format!("# pack-refs with: peeled fully-peeled sorted \n{refs}"))?;
    std::fs::write(directory.join("config"), configuration(workspace))?;
    std::fs::write(directory.join("info/exclude"), "")?;
    let alternates = format!("{}\n", workspace.alternates.display());
    std::fs::write(directory.join("objects/info/alternates"), alternates)
}

fn configuration(workspace: &Workspace) -> String {
    let (name, email) = &workspace.user;
    let mut text = format!(
        "\
[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = false
\tlogallrefupdates = true
\tcheckStat = minimal
\ttrustctime = false
\tfsmonitor = false
[gc]
\tauto = 0
[maintenance]
\tauto = false
[push]
\tdefault = current
[advice]
\tdetachedHead = false
[user]
\tname = {}
\temail = {}
[remote \"origin\"]
\turl = {}
\tfetch = +refs/heads/*:refs/remotes/origin/*
",
        quoted(name),
        quoted(email),
        quoted(&workspace.origin)
    );
    if let Some(branch) = &workspace.branch {
        let section = branch.as_str().replace('"', "\\\"");
        let merge = quoted(&branch.as_ref_name());
        text.push_str(&format!("[branch \"{section}\"]\n\tremote = origin\n\tmerge = {merge}\n"));
    }
    text
}

/// A value that can hold anything without being read as configuration.
fn quoted(value: &str) -> String {
    let clean: String = value.chars().filter(|c| !c.is_control()).collect();
    format!("\"{}\"", clean.replace('\\', "\\\\").replace('"', "\\\""))
}

/// An index whose entries carry the size and time of the files, so that `git status` reads none of them.
fn write_index(repository: &gix::Repository, tree: gix::ObjectId, directory: &Path, sizes: &Sizes) -> Result<()> {
    let mut index = repository.index_from_tree(&tree).context("Cannot make an index")?;
    let time = Time { secs: u32::try_from(WRITTEN).expect("the time is a small constant"), nsecs: 0 };
    for (entry, path) in index.entries_mut_with_paths() {
        let size = sizes.get::<[u8]>(path.as_ref()).copied().unwrap_or(0);
        // Git, too, keeps the low 32 bits.
        let size = u32::try_from(size & u64::from(u32::MAX)).expect("32 bits are left");
        entry.stat = Stat { mtime: time, ctime: time, size, ..Stat::default() };
    }
    index.set_path(directory.join("index"));
    index.write(gix::index::write::Options::default()).context("Cannot write an index")
}
