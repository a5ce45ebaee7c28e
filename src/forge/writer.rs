//! The one hand that writes on a forge for agents. Only `writeback` holds it.
//!
//! A forge has no idempotency keys, so every verb leaves a [`Marker`] where it can be found again: the verb looks for it
//! first, and answers with what is already there.

use async_trait::async_trait;

use crate::kit::Error;
use crate::kit::Result;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::RepoRef;
use crate::model::effect::ReviewWords;

crate::checked_text!(
    /// The key of one write-back: 8 to 80 letters, digits, `-` and `_`. It stays in what was written, as a hidden line.
    Marker,
    "marker",
    check_marker
);

/// What was written, or was found to be written already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The forge's id of it: of the comment, the number of the pull request, the commit.
    pub id: String,
    /// Its address on this server or on the forge.
    pub url: String,
    /// Whether it had been there before this call.
    pub already: bool,
}

/// A pull request to open, from a branch of the same repository.
#[derive(Clone, Debug)]
pub struct NewPull {
    /// The title.
    pub title: String,
    /// Markdown.
    pub body: String,
    /// The branch that is to change.
    pub base: BranchName,
    /// The branch with the changes, pushed before.
    pub head: BranchName,
}

/// An issue to open.
#[derive(Clone, Debug)]
pub struct NewIssue {
    /// The title.
    pub title: String,
    /// Markdown.
    pub body: String,
    /// Labels that the repository has.
    pub labels: Vec<String>,
}

/// Writes on a forge. `behalf` is the name of the person who asked for it; it is shown beside our own name.
#[async_trait]
pub trait Writer: Send + Sync {
    /// Writes a comment on an issue or pull request.
    async fn comment(&self, repo: &RepoRef, number: i64, body: &str, behalf: &str, marker: &Marker) -> Result<Written>;

    /// The comment with this marker.
    async fn find_comment(&self, repo: &RepoRef, marker: &Marker) -> Result<Option<Written>>;

    /// Moves a branch to a commit whose objects are in the repository already. `expected` is where the branch must be;
    /// none when it must not exist. A branch elsewhere is a conflict, a branch at the commit is done already.
    async fn push(
        &self,
        repo: &RepoRef,
        branch: &BranchName,
        commit: &CommitId,
        expected: Option<&CommitId>,
    ) -> Result<Written>;

    /// Opens a pull request.
    async fn open_pull(&self, repo: &RepoRef, new: &NewPull, behalf: &str, marker: &Marker) -> Result<Written>;

    /// The open pull request from this branch of the same repository.
    async fn find_pull(&self, repo: &RepoRef, head: &BranchName) -> Result<Option<Written>>;

    /// Reviews a pull request: comments on it or asks for changes. Where its head is another one than the given, it is a
    /// conflict. It is found again by [`Writer::find_comment`].
    async fn review(
        &self,
        repo: &RepoRef,
        at: (i64, Option<&CommitId>),
        review: &ReviewWords,
        behalf: &str,
        marker: &Marker,
    ) -> Result<Written>;

    /// Opens an issue.
    async fn open_issue(&self, repo: &RepoRef, new: &NewIssue, behalf: &str, marker: &Marker) -> Result<Written>;

    /// The issue with this marker.
    async fn find_issue(&self, repo: &RepoRef, marker: &Marker) -> Result<Option<Written>>;

    /// Puts labels on and takes labels off; those that are so already are left alone. A label that the repository does
    /// not know is an error.
    async fn set_labels(&self, repo: &RepoRef, number: i64, add: &[String], remove: &[String]) -> Result<Written>;

    /// Asks for a check to run again.
    async fn rerun_check(
        &self,
        repo: &RepoRef,
        sha: &CommitId,
        check: &str,
        behalf: &str,
        marker: &Marker,
    ) -> Result<Written>;
}

fn check_marker(text: &str) -> Result<(), String> {
    let usual = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if usual && (8..=80).contains(&text.len()) {
        return Ok(());
    }
    Err("it needs 8 to 80 letters, digits, `-` and `_`".into())
}

impl Marker {
    /// The hidden line at the end of a comment or opening text.
    pub fn hidden_line(&self) -> String {
        format!("<!-- forgehand:{self} -->")
    }

    /// The text with the hidden line at its end; unchanged when it is there already.
    pub fn sign(&self, body: &str) -> String {
        let line = self.hidden_line();
        if body.contains(&line) {
            return body.to_owned();
        }
        format!("{}\n\n{line}\n", body.trim_end())
    }

    /// The marker that a text carries in its last line that is not empty.
    pub fn of(body: &str) -> Result<Self> {
        let last = body.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let inner = last.trim().strip_prefix("<!-- forgehand:").and_then(|rest| rest.strip_suffix(" -->"));
        inner.ok_or_else(|| Error::not_found("marker")).and_then(str::parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_text_is_found_again_and_signed_once() {
        let marker: Marker = "wb-0123456789".parse().expect("a marker");
        let signed = marker.sign("Fixed.\n");
        assert_eq!(signed, "Fixed.\n\n<!-- forgehand:wb-0123456789 -->\n");
        assert_eq!(marker.sign(&signed), signed);
        assert_eq!(Marker::of(&signed).expect("it carries one"), marker);
        assert!(Marker::of("<!-- forgehand:x --> nothing").is_err());
        assert!("--><b>boo".parse::<Marker>().is_err());
    }
}
