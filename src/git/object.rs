//! What a repository holds, in types of our own: nothing outside this room names the Git library.

use std::fmt;

use crate::kit::clock::Timestamp;
use crate::kit::text::bounded;
use crate::kit::text::visible;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::TreePath;

crate::checked_text!(
    /// The id of any Git object: 40 lower-case hexadecimal digits.
    ObjectId,
    "object id",
    check_object
);

fn check_object(text: &str) -> Result<(), String> {
    if text.len() == 40 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Ok(());
    }
    Err("it needs 40 lower-case hexadecimal digits".into())
}

/// A name, an address and a time, as a commit carries them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// The name; invisible characters are escaped when it was read from a commit.
    pub name: String,
    /// The address; it need not be one.
    pub email: String,
    /// When; whole seconds.
    pub at: Timestamp,
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub id: CommitId,
    /// The tree that it holds.
    pub tree: ObjectId,
    /// The commits that it was made on; two or more for a merge.
    pub parents: Vec<CommitId>,
    /// Who wrote the change.
    pub author: Who,
    /// Who made the commit.
    pub committer: Who,
    /// The whole message; bytes that are not UTF-8 are replaced.
    pub message: String,
}

/// A branch and the commit at its tip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Its name, without `refs/heads/`.
    pub name: BranchName,
    /// The commit at its tip.
    pub commit: CommitId,
}

/// A tag and the commit that it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its name, without `refs/tags/`; invisible characters are escaped.
    pub name: String,
    /// The commit, also behind an annotated tag.
    pub commit: CommitId,
}

/// One line of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name as it is; it need not be UTF-8.
    pub name: Vec<u8>,
    /// The name as it can be shown.
    pub shown: String,
    /// The whole path, when it is one that can be addressed; none for names such as `.git` or broken UTF-8.
    pub path: Option<TreePath>,
    /// What it is.
    pub kind: EntryKind,
    /// The object.
    pub id: ObjectId,
    /// Bytes, for files and links.
    pub size: Option<u64>,
}

/// What a line of a directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// A directory.
    Directory,
    /// A file.
    File,
    /// A file that can be run.
    Executable,
    /// A symbolic link; its bytes are the target.
    Link,
    /// A commit of another repository.
    Submodule,
}

/// A file, or a link with its target as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// `File`, `Executable` or `Link`.
    pub kind: EntryKind,
    /// The blob.
    pub id: ObjectId,
}

impl EntryKind {
    /// The mode as Git writes it: `040000`, `100644`, `100755`, `120000`, `160000`.
    pub fn mode(self) -> &'static str {
        match self {
            Self::Directory => "040000",
            Self::File => "100644",
            Self::Executable => "100755",
            Self::Link => "120000",
            Self::Submodule => "160000",
        }
    }
}

/// A longer first line is cut where it stands among others.
const LONGEST_TITLE: usize = 500;

impl Commit {
    /// The first line of the message, visible, as far as a list can show it.
    pub fn title(&self) -> String {
        visible(bounded(self.message.trim_start().lines().next().unwrap_or_default(), LONGEST_TITLE))
    }

    /// What follows the first line, visible; empty when there is nothing.
    pub fn body(&self) -> String {
        let text = self.message.trim_start();
        visible(text.split_once('\n').map_or("", |(_, body)| body).trim())
    }

    /// The value of a trailer such as `Forgehand-Run`, from the last paragraph of the message.
    pub fn trailer(&self, key: &str) -> Option<&str> {
        let last = self.message.trim_end().rsplit("\n\n").next()?;
        last.lines().filter_map(|line| line.split_once(": ")).find(|(name, _)| *name == key).map(|(_, value)| value)
    }
}

impl File {
    /// Whether it has a NUL among the first 8,000 bytes, which is how Git tells.
    pub fn is_binary(&self) -> bool {
        is_binary(&self.bytes)
    }

    /// The text, when it is UTF-8 and not binary.
    pub fn text(&self) -> Option<&str> {
        if self.is_binary() { None } else { std::str::from_utf8(&self.bytes).ok() }
    }
}

/// Whether these bytes have a NUL among the first 8,000, which is how Git tells.
pub fn is_binary(bytes: &[u8]) -> bool {
    bytes[..bytes.len().min(8000)].contains(&0)
}

/// Bytes as they can be shown: UTF-8 with invisible characters escaped, other bytes as `\xNN`.
pub fn shown(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(&visible(chunk.valid()));
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02X}"));
        }
    }
    text
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} <{}>", self.name, self.email)
    }
}
