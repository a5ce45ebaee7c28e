//! Names with rules. Each is checked once, when it is made; whoever holds one need not check again.

use std::fmt;

use crate::checked_text;
use crate::kit::text::is_invisible;

checked_text!(
    /// The name of a person or an organisation: the first segment of an address.
    OwnerName,
    "owner name",
    check_slug
);
checked_text!(
    /// The name of a repository: the second segment of an address.
    RepoName,
    "repository name",
    check_repo
);
checked_text!(
    /// A branch without `refs/heads/`, as `git check-ref-format --branch` allows it.
    BranchName,
    "branch name",
    check_branch
);
checked_text!(
    /// A path inside a Git tree: relative, `/` between segments, no `.`, `..` or `.git`, at most 4,096 bytes.
    TreePath,
    "path",
    check_path
);
checked_text!(
    /// A full commit id: 40 lower-case hexadecimal digits.
    CommitId,
    "commit id",
    check_commit
);

/// Names that addresses of our own need.
const RESERVED: [&str; 22] = [
    "admin",
    "api",
    "approvals",
    "assets",
    "favicon.ico",
    "forgehand",
    "healthz",
    "hooks",
    "login",
    "logout",
    "mcp",
    "metrics",
    "readyz",
    "robots.txt",
    "runs",
    "search",
    "setup",
    "static",
    "user",
    "users",
    "new",
    "quarantine",
];

fn check_slug(text: &str) -> Result<(), String> {
    check_segment(text, 40)?;
    if RESERVED.contains(&text.to_ascii_lowercase().as_str()) {
        return Err("it is reserved for an address of the server".into());
    }
    Ok(())
}

fn check_repo(text: &str) -> Result<(), String> {
    check_segment(text, 100)?;
    let lower = text.to_ascii_lowercase();
    if [".git", ".wiki", ".rss", ".atom", ".lock"].iter().any(|end| lower.ends_with(end)) {
        return Err("it may not end in `.git`, `.wiki`, `.rss`, `.atom` or `.lock`".into());
    }
    Ok(())
}

fn check_segment(text: &str, most: usize) -> Result<(), String> {
    if text.is_empty() || text.len() > most {
        return Err(format!("it needs 1 to {most} characters"));
    }
    if !text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')) {
        return Err("only letters, digits, `-`, `_` and `.` are allowed".into());
    }
    if !text.as_bytes()[0].is_ascii_alphanumeric() || text.contains("..") || text.ends_with('.') {
        return Err("it starts with a letter or digit, holds no `..` and does not end in `.`".into());
    }
    Ok(())
}

fn check_branch(text: &str) -> Result<(), String> {
    if text.is_empty() || text.len() > 255 {
        return Err("it needs 1 to 255 bytes".into());
    }
    if text.starts_with('-') || text == "@" || text == "HEAD" || text.starts_with("refs/") {
        return Err("it may not start with `-` or `refs/`, nor be `@` or `HEAD`".into());
    }
    if text
        .chars()
        .any(|c| is_invisible(c) || matches!(c, ' ' | '\n' | '\t' | '~' | '^' | ':' | '?' | '*' | '[' | '\\'))
    {
        return Err("spaces, control characters and `~ ^ : ? * [ \\` are not allowed".into());
    }
    if text.contains("..") || text.contains("@{") || text.contains("//") || text.ends_with('/') || text.ends_with('.') {
        return Err("it may not hold `..`, `@{` or `//`, nor end in `/` or `.`".into());
    }
    if text.split('/').any(|part| part.is_empty() || part.starts_with('.') || part.ends_with(".lock")) {
        return Err("no part may be empty, start with `.` or end in `.lock`".into());
    }
    Ok(())
}

fn check_path(text: &str) -> Result<(), String> {
    if text.is_empty() || text.len() > 4096 {
        return Err("it needs 1 to 4096 bytes".into());
    }
    if text.contains('\0') || text.contains('\\') {
        return Err("NUL and `\\` are not allowed".into());
    }
    for part in text.split('/') {
        if part.is_empty() || part == "." || part == ".." {
            return Err("it is relative, without empty segments, `.` or `..`".into());
        }
        if is_git_directory(part) {
            return Err("`.git` is not allowed".into());
        }
    }
    Ok(())
}

/// Whether a file system could take this name for `.git`: other cases, trailing dots and spaces, NTFS short names and
/// streams, characters that HFS+ ignores.
fn is_git_directory(part: &str) -> bool {
    let seen: String = part.chars().filter(|c| !is_invisible(*c)).collect::<String>().to_ascii_lowercase();
    let stem = seen.split(':').next().unwrap_or_default().trim_end_matches(['.', ' ']);
    stem == ".git" || stem == "git~1"
}

fn check_commit(text: &str) -> Result<(), String> {
    if text.len() == 40 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Ok(());
    }
    Err("it needs 40 lower-case hexadecimal digits".into())
}

impl CommitId {
    /// Ten digits, for people.
    pub fn short(&self) -> &str {
        &self.as_str()[..10]
    }
}

impl BranchName {
    /// The full ref.
    pub fn as_ref_name(&self) -> String {
        format!("refs/heads/{self}")
    }
}

impl TreePath {
    /// The last segment.
    pub fn file_name(&self) -> &str {
        self.as_str().rsplit('/').next().unwrap_or_default()
    }

    /// The path with one more segment; the segment is checked like a path.
    pub fn join(&self, segment: &impl fmt::Display) -> crate::kit::Result<Self> {
        format!("{self}/{segment}").parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_refused() {
        for name in ["", ".", "..", "a/b", "-x", "a b", "x.git", "a..b", "é", "a\0", "$(id)", "a.lock"] {
            assert!(name.parse::<RepoName>().is_err(), "{name:?}");
        }
        for name in ["", "-x", "--upload-pack=x", "a..b", "a b", "x.lock", "a/.b", "HEAD", "a\u{202e}b", "refs/heads/x"]
        {
            assert!(name.parse::<BranchName>().is_err(), "{name:?}");
        }
        for path in [
            "",
            "/a",
            "a/",
            "../a",
            "a/../b",
            "a//b",
            ".git/config",
            "a/.GIT",
            "a/.git ",
            "a/GIT~1",
            "a/.gi\u{200c}t",
            "a\\b",
        ] {
            assert!(path.parse::<TreePath>().is_err(), "{path:?}");
        }
    }

    #[test]
    fn usual_names_are_taken() {
        assert!("forge-hand_1.0".parse::<RepoName>().is_ok());
        assert!("feature/ünïcode-1".parse::<BranchName>().is_ok());
        assert!(".agents/rules/fix it.yaml".parse::<TreePath>().is_ok());
        assert!(".gitignore".parse::<TreePath>().is_ok());
    }
}
