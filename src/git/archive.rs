//! A commit as one file to download, streamed by the system's `git`.

use crate::git::Repository;
use crate::git::serve::Body;
use crate::git::tree::directory;
use crate::git::tree::entries_below;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::model::CommitId;

/// How the files are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packed {
    /// A gzipped tar.
    TarGz,
    /// A zip.
    Zip,
}

impl Packed {
    /// By the end of a file's name.
    pub fn of(name: &str) -> Option<(Self, &str)> {
        let tar = name.strip_suffix(".tar.gz").or_else(|| name.strip_suffix(".tgz")).map(|stem| (Self::TarGz, stem));
        tar.or_else(|| name.strip_suffix(".zip").map(|stem| (Self::Zip, stem)))
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::TarGz => "application/gzip",
            Self::Zip => "application/zip",
        }
    }

    /// The end of the file's name.
    pub fn ending(self) -> &'static str {
        match self {
            Self::TarGz => "tar.gz",
            Self::Zip => "zip",
        }
    }
}

/// More files and folders than these are not packed: a tree may hold itself ten times over ten levels.
const MOST_ENTRIES: u64 = 1_000_000;

impl Repository {
    /// The files of a commit, packed, streaming, below a folder of the commit's short id. Attributes in the tree that leave files out
    /// or fill words in are obeyed, as everybody who downloads expects.
    pub async fn archive(&self, commit: &CommitId, packed: Packed) -> Result<Body> {
        let id = commit.clone();
        let count = self.blocking(move |repository| {
            let root = directory(repository, &id, None)?.ok_or_else(|| Error::not_found("commit"))?;
            entries_below(repository, root.id)
        });
        let count = count.await?;
        if count > MOST_ENTRIES {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!("An archive of {count} files and folders is too large"),
            )
            .hint("clone the repository instead"));
        }
        let verb: &[&'static str] = match packed {
            Packed::TarGz => &["archive", "--format=tar.gz"],
            Packed::Zip => &["archive", "--format=zip"],
        };
        // The id was checked to be hexadecimal when it was made, so none of these words is ever an option of its own.
        let words = [format!("--prefix={}/", commit.short()), commit.to_string()];
        self.stream(verb, &words).await
    }
}
