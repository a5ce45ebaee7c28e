//! How a brain fares: which records are stale, and which nobody looks after. Found once for each commit and day, because asking
//! every cited repository is work.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::git::Repository;
use crate::kit::Result;
use crate::memory::Citation;
use crate::memory::Class;
use crate::memory::Day;
use crate::memory::Memory;
use crate::memory::index::Facet;
use crate::memory::index::Kept;
use crate::memory::index::View;
use crate::memory::ontology::Need;
use crate::memory::query::Scope;
use crate::memory::query::around::is_hidden;
use crate::memory::stale;
use crate::memory::stale::Stale;
use crate::model::CommitId;
use crate::model::OwnerName;
use crate::model::RepoName;

/// Brains whose stale records are remembered.
const MOST: usize = 64;

/// Groups of records that may be the same.
const MOST_ALIKE: usize = 50;

/// A repository that records cite; none is the brain itself.
type CitedRepository = Option<(OwnerName, RepoName)>;

/// What was found stale, as long as nothing moved that it depends on. Cloning is cheap.
#[derive(Clone, Debug, Default)]
pub(super) struct Aged(Arc<Mutex<HashMap<OwnerName, Arc<Found>>>>);

#[derive(Debug)]
struct Found {
    commit: CommitId,
    today: Day,
    tips: Vec<(CitedRepository, Option<CommitId>)>,
    stale: Vec<Stale>,
}

impl Memory {
    /// Records of a brain that are stale today, in the order of their paths.
    ///
    /// # Errors
    ///
    /// A repository cannot be read.
    pub async fn stale_in(
        &self,
        organisation: &OwnerName,
        view: &View,
        scope: &Scope,
        today: Day,
    ) -> Result<Vec<Stale>> {
        let known = self.aged.0.lock().unwrap_or_else(PoisonError::into_inner).get(organisation).cloned();
        let known = known.filter(|found| found.commit == view.commit && found.today == today);
        let cited = match &known {
            Some(found) => found.tips.iter().map(|(repo, _)| repo.clone()).collect(),
            None => cited_repositories(view)?,
        };
        let tips = self.tips(organisation, cited).await?;
        let found = match known.filter(|found| found.tips == tips) {
            Some(found) => found,
            None => {
                let cited = self.own_repositories(organisation);
                let stale = stale::stale(view, &Scope::everything(), today, &cited).await?;
                let found = Arc::new(Found { commit: view.commit.clone(), today, tips, stale });
                self.aged.keep(organisation, &found);
                found
            }
        };
        Ok(found.stale.iter().filter(|stale| !is_hidden(&stale.kept, scope)).cloned().collect())
    }

    /// Where the default branches of cited repositories are now.
    async fn tips(
        &self,
        organisation: &OwnerName,
        cited: BTreeSet<CitedRepository>,
    ) -> Result<Vec<(CitedRepository, Option<CommitId>)>> {
        let mut tips = Vec::new();
        for repo in cited {
            let tip = match self.own_repositories(organisation).repository(repo.as_ref()) {
                Some(repository) => tip_of(&repository).await?,
                None => None,
            };
            tips.push((repo, tip));
        }
        Ok(tips)
    }
}

async fn tip_of(repository: &Repository) -> Result<Option<CommitId>> {
    if !repository.exists().await {
        return Ok(None);
    }
    let branch = repository.head_branch().await?;
    repository.branch(&branch).await
}

fn cited_repositories(view: &View) -> Result<BTreeSet<CitedRepository>> {
    let mut cited = BTreeSet::new();
    for at in view.with(Facet::Ages, "cites") {
        let kept = view.kept(at)?;
        cited.extend(kept.cites.iter().filter_map(|text| text.parse::<Citation>().ok()).map(|citation| citation.repo));
    }
    Ok(cited)
}

/// Records that nobody looks after although their kind asks for it, in the order of their paths.
///
/// # Errors
///
/// The index is broken.
pub fn unowned(view: &View, scope: &Scope) -> Result<Vec<Kept>> {
    let needs = view.ontology.kinds.iter().filter(|(_, kind)| kind.owners == Need::Required);
    let mut entries: Vec<_> = needs.flat_map(|(name, _)| view.with(Facet::Kind, name)).collect();
    view.sort(&mut entries);
    let kept = entries.into_iter().map(|at| view.kept(at));
    kept.filter(|kept| kept.as_ref().map_or(true, |kept| kept.owners.is_empty() && !is_hidden(kept, scope))).collect()
}

/// Records that may be the same: their titles have the same words, or they come from the same source.
#[derive(Clone, Debug, PartialEq)]
pub struct Alike {
    /// Why.
    pub why: String,
    /// The records, in the order of their paths.
    pub records: Vec<Kept>,
}

/// Groups of records of one kind that may be the same, the first fifty.
///
/// # Errors
///
/// The index is broken.
pub fn alike(view: &View, scope: &Scope) -> Result<Vec<Alike>> {
    let mut groups: BTreeMap<(String, String), Vec<Kept>> = BTreeMap::new();
    let mut entries: Vec<_> = view.each().collect();
    view.sort(&mut entries);
    for at in entries {
        let kept = view.kept(at)?;
        // Episodes of one task are called the same and are not.
        if kept.id.is_none() || kept.class == Class::Episode || is_hidden(&kept, scope) {
            continue;
        }
        let mut words: Vec<String> =
            kept.title.to_lowercase().split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
        words.retain(|word| !word.is_empty());
        words.sort();
        words.dedup();
        let title = format!("their titles have the same words: {}", words.join(" "));
        let sources = kept.sources.iter().map(|source| format!("they come from the same source: {source}"));
        for why in std::iter::once(title).filter(|_| !words.is_empty()).chain(sources) {
            groups.entry((kept.kind.clone(), why)).or_default().push(kept.clone());
        }
    }
    let several = groups.into_iter().filter(|(_, records)| records.len() > 1);
    Ok(several.take(MOST_ALIKE).map(|((_, why), records)| Alike { why, records }).collect())
}

impl Aged {
    fn keep(&self, organisation: &OwnerName, found: &Arc<Found>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(organisation.clone(), Arc::clone(found));
    }
}
