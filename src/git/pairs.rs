//! What was found out about two commits, kept: it is asked again by every look at a pull request, and never goes stale.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::kit::Result;
use crate::model::CommitId;

/// Answers of one kind that are kept.
const MOST_KEPT: usize = 2_000;

/// Answers about two commits of a repository.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    pub bases: Kept<Option<CommitId>>,
    pub distances: Kept<(u64, u64)>,
    pub conflicts: Kept<Vec<String>>,
}

/// Answers of one kind.
#[derive(Debug)]
pub(super) struct Kept<T>(Mutex<HashMap<Asked, T>>);

/// A repository and the two commits in it.
type Asked = (PathBuf, CommitId, CommitId);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Kept<T> {
    /// The answer that was found before; none when it was not.
    pub fn known(&self, key: &Asked) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Keeps an answer, and hands it on.
    pub fn keep(&self, key: Asked, answer: Result<T>) -> Result<T> {
        let answer = answer?;
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(key, answer.clone());
        Ok(answer)
    }
}
