//! Asking a brain at a commit: by words, by what records are, by the graph, by paths, and by all of them together.
//!
//! A question goes through these steps, each in its own file: [`words`] (what the text asks for), [`scope`] (which entries
//! count, and which are hidden from the asker), [`around`] (the neighbourhood in the graph), [`rank`] (how well each entry
//! answers), [`passage`] (where in it), [`answer`] (records and excerpts, within bounds, each with the reason it was picked).
//!
//! The same question at the same commit gives the same bytes: sums are taken in one order, and what ties is ordered by path.

pub mod words;

pub mod scope;

pub mod around;

mod rank;

mod passage;

mod answer;

pub use answer::Answer;
pub use answer::Hit;
pub use around::Around;
pub use around::Direction;
pub use around::Neighbourhood;
pub use scope::Scope;

use std::sync::Arc;

use crate::catalog::Pattern;
use crate::git;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::memory::Class;
use crate::memory::index::View;
use crate::memory::query::words::Words;

/// The most entries that one answer holds.
pub const MOST_HITS: usize = 100;
/// The most bytes of excerpts that one answer holds.
pub const MOST_BYTES: usize = 1024 * 1024;

/// A question.
#[derive(Clone, Debug)]
pub struct Query {
    /// Words, `"phrases"`, `prefixes*`, `-without` and `kind:Runbook`; may be empty.
    pub text: String,
    /// Kinds; empty for all.
    pub kinds: Vec<String>,
    /// Classes; empty for all.
    pub classes: Vec<Class>,
    /// Tags, of which one must be there; empty for all.
    pub tags: Vec<String>,
    /// Statuses; empty for all.
    pub statuses: Vec<String>,
    /// Owners; empty for all.
    pub owners: Vec<String>,
    /// Repositories; empty for all.
    pub repos: Vec<String>,
    /// Paths; empty for all.
    pub paths: Vec<Pattern>,
    /// Only what lies around a record.
    pub around: Option<Around>,
    /// The most entries in the answer.
    pub limit: usize,
    /// The most bytes of excerpts in the answer.
    pub max_bytes: usize,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            text: String::new(),
            kinds: Vec::new(),
            classes: Vec::new(),
            tags: Vec::new(),
            statuses: Vec::new(),
            owners: Vec::new(),
            repos: Vec::new(),
            paths: Vec::new(),
            around: None,
            limit: 10,
            max_bytes: 64 * 1024,
        }
    }
}

impl Query {
    /// A question by words alone.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

/// Answers a question about a brain at a commit, for somebody with a scope.
///
/// # Errors
///
/// A pattern or an id in the text is not one, or the repository cannot be read.
pub async fn ask(repository: &git::Repository, view: &Arc<View>, query: &Query, scope: &Scope) -> Result<Answer> {
    let (words, query) = Words::of(query, &view.ontology.vocabulary)?;
    let (view, scope) = (Arc::clone(view), scope.clone());
    let think = {
        let view = Arc::clone(&view);
        move || {
            let picked = rank::pick(&view, &words, &query, &scope)?;
            Ok((picked, words, query))
        }
    };
    let (picked, words, query) = tokio::task::spawn_blocking(think).await.context("Asking memory broke off")??;
    answer::answer(repository, &view, &words, &query, picked).await
}
