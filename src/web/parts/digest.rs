//! A digest or a commit id: short to read, whole to copy.

use crate::kit::digest::Digest;
use crate::model::CommitId;

/// Short to read, whole to copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mono {
    /// What is shown.
    pub short: String,
    /// What is copied, and shown where every digit counts.
    pub whole: String,
}

impl From<&Digest> for Mono {
    fn from(digest: &Digest) -> Self {
        Self { short: digest.short(), whole: digest.to_string() }
    }
}

impl From<&CommitId> for Mono {
    fn from(commit: &CommitId) -> Self {
        Self { short: commit.short().to_owned(), whole: commit.to_string() }
    }
}
