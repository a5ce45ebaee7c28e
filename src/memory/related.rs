//! What of a brain is about a repository, and about one issue or pull request of it: records that name the repository, that cite
//! its files, or whose words fit.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::git;
use crate::kit::Result;
use crate::memory::Citation;
use crate::memory::Memory;
use crate::memory::Sensitivity;
use crate::memory::index::Facet;
use crate::memory::index::Kept;
use crate::memory::index::View;
use crate::memory::query;
use crate::memory::query::Query;
use crate::memory::query::Scope;
use crate::memory::query::around::is_hidden;
use crate::model::CommitId;

/// Entries of an answer.
const MOST: usize = 12;

/// Entries that are there for one reason alone.
const MOST_OF_A_SORT: usize = 8;

/// Words of a title that are looked for.
const MOST_WORDS: usize = 12;

/// Answers that are remembered.
const MOST_ANSWERS: usize = 512;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct About {
    /// `owner/name`.
    pub repo: String,
    /// The title of the issue or pull request; empty for the repository.
    pub title: String,
}

/// An entry that is related, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Related {
    /// What is kept of it.
    pub kept: Kept,
    /// Why it is here.
    pub why: String,
}

type Question = (CommitId, Sensitivity, About);

/// What was answered before, and which files of each repository a brain cites. Commits never change, so nothing here is ever
/// wrong. Cloning is cheap.
#[derive(Clone, Debug, Default)]
pub(super) struct Cited(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    answers: Mutex<HashMap<Question, Arc<Vec<Related>>>>,
    cites: Mutex<HashMap<CommitId, Arc<Citing>>>,
}

/// Entries that cite a repository, by its name in lower case.
type Citing = HashMap<String, Vec<Kept>>;

impl Memory {
    /// What of a brain is about a repository, or an issue or pull request of it: at most a dozen, in a fixed order.
    ///
    /// # Errors
    ///
    /// The brain cannot be read.
    pub async fn related(
        &self,
        repository: &git::Repository,
        view: &Arc<View>,
        about: About,
        scope: &Scope,
    ) -> Result<Arc<Vec<Related>>> {
        let question = (view.commit.clone(), scope.sensitivity, about);
        if let Some(known) = self.cited.0.answers.lock().unwrap_or_else(PoisonError::into_inner).get(&question) {
            return Ok(Arc::clone(known));
        }
        let about = &question.2;
        let mut found = Vec::new();
        let words = words_of(&about.title);
        if !words.is_empty() {
            let asked = Query { text: words, limit: MOST, max_bytes: 64 * 1024, ..Query::default() };
            let answer = query::ask(repository, view, &asked, scope).await?;
            // What names other repositories alone is not about this one, however well its words fit.
            let fits = |repos: &[String]| repos.is_empty() || repos.iter().any(|repo| same(repo, &about.repo));
            for hit in answer.hits.into_iter().filter(|hit| fits(&hit.repos)).take(MOST_OF_A_SORT) {
                let at = view.with(Facet::Path, &hit.path).into_iter().map(|at| view.kept(at));
                let kept = at.filter_map(Result::ok).find(|kept| kept.id == hit.id);
                found.extend(kept.map(|kept| Related { kept, why: hit.why.join("; ") }));
            }
        }
        let named = view.values(Facet::Repo).into_keys().filter(|repo| same(repo, &about.repo));
        let named = named.flat_map(|repo| view.with(Facet::Repo, &repo)).map(|at| view.kept(at));
        let named = named.collect::<Result<Vec<Kept>>>()?;
        let why = |why: &str| why.to_owned();
        let named = named.into_iter().map(|kept| Related { kept, why: why("names the repository") });
        let citing = self.citing(view)?;
        let citing = citing.get(&about.repo.to_lowercase()).cloned().unwrap_or_default();
        let citing = citing.into_iter().map(|kept| Related { kept, why: why("cites its files") });
        for more in [named.collect::<Vec<_>>(), citing.collect()] {
            found.extend(more.into_iter().filter(|one| !is_hidden(&one.kept, scope)).take(MOST_OF_A_SORT));
        }
        let mut seen = BTreeSet::new();
        found.retain(|one| seen.insert((one.kept.path.clone(), one.kept.lines)));
        found.truncate(MOST);
        let found = Arc::new(found);
        keep(&self.cited.0.answers, MOST_ANSWERS, question, &found);
        Ok(found)
    }

    fn citing(&self, view: &View) -> Result<Arc<Citing>> {
        if let Some(known) = self.cited.0.cites.lock().unwrap_or_else(PoisonError::into_inner).get(&view.commit) {
            return Ok(Arc::clone(known));
        }
        let mut citing = Citing::new();
        for at in view.with(Facet::Ages, "cites") {
            let kept = view.kept(at)?;
            let cited = kept.cites.iter().filter_map(|text| text.parse::<Citation>().ok()?.repo);
            let repos: BTreeSet<String> = cited.map(|(owner, name)| format!("{owner}/{name}").to_lowercase()).collect();
            for repo in repos {
                let list = citing.entry(repo).or_default();
                if list.len() < MOST_OF_A_SORT * 4 {
                    list.push(kept.clone());
                }
            }
        }
        let citing = Arc::new(citing);
        keep(&self.cited.0.cites, 16, view.commit.clone(), &citing);
        Ok(citing)
    }
}

fn keep<K: Eq + std::hash::Hash, V>(shelf: &Mutex<HashMap<K, Arc<V>>>, most: usize, key: K, value: &Arc<V>) {
    let mut shelf = shelf.lock().unwrap_or_else(PoisonError::into_inner);
    if shelf.len() >= most {
        shelf.clear();
    }
    shelf.insert(key, Arc::clone(value));
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// Words of a title, without the signs that mean something in a question.
pub fn words_of(title: &str) -> String {
    let words = title.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| word.len() > 2);
    words.take(MOST_WORDS).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_asks_by_its_words_alone() {
        assert_eq!(words_of("fix: the \"keys\" -of kind:Runbook/*"), "fix the keys kind Runbook");
        assert_eq!(words_of("#1 … a"), "");
    }
}
