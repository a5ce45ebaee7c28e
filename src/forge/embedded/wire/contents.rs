//! Files and directories at a commit.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::forge::embedded::Repository;
use crate::forge::embedded::wire::commit::FileCommit;
use crate::git::EntryKind;
use crate::git::File;
use crate::git::ObjectId;
use crate::model::CommitId;
use crate::model::TreePath;

/// A file with its bytes, or an entry of a directory without.
#[derive(Serialize)]
pub struct Contents {
    name: String,
    path: String,
    sha: String,
    last_commit_sha: String,
    r#type: &'static str,
    size: u64,
    encoding: Option<&'static str>,
    content: Option<String>,
    target: Option<String>,
    url: String,
    html_url: String,
    git_url: String,
    download_url: Option<String>,
    submodule_git_url: Option<String>,
    _links: Links,
}

#[derive(Serialize)]
struct Links {
    #[serde(rename = "self")]
    own: String,
    git: String,
    html: String,
}

/// What a change of a file made.
#[derive(Serialize)]
pub struct FileResponse {
    /// The file; none when it was deleted.
    pub content: Option<Contents>,
    /// The commit.
    pub commit: FileCommit,
    /// We sign no commits.
    pub verification: Verification,
}

/// We sign no commits.
#[derive(Serialize, Default)]
pub struct Verification {
    verified: bool,
    reason: &'static str,
    signature: &'static str,
    payload: &'static str,
}

/// Where something in a repository is seen.
pub struct At<'a> {
    /// How people reach the server.
    pub base: &'a str,
    /// The repository.
    pub repository: &'a Repository,
    /// The commit that was looked at.
    pub commit: &'a CommitId,
    /// The branch, tag or commit that was asked for.
    pub reference: &'a str,
}

impl Contents {
    /// An entry of a directory. `path` is as it can be shown.
    pub fn entry(at: &At<'_>, path: &str, kind: EntryKind, id: &ObjectId, size: u64) -> Self {
        let At { base, repository, commit, reference } = at;
        let full_name = repository.reference();
        let api = format!("{base}/api/v1/repos/{full_name}");
        let escaped = escape(path);
        let url = format!("{api}/contents/{escaped}?ref={}", escape(reference));
        let html = format!("{base}/{full_name}/src/{}/{escaped}", escape(reference));
        let git = format!("{api}/git/blobs/{id}");
        let is_file = matches!(kind, EntryKind::File | EntryKind::Executable);
        Self {
            name: path.rsplit('/').next().unwrap_or_default().to_owned(),
            path: path.to_owned(),
            sha: id.to_string(),
            last_commit_sha: commit.to_string(),
            r#type: word(kind),
            size,
            encoding: None,
            content: None,
            target: None,
            download_url: is_file.then(|| format!("{api}/raw/{escaped}?ref={}", escape(reference))),
            submodule_git_url: None,
            _links: Links { own: url.clone(), git: git.clone(), html: html.clone() },
            url,
            html_url: html,
            git_url: git,
        }
    }

    /// A file or a link with its bytes.
    pub fn file(at: &At<'_>, path: &TreePath, file: &File) -> Self {
        let mut contents = Self::entry(at, path.as_str(), file.kind, &file.id, file.bytes.len() as u64);
        if file.kind == EntryKind::Link {
            contents.target = Some(String::from_utf8_lossy(&file.bytes).into_owned());
        } else {
            contents.encoding = Some("base64");
            contents.content = Some(STANDARD.encode(&file.bytes));
        }
        contents
    }
}

fn word(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Directory => "dir",
        EntryKind::File | EntryKind::Executable => "file",
        EntryKind::Link => "symlink",
        EntryKind::Submodule => "submodule",
    }
}

/// A path for an address: everything but letters, digits, `/`, `-`, `_` and `.` is escaped.
pub fn escape(path: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');
    percent_encoding::utf8_percent_encode(path, KEPT).to_string()
}
